#include "filters/invisible.hpp"

#include <algorithm>
#include <array>

#include "filters/arena.hpp"
#include "filters/hash.hpp"

namespace filters {
namespace {

// U+FEFF, U+200B to U+200F, U+2060. All are three bytes of UTF-8.
bool invisible(std::array<unsigned, 3> c) {
  if (c[0] == 0xEF) return c[1] == 0xBB && c[2] == 0xBF;
  if (c[0] != 0xE2) return false;
  return (c[1] == 0x80 && c[2] >= 0x8B && c[2] <= 0x8F) || (c[1] == 0x81 && c[2] == 0xA0);
}

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
  // Of the characters that Windows-1252 has from 0x80 to 0x9F, those that can appear here.
  if (text.starts_with("\xE2\x82\xAC")) return {0x80, 3};  // the euro sign
  if (text.starts_with("\xE2\x80\xB9")) return {0x8B, 3};  // a quotation mark
  if (text.starts_with("\xC5\x92")) return {0x8C, 2};      // OE
  if (text.starts_with("\xC5\xBD")) return {0x8E, 2};      // Z with caron
  return {};
}

// Bytes of the invisible character that `text` begins with, 0 where it begins with none.
std::uint32_t invisible_size(std::string_view text) {
  if (text.size() < 3) return 0;
  std::array<unsigned, 3> bytes{};
  for (std::size_t i = 0; i < 3; ++i) bytes[i] = static_cast<unsigned char>(text[i]);
  if (invisible(bytes)) return 3;
  std::uint32_t size = 0;
  for (auto& byte : bytes) {
    const Byte found = unmangle(text.substr(size));
    if (found.size == 0) return 0;
    byte = found.value;
    size += found.size;
  }
  return invisible(bytes) ? size : 0;
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

std::pmr::vector<Span> find_invisible(std::string_view json, Arena& arena) {
  std::pmr::vector<Span> found(&arena);
  if (is_ascii(json)) return found;
  bool in_string = false;
  for (std::uint32_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') in_string = !in_string;
    if (in_string) {
      if (json[i] == '\\') ++i;
    } else if (const auto size = invisible_size(json.substr(i)); size > 0) {
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
