#include "filters/invisible.hpp"

#include <algorithm>
#include <array>

#include "filters/arena.hpp"
#include "filters/hash.hpp"

namespace filters {
namespace {

// Three bytes of UTF-8: no other character is looked for (see EndpointRules::invisible).
bool invisible(std::array<unsigned, 3> c, const Endpoint& endpoint) {
  if (c[0] < 0xE0 || c[0] > 0xEF || c[1] >> 6 != 2 || c[2] >> 6 != 2) return false;
  return endpoint.is_invisible(
      static_cast<char32_t>((c[0] & 0x0F) << 12 | (c[1] & 0x3F) << 6 | (c[2] & 0x3F)));
}

// The characters that Windows-1252 has from 0x80 to 0x9F; empty where it has none.
constexpr std::array<std::string_view, 32> windows_1252 = {
    "\u20AC", "",       "\u201A", "\u0192", "\u201E", "\u2026", "\u2020", "\u2021",
    "\u02C6", "\u2030", "\u0160", "\u2039", "\u0152", "",       "\u017D", "",
    "",       "\u2018", "\u2019", "\u201C", "\u201D", "\u2022", "\u2013", "\u2014",
    "\u02DC", "\u2122", "\u0161", "\u203A", "\u0153", "",       "\u017E", "\u0178"};

struct Byte {
  unsigned value = 0;
  std::uint32_t size = 0;  // 0: no mangled byte here
};

// The byte that was taken for a character of Windows-1252 or Latin-1 and encoded as UTF-8.
Byte unmangle(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const bool continues = at(1) >= 0x80 && at(1) <= 0xBF;
  if (at(0) == 0xC2 && continues) return {at(1), 2};
  if (at(0) == 0xC3 && continues) return {at(1) + 0x40, 2};
  for (unsigned i = 0; i < windows_1252.size(); ++i)
    if (!windows_1252[i].empty() && text.starts_with(windows_1252[i]))
      return {0x80 + i, static_cast<std::uint32_t>(windows_1252[i].size())};
  return {};
}

// Bytes of the invisible character that `text` begins with, 0 where it begins with none.
std::uint32_t invisible_size(std::string_view text, const Endpoint& endpoint) {
  if (text.size() < 3) return 0;
  std::array<unsigned, 3> bytes{};
  for (std::size_t i = 0; i < 3; ++i) bytes[i] = static_cast<unsigned char>(text[i]);
  if (invisible(bytes, endpoint)) return 3;
  std::uint32_t size = 0;
  for (auto& byte : bytes) {
    const Byte found = unmangle(text.substr(size));
    if (found.size == 0) return 0;
    byte = found.value;
    size += found.size;
  }
  return invisible(bytes, endpoint) ? size : 0;
}

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t highs = 0x8080808080808080;
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) seen |= load_bytes(text.data() + i, 8);
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & highs) == 0;
}

}  // namespace

std::pmr::vector<Span> find_invisible(std::string_view json, const Endpoint& endpoint,
                                      Arena& arena) {
  std::pmr::vector<Span> found(&arena);
  if (is_ascii(json)) return found;
  bool in_string = false;
  for (std::uint32_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') in_string = !in_string;
    if (in_string) {
      if (json[i] == '\\') ++i;
    } else if (static_cast<unsigned char>(json[i]) < 0x80) {
      continue;
    } else if (const auto size = invisible_size(json.substr(i), endpoint); size > 0) {
      found.push_back({i, i + size});
      i += size - 1;
    }
  }
  return found;
}

std::string_view blank_out(std::string_view json, const std::pmr::vector<Span>& spans,
                           Arena& arena) {
  char* const copy = arena.bytes(json.size());
  std::ranges::copy(json, copy);
  for (const Span span : spans) std::fill(copy + span.begin, copy + span.end, ' ');
  return {copy, json.size()};
}

}  // namespace filters
