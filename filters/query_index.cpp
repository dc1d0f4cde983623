// The query side of Document: pairs joined by '&', percent-decoded as forms are.
#include <algorithm>

#include "filters/arena.hpp"
#include "filters/document.hpp"

namespace filters {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes what `check` has passed. Text without '%' and '+' stays where it is.
std::string_view decode(std::string_view raw, Arena& arena) {
  if (raw.find_first_of("%+") == raw.npos) return raw;
  char* const start = arena.bytes(raw.size());
  char* to = start;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      *to++ = static_cast<char>(hex_digit(raw[i + 1]) * 16 + hex_digit(raw[i + 2]));
      i += 2;
    } else {
      *to++ = raw[i] == '+' ? ' ' : raw[i];
    }
  }
  return {start, static_cast<std::size_t>(to - start)};
}

Fault check(std::string_view source) {
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto c = static_cast<unsigned char>(source[i]);
    const auto here = static_cast<std::uint32_t>(i);
    if (c <= 0x20 || c == 0x7F) return {here, "a space or control byte"};
    if (c == ';') return {here, "a semicolon, at which some servers split; write %3B"};
    if (c == '#') return {here, "a fragment"};
    if (c == '%') {
      if (i + 2 >= source.size() || hex_digit(source[i + 1]) < 0 || hex_digit(source[i + 2]) < 0)
        return {here, "a percent sign without two hex digits"};
      i += 2;
    }
  }
  return {};
}

}  // namespace

Fault index_query(std::string_view source, Arena& arena, Document& document) {
  document.syntax = Syntax::query;
  document.source = source;
  document.members.clear();
  document.repeated.clear();
  if (const Fault fault = check(source)) return fault;
  if (!source.empty())
    document.members.reserve(static_cast<std::size_t>(std::ranges::count(source, '&')) + 1);

  const auto size = static_cast<std::uint32_t>(source.size());
  for (std::uint32_t begin = 0; begin < size;) {
    const auto end = static_cast<std::uint32_t>(std::min(source.find('&', begin), source.size()));
    if (end > begin) {
      const auto pair = source.substr(begin, end - begin);
      const auto equals = static_cast<std::uint32_t>(std::min(pair.find('='), pair.size()));
      auto& member = document.members.emplace_back();
      member.span = {begin, end};
      member.name_span = {begin, begin + equals};
      member.value_span = {std::min(begin + equals + 1, end), end};
      member.name = decode(member.name_span.of(source), arena);
      member.text = decode(member.value_span.of(source), arena);
      member.parent = Document::root;
      member.next = static_cast<std::uint32_t>(document.members.size());
      if (!valid_utf8(member.name) || !valid_utf8(member.text)) {
        document.members.clear();
        return {begin, "text that is not UTF-8"};
      }
    }
    begin = end + 1;
  }
  find_repeated(arena, document);
  return {};
}

}  // namespace filters
