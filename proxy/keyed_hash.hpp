// HmacKey: the key under which secrets are recorded. KeyedHash: HMAC-SHA-256 (RFC 2104) under that
// key, so that records can be joined on a token and nobody can read it. A key is loaded once, by
// main; each worker makes a KeyedHash of its own, to have it near. Neither ever prints the key;
// both wipe it when they go.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filters/secret_hash.hpp"

namespace proxy {

class HmacKey {
 public:
  static constexpr std::size_t least = 32;        // bytes
  static constexpr std::size_t most = 64 * 1024;  // more is some other file

  // Takes the bytes as they are. Throws std::runtime_error where there are too few.
  explicit HmacKey(std::span<const unsigned char> bytes);
  HmacKey(HmacKey&&) noexcept = default;
  HmacKey& operator=(HmacKey&&) = delete;
  ~HmacKey();

  // Eight hex digits that tell one key from another and say nothing of either.
  std::string_view id() const { return {id_.data(), id_.size()}; }
  std::span<const unsigned char> bytes() const { return bytes_; }

 private:
  std::vector<unsigned char> bytes_;
  std::array<char, 8> id_;
};

struct LoadedKey {
  HmacKey key;
  std::vector<std::string> warnings;  // for the log
};

// The whole file is the key, byte for byte: a line end at its end belongs to it. Warns where others
// may read the file. Throws std::runtime_error naming the file.
LoadedKey load_hmac_key(const std::filesystem::path& file);

// `audit.hmac_key` beside the audit directory `audit`: made of 32 random bytes, mode 0600, with a
// warning, where it is not there yet. Throws std::runtime_error naming the file.
std::filesystem::path generated_hmac_key_file(std::filesystem::path audit_directory);
LoadedKey load_or_make_hmac_key(const std::filesystem::path& audit_directory);

// SHA-256 of `text` in hex (FIPS 180-4).
std::string sha256_hex(std::string_view text);

// The secrets that are hashed for records. A bearer token that is also somebody's device token, to
// the byte, has another hash as the one than as the other: nothing is joined that is not the same
// thing.
enum class Secret : std::uint8_t { device_token, bearer_token };

class KeyedHash final : public filters::SecretHash {
 public:
  // "hmac-sha256:" key id ":" 64 hex digits
  static constexpr std::size_t text_size = 12 + 8 + 1 + 64;

  explicit KeyedHash(const HmacKey& key);
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;
  ~KeyedHash();

  // The MAC of a device token, the one that policies name: nothing comes before it.
  filters::Digest mac(std::string_view device_token) const override;
  // Writes the text form to `to` and returns it. Allocates nothing.
  std::string_view write(Secret kind, std::string_view secret, std::span<char, text_size> to) const;

 private:
  filters::Digest finish(SHA256_CTX inner, std::string_view secret) const;

  SHA256_CTX inner_;   // has taken in key xor ipad
  SHA256_CTX bearer_;  // and the label of bearer tokens
  SHA256_CTX outer_;   // has taken in key xor opad
  std::array<char, 8> id_;
};

// LastBearer: the hash of one bearer token, remembered: clients say the same one with each request
// of a connection, and it costs more to hash than all the rest of the head. Owned by the
// connection, so that nobody can learn by its being quick what others have said. It wipes the
// token.
class LastBearer {
 public:
  static constexpr std::size_t most = 1024;  // bytes of a token that is remembered

  LastBearer() = default;
  LastBearer(const LastBearer&) = delete;
  LastBearer& operator=(const LastBearer&) = delete;
  ~LastBearer();

  // As KeyedHash::write of one and the same `hash`. Valid until the next call.
  std::string_view write(std::string_view token, const KeyedHash& hash);

 private:
  std::string token_;
  std::array<char, KeyedHash::text_size> text_;
};

}  // namespace proxy
