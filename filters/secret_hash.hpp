// SecretHash: the keyed hash under which secrets are recorded, as the host lends it to filters,
// which know neither the key nor the algorithm. SecretDigest: such a hash as people write it down,
// "hmac-sha256:<key id>:<hex>", in records, device lists and exceptions.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace filters {

using Digest = std::array<unsigned char, 32>;

class SecretHash {
 public:
  // Allocates nothing. On the thread of the exchange.
  virtual Digest mac(std::string_view secret) const = 0;

 protected:
  ~SecretHash() = default;
};

struct SecretDigest {
  std::string key_id;  // eight hex digits: which key; says nothing of it
  Digest digest;
};

// None where `text` is not one.
std::optional<SecretDigest> parse_secret_digest(std::string_view text);

}  // namespace filters
