#include "proxy/evidence/signing_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

#include "proxy/evidence/sha256.hpp"

namespace proxy {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// OpenSSL asks for a passphrase on the terminal unless told otherwise.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Bio reading(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

// Takes the key over. The error stack keeps nothing of what was tried.
std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
  ERR_clear_error();
  return {key, EVP_PKEY_free};
}

[[noreturn]] void fail(const char* doing) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL cannot ") + doing + ": " +
                           (reason != nullptr ? reason : "unknown reason"));
}

std::string text_of(const Bio& memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)), bytes_{} {
  auto size = bytes_.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), bytes_.data(), &size) != 1)
    fail("read the public half of a key");
}

PublicKey PublicKey::from_pem(std::string_view pem) {
  const auto bio = reading(pem);
  auto key = owned(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) throw std::runtime_error("has no public key in PEM");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    throw std::runtime_error("has a public key of another kind than Ed25519");
  return PublicKey(std::move(key));
}

PublicKey PublicKey::from_bytes(std::span<const unsigned char, 32> bytes) {
  auto key =
      owned(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
  if (!key) fail("take the bytes for a public key");
  return PublicKey(std::move(key));
}

std::string PublicKey::name() const {
  const auto digest = Sha256().add(bytes_).end();
  return "prefgate/" + to_hex(std::span(digest).first(8));
}

std::string PublicKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  if (PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) fail("write a public key");
  return text_of(bio);
}

bool PublicKey::verify(std::string_view message, std::span<const unsigned char> signature) const {
  const Digest digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good =
      signature.size() == Signature{}.size() &&
      EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(digest.get(), signature.data(), signature.size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return good;
}

SigningKey::SigningKey(std::shared_ptr<EVP_PKEY> key)
    : key_(std::move(key)), public_key_([&] {
        std::array<unsigned char, 32> bytes{};
        auto size = bytes.size();
        if (EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) != 1)
          fail("read the public half of a key");
        return PublicKey::from_bytes(bytes);
      }()) {}

SigningKey SigningKey::generate() {
  auto key = owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) fail("make an Ed25519 key");
  return SigningKey(std::move(key));
}

SigningKey SigningKey::from_pem(std::string_view pem) {
  const auto bio = reading(pem);
  auto key = owned(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key)
    throw std::runtime_error(pem.find("ENCRYPTED") != pem.npos
                                 ? "is encrypted: there is nobody to ask for its passphrase"
                                 : "has no private key in PEM");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    throw std::runtime_error("has a private key of another kind than Ed25519");
  return SigningKey(std::move(key));
}

SigningKey SigningKey::from_seed(std::span<const unsigned char, 32> seed) {
  auto key =
      owned(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!key) fail("take the bytes for a private key");
  return SigningKey(std::move(key));
}

Signature SigningKey::sign(std::string_view message) const {
  const Digest digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Signature signature;
  auto size = signature.size();
  if (EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(digest.get(), signature.data(), &size, bytes_of(message), message.size()) != 1)
    fail("sign");
  return signature;
}

std::string SigningKey::pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()), BIO_free);
  if (PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    fail("write a private key");
  return text_of(bio);
}

}  // namespace proxy
