#include "filters/policy/network.hpp"

#include <algorithm>
#include <charconv>

namespace filters {
namespace {

// All of `text` as a number of at most `most`, without a leading zero: some read that as octal.
std::optional<unsigned> number(std::string_view text, unsigned most, int base = 10) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  const bool padded = base == 10 && text.size() > 1 && text.front() == '0';
  if (error != std::errc() || at != end || padded || value > most) return {};
  return value;
}

std::optional<std::uint32_t> parse_v4(std::string_view text) {
  std::uint32_t address = 0;
  for (int i = 0; i < 4; ++i) {
    const auto dot = i < 3 ? text.find('.') : text.size();
    if (dot == text.npos) return {};
    const auto byte = number(text.substr(0, dot), 255);
    if (!byte) return {};
    address = address << 8 | *byte;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return address;
}

void put(Address& address, std::size_t group, unsigned value) {
  address[2 * group] = static_cast<std::uint8_t>(value >> 8);
  address[2 * group + 1] = static_cast<std::uint8_t>(value & 0xFF);
}

// Groups of hex digits joined by ':', into `address` from its beginning; at the text's end the last
// may be an IPv4 address. How many there were, none where one is not such a group.
std::optional<std::size_t> read_groups(std::string_view text, bool at_end, Address& address) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    const auto v4 = at_end && colon == text.npos ? parse_v4(group) : std::nullopt;
    if (count + (v4 ? 2 : 1) > 8) return {};
    if (v4) {
      put(address, count++, *v4 >> 16);
      put(address, count++, *v4 & 0xFFFF);
      return count;
    }
    const auto value = group.size() <= 4 ? number(group, 0xFFFF, 16) : std::nullopt;
    if (!value) return {};
    put(address, count++, *value);
    if (colon == text.npos) return count;
    text.remove_prefix(colon + 1);
    if (text.empty()) return {};
  }
  return count;
}

std::optional<Address> parse_v6(std::string_view text) {
  Address address{};
  const auto gap = text.find("::");
  if (gap == text.npos) {
    const auto count = read_groups(text, true, address);
    return count == 8 ? std::optional(address) : std::nullopt;
  }
  Address rest{};
  const auto head = read_groups(text.substr(0, gap), false, address);
  const auto tail = read_groups(text.substr(gap + 2), true, rest);
  if (!head || !tail || *head + *tail > 7) return {};
  const auto size = static_cast<std::ptrdiff_t>(2 * *tail);
  std::copy(rest.begin(), rest.begin() + size, address.end() - size);
  return address;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  text = text.substr(0, text.find('%'));  // a zone (RFC 4007 section 11), which no rule knows
  if (text.find(':') != text.npos) return parse_v6(text);
  const auto v4 = parse_v4(text);
  if (!v4) return {};
  Address address{};
  address[10] = address[11] = 0xFF;
  put(address, 6, *v4 >> 16);
  put(address, 7, *v4 & 0xFFFF);
  return address;
}

bool Network::contains(const Address& address) const {
  const std::size_t whole = bits / 8, rest = bits % 8;
  if (!std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin()))
    return false;
  return rest == 0 || ((first[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

std::optional<Network> parse_network(std::string_view text, std::string& fault) {
  const auto slash = text.find('/');
  const auto written = text.substr(0, slash);
  const auto first = written.find('%') == written.npos ? parse_address(written) : std::nullopt;
  const bool v6 = written.find(':') != written.npos;
  const unsigned width = v6 ? 128 : 32;
  const auto bits = slash == text.npos ? width : number(text.substr(slash + 1), width);
  if (!first || !bits) {
    fault = "expected a network such as 10.0.0.0/8 or 2001:db8::/32";
    return {};
  }
  const Network network{*first, *bits + 128 - width};
  for (unsigned bit = network.bits; bit < 128; ++bit) {
    if ((network.first[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
    fault = "the address has bits outside of /" + std::to_string(*bits) +
            ": give the network's first address";
    return {};
  }
  return network;
}

}  // namespace filters
