#include "proxy/keyed_hash.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>

namespace proxy {
namespace {

// Part of the key id's definition: changing it changes every id.
constexpr std::string_view id_label{"prefgate hmac key id 1\0", 23};

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int number;
};

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

// Writes a new key under a name of its own and then links it to `file`, so that no one ever sees
// half a key. Another process may have been quicker: then its key stands.
void make_key(const std::filesystem::path& file) {
  std::array<unsigned char, HmacKey::least> key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) fail(file, "no random bytes");
  auto temporary = file.string() + ".XXXXXX";
  const Descriptor made(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600, O_EXCL
  if (made.number < 0) fail_errno(file, "cannot be created");
  const bool written =
      ::write(made.number, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
      ::fsync(made.number) == 0 &&
      (::link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  OPENSSL_cleanse(key.data(), key.size());
  ::unlink(temporary.c_str());
  errno = error;
  if (!written) fail_errno(file, "cannot be written");
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number < 0 || ::fsync(folder.number) != 0) fail_errno(file, "cannot be made durable");
}

}  // namespace

HmacKey::HmacKey(std::span<const unsigned char> bytes) : bytes_(bytes.begin(), bytes.end()), id_{} {
  if (bytes.size() < least)
    throw std::runtime_error("an HMAC key needs at least 32 bytes, this one has " +
                             std::to_string(bytes.size()));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free);
  std::array<unsigned char, 32> digest;
  if (!context || EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), id_label.data(), id_label.size()) != 1 ||
      EVP_DigestUpdate(context.get(), bytes_.data(), bytes_.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  to_hex(std::span(digest).first(id_.size() / 2), id_.data());
}

HmacKey::~HmacKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

LoadedKey load_hmac_key(const std::filesystem::path& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (opened.number < 0 || ::fstat(opened.number, &status) != 0)
    fail_errno(file, "cannot be opened");
  if (!S_ISREG(status.st_mode)) fail(file, "is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < HmacKey::least) fail(file, "needs at least 32 bytes, has " + std::to_string(size));
  if (size > HmacKey::most)
    fail(file, "is too large for a key: " + std::to_string(size) + " bytes");
  std::vector<unsigned char> bytes(size);
  const auto got = ::read(opened.number, bytes.data(), bytes.size());
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

KeyedHash::KeyedHash(const HmacKey& key) : context_(EVP_MD_CTX_new()), inner_{}, id_{} {
  std::ranges::copy(key.id(), id_.begin());
  // A context that has once begun a digest begins the same one again without allocating.
  if (!context_ || EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  if (key.bytes().size() <= inner_.size()) {
    std::ranges::copy(key.bytes(), inner_.begin());
  } else {  // RFC 2104 section 2: a longer key is hashed first
    EVP_DigestUpdate(context_.get(), key.bytes().data(), key.bytes().size());
    EVP_DigestFinal_ex(context_.get(), inner_.data(), nullptr);
  }
  outer_ = inner_;
  for (auto& byte : inner_) byte ^= 0x36;
  for (auto& byte : outer_) byte ^= 0x5c;
}

KeyedHash::~KeyedHash() {
  OPENSSL_cleanse(inner_.data(), inner_.size());
  OPENSSL_cleanse(outer_.data(), outer_.size());
}

std::array<unsigned char, 32> KeyedHash::mac(std::string_view secret) {
  std::array<unsigned char, 32> digest{};
  const auto hash = [&](std::span<const unsigned char> pad, const void* text, std::size_t size) {
    return EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1 &&
           EVP_DigestUpdate(context_.get(), pad.data(), pad.size()) == 1 &&
           EVP_DigestUpdate(context_.get(), text, size) == 1 &&
           EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
  };
  // Nothing in here can fail once the context is made; if it does, no record may carry the result.
  if (!hash(inner_, secret.data(), secret.size()) || !hash(outer_, digest.data(), digest.size()))
    std::abort();
  return digest;
}

std::string_view KeyedHash::write(std::string_view secret, std::span<char, text_size> to) {
  constexpr std::string_view scheme = "hmac-sha256:";
  char* at = std::ranges::copy(scheme, to.data()).out;
  at = std::ranges::copy(id_, at).out;
  *at++ = ':';
  to_hex(mac(secret), at);
  return {to.data(), to.size()};
}

}  // namespace proxy
