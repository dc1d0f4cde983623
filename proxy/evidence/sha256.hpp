// Hash: a SHA-256 digest (FIPS 180-4). Sha256: digests what it is given piece by piece; `sha256`
// does it at once. Values, owned by whoever holds them, on any thread. Never asks the heap for
// anything.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace proxy {

using Hash = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256();
  Sha256& add(std::string_view bytes);
  Sha256& add(std::span<const unsigned char> bytes);
  Sha256& add(unsigned char byte) { return add(std::span(&byte, 1)); }
  // The digest of everything added. The last thing to call.
  Hash end();

 private:
  SHA256_CTX context_;
};

Hash sha256(std::string_view bytes);

// Lower case.
std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace proxy
