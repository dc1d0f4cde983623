#include "filters/field_names.hpp"

#include <algorithm>

namespace filters {
namespace {

// The next character of a name as forgiving servers read it. Letter case does not count to some,
// '.', '-', ' ' and a bracket that nothing closes are '_' to others (PHP), and two characters
// beyond ASCII are letters of it where Unicode's case folding is used (Go's JSON: the long s and
// the Kelvin sign).
char take_folded(std::string_view& name) {
  const bool long_s = name.starts_with("\xC5\xBF"), kelvin = name.starts_with("\xE2\x84\xAA");
  const char c = name.front();
  name.remove_prefix(kelvin ? 3 : long_s ? 2 : 1);
  if (c == '.' || c == '-' || c == ' ' || c == '[') return '_';
  return long_s ? 's' : kelvin ? 'k' : lower(c);
}

}  // namespace

bool read_alike(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty())
    if (take_folded(a) != take_folded(b)) return false;
  return a.empty() && b.empty();
}

std::uint8_t field_meant(const Endpoint& endpoint, std::string_view name) {
  if (const auto field = endpoint.find(name); field != Endpoint::none) return field;
  if (const auto field = endpoint.alias(name); field != Endpoint::none) return field;
  const auto fields = endpoint.fields();
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (read_alike(name, fields[f].name)) return static_cast<std::uint8_t>(f);
  if (const auto field = endpoint.nearest(name, true); field != Endpoint::none) return field;
  return endpoint.nearest(name, false);
}

std::string_view base_name(std::string_view name) {
  const auto outside = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte >= 0x7F || c == '[' || c == ']' || c == '.';
  };
  const auto begin = std::ranges::find_if_not(name, outside);
  const auto end = std::find_if(begin, name.end(), outside);
  return {begin, end};
}

}  // namespace filters
