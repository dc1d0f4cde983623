// OpenSSL's older, stateless calls: an EVP_DigestInit of OpenSSL 3.0 allocates, which costs as much
// as hashing a short record does (proxy/keyed_hash.cpp has the figures' reason). A build without
// them (no-deprecated) needs EVP's, once an OpenSSL keeps its state.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proxy/evidence/sha256.hpp"

namespace proxy {

Sha256::Sha256() {
  SHA256_Init(&context_);
}

Sha256& Sha256::add(std::string_view bytes) {
  SHA256_Update(&context_, bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::add(std::span<const unsigned char> bytes) {
  SHA256_Update(&context_, bytes.data(), bytes.size());
  return *this;
}

Hash Sha256::end() {
  Hash hash;
  SHA256_Final(hash.data(), &context_);
  return hash;
}

Hash sha256(std::string_view bytes) {
  return Sha256().add(bytes).end();
}

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace proxy
