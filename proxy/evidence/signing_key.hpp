// SigningKey: the Ed25519 key (RFC 8032) under which the audit's checkpoints are signed. PublicKey:
// its other half, all that an auditor needs. Loaded at start; the private half is OpenSSL's to hold
// and to wipe, and is never printed. Copies share it; any thread.
#pragma once

#include <openssl/types.h>

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

using Signature = std::array<unsigned char, 64>;

class PublicKey {
 public:
  // Throw std::runtime_error that says what is wrong, without the file's name.
  static PublicKey from_pem(std::string_view pem);
  static PublicKey from_bytes(std::span<const unsigned char, 32> bytes);

  const std::array<unsigned char, 32>& bytes() const { return bytes_; }
  // The log's name in its checkpoints: "prefgate/" and 16 hex digits that tell this key from
  // others.
  std::string name() const;
  std::string pem() const;
  bool verify(std::string_view message, std::span<const unsigned char> signature) const;

 private:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key);

  std::shared_ptr<EVP_PKEY> key_;
  std::array<unsigned char, 32> bytes_;
};

class SigningKey {
 public:
  static SigningKey generate();
  // PKCS #8 in PEM, not encrypted. Throws std::runtime_error that says what is wrong, without the
  // file's name.
  static SigningKey from_pem(std::string_view pem);
  static SigningKey from_seed(std::span<const unsigned char, 32> seed);

  const PublicKey& public_key() const { return public_key_; }
  Signature sign(std::string_view message) const;
  std::string pem() const;  // the secret itself: for the file it is kept in

 private:
  explicit SigningKey(std::shared_ptr<EVP_PKEY> key);

  std::shared_ptr<EVP_PKEY> key_;
  PublicKey public_key_;
};

struct LoadedSigningKey {
  SigningKey key;
  std::vector<std::string> warnings;  // for the log
};

// Throw std::runtime_error that names the file.
LoadedSigningKey load_signing_key(const std::filesystem::path& file);
PublicKey load_public_key(const std::filesystem::path& file);

// Of the audit directory `audit`, `audit.signing_key`: made, mode 0600, with a warning, where it is
// not there yet; and its other half, `audit.public_key`, beside it.
std::filesystem::path generated_signing_key_file(std::filesystem::path audit_directory);
LoadedSigningKey load_or_make_signing_key(const std::filesystem::path& audit_directory);

}  // namespace proxy
