// Network: a range of IP addresses as it is written, 10.0.0.0/8, and the address of a client to
// look up in it. Of IPv4 and IPv6, the former as the mapped form of the latter. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filters {

using Address = std::array<std::uint8_t, 16>;  // RFC 4291; IPv4 as ::ffff:a.b.c.d

// "192.0.2.7", "2001:db8::7"; what follows a '%' is left out. None where `text` is no address.
std::optional<Address> parse_address(std::string_view text);

struct Network {
  Address first{};
  unsigned bits = 128;  // that every address in it has in common with `first`

  bool contains(const Address& address) const;
  bool contains(const Network& other) const { return bits <= other.bits && contains(other.first); }
  bool overlaps(const Network& other) const {
    return bits <= other.bits ? contains(other.first) : other.contains(first);
  }
};

// "10.0.0.0/8", or one address alone. None, and `fault` says why, for anything else.
std::optional<Network> parse_network(std::string_view text, std::string& fault);

}  // namespace filters
