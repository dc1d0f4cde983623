// SHA-256 by OpenSSL's older, stateless calls: every EVP_DigestInit of OpenSSL 3.0 frees and
// allocates the digest's state, and EVP_MD_CTX_copy does too; here a half-done digest is copied as
// a plain struct, which costs no allocation and saves two of the four blocks. A build without them
// (no-deprecated) needs EVP's, once an OpenSSL keeps its state.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proxy/keyed_hash.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "proxy/evidence/durable_file.hpp"

namespace proxy {
namespace {

// Part of the key id's definition: changing it changes every id.
constexpr std::string_view id_label{"prefgate hmac key id 1\0", 23};

// Before a bearer token in what is hashed. Neither kind of token has a NUL in it (RFC 6750 section
// 2.1; the built-in contract), so no device token reads like it. Changing it changes every hash.
constexpr std::string_view bearer_label{"prefgate bearer token\0", 22};

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error("HMAC key " + file.string() + ": " + what);
}
[[noreturn]] void fail_errno(const std::filesystem::path& file, const char* doing) {
  fail(file, std::string(doing) + ": " + std::generic_category().message(errno));
}

void to_hex(std::span<const unsigned char> bytes, char* to) {
  constexpr char digits[] = "0123456789abcdef";
  for (const auto byte : bytes) {
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  }
}

// Another process may have been quicker: then its key stands.
void make_key(const std::filesystem::path& file) {
  std::array<char, HmacKey::least> key;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    fail(file, "no random bytes");
  const auto error = create_file(file, {key.data(), key.size()});
  OPENSSL_cleanse(key.data(), key.size());
  if (error && error != std::errc::file_exists) fail(file, "cannot be created: " + error.message());
}

}  // namespace

HmacKey::HmacKey(std::span<const unsigned char> bytes) : bytes_(bytes.begin(), bytes.end()), id_{} {
  if (bytes.size() < least)
    throw std::runtime_error("an HMAC key needs at least 32 bytes, this one has " +
                             std::to_string(bytes.size()));
  SHA256_CTX context;
  std::array<unsigned char, 32> digest;
  SHA256_Init(&context);
  SHA256_Update(&context, id_label.data(), id_label.size());
  SHA256_Update(&context, bytes_.data(), bytes_.size());
  SHA256_Final(digest.data(), &context);
  OPENSSL_cleanse(&context, sizeof context);
  to_hex(std::span(digest).first(id_.size() / 2), id_.data());
}

HmacKey::~HmacKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

LoadedKey load_hmac_key(const std::filesystem::path& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!opened || ::fstat(opened.number(), &status) != 0) fail_errno(file, "cannot be opened");
  if (!S_ISREG(status.st_mode)) fail(file, "is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < HmacKey::least) fail(file, "needs at least 32 bytes, has " + std::to_string(size));
  if (size > HmacKey::most)
    fail(file, "is too large for a key: " + std::to_string(size) + " bytes");
  std::vector<unsigned char> bytes(size);
  const auto got = ::read(opened.number(), bytes.data(), bytes.size());
  const int error = errno;
  LoadedKey loaded{HmacKey(bytes), {}};
  OPENSSL_cleanse(bytes.data(), bytes.size());
  errno = error;
  if (got < 0) fail_errno(file, "cannot be read");
  if (static_cast<std::size_t>(got) != size) fail(file, "changed while it was read");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    loaded.warnings.push_back("HMAC key " + file.string() +
                              ": others than its owner have access to it; its mode should be 0600");
  return loaded;
}

std::filesystem::path generated_hmac_key_file(std::filesystem::path audit_directory) {
  audit_directory = std::filesystem::absolute(audit_directory).lexically_normal();
  if (!audit_directory.has_filename()) audit_directory = audit_directory.parent_path();
  return audit_directory += ".hmac_key";
}

LoadedKey load_or_make_hmac_key(const std::filesystem::path& audit_directory) {
  const auto file = generated_hmac_key_file(audit_directory);
  std::error_code error;
  if (std::filesystem::exists(file, error)) return load_hmac_key(file);
  std::filesystem::create_directories(file.parent_path(), error);
  make_key(file);
  auto loaded = load_hmac_key(file);
  loaded.warnings.push_back("HMAC key " + file.string() +
                            ": generated; keep it elsewhere than beside the records it protects, "
                            "and name it as audit.hmac_key");
  return loaded;
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex(2 * digest.size(), '\0');
  to_hex(digest, hex.data());
  return hex;
}

KeyedHash::KeyedHash(const HmacKey& key) : id_{} {
  std::ranges::copy(key.id(), id_.begin());
  std::array<unsigned char, SHA256_CBLOCK> block{};
  if (key.bytes().size() <= block.size())
    std::ranges::copy(key.bytes(), block.begin());
  else  // RFC 2104 section 2: a longer key is hashed first
    SHA256(key.bytes().data(), key.bytes().size(), block.data());
  const auto begin = [&](SHA256_CTX& context, unsigned char pad) {
    auto padded = block;
    for (auto& byte : padded) byte ^= pad;
    SHA256_Init(&context);
    SHA256_Update(&context, padded.data(), padded.size());
    OPENSSL_cleanse(padded.data(), padded.size());
  };
  begin(inner_, 0x36);
  begin(outer_, 0x5c);
  bearer_ = inner_;
  SHA256_Update(&bearer_, bearer_label.data(), bearer_label.size());
  OPENSSL_cleanse(block.data(), block.size());
}

KeyedHash::~KeyedHash() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&bearer_, sizeof bearer_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

filters::Digest KeyedHash::mac(std::string_view device_token) const {
  return finish(inner_, device_token);
}

filters::Digest KeyedHash::finish(SHA256_CTX inner, std::string_view secret) const {
  filters::Digest digest;
  SHA256_Update(&inner, secret.data(), secret.size());
  SHA256_Final(digest.data(), &inner);
  auto outer = outer_;
  SHA256_Update(&outer, digest.data(), digest.size());
  SHA256_Final(digest.data(), &outer);
  return digest;
}

std::string_view KeyedHash::write(Secret kind, std::string_view secret,
                                  std::span<char, text_size> to) const {
  constexpr std::string_view scheme = "hmac-sha256:";
  char* at = std::ranges::copy(scheme, to.data()).out;
  at = std::ranges::copy(id_, at).out;
  *at++ = ':';
  to_hex(finish(kind == Secret::bearer_token ? bearer_ : inner_, secret), at);
  return {to.data(), to.size()};
}

LastBearer::~LastBearer() {
  OPENSSL_cleanse(token_.data(), token_.size());
}

std::string_view LastBearer::write(std::string_view token, const KeyedHash& hash) {
  const std::string_view text(text_.data(), text_.size());
  if (!token.empty() && token == token_) return text;
  OPENSSL_cleanse(token_.data(), token_.size());
  token_.assign(token.substr(0, token.size() <= most ? token.size() : 0));
  return hash.write(Secret::bearer_token, token, text_);
}

}  // namespace proxy
