// Endpoint::match_path: is this the governed path, or a spelling of it that some server would take
// for it? Deliberately too suspicious: a path nobody needs is refused rather than let past the
// chain.
#include <algorithm>
#include <array>

#include "filters/contract/contract.hpp"
#include "filters/http.hpp"

namespace filters {
namespace {

constexpr std::size_t longest_path = 16 * 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Whether the last characters of `text` are one character encoded; then they are decoded.
bool decode_last(char* text, std::size_t& size) {
  if (size >= 3 && text[size - 3] == '%') {
    const int high = hex_digit(text[size - 2]), low = hex_digit(text[size - 1]);
    if (high < 0 || low < 0) return false;
    size -= 2;
    text[size - 1] = static_cast<char>(high * 16 + low);
    return true;
  }
  // ASCII in two bytes of UTF-8, which careless decoders accept: "%C0%AF" is '/' to them.
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (size < 2 || (at(size - 2) & 0xFE) != 0xC0 || (at(size - 1) & 0xC0) != 0x80) return false;
  --size;
  text[size - 1] = static_cast<char>((at(size - 1) & 1) << 6 | (at(size) & 0x3F));
  return true;
}

// Decodes until nothing is left to decode, in one pass: what a decoding completes is itself
// decoded, so "%252F" ends as '/'. Returns the size.
std::size_t decode_fully(std::string_view path, char* to) {
  std::size_t size = 0;
  for (const char c : path) {
    to[size++] = c;
    while (decode_last(to, size)) {
    }
  }
  return size;
}

// What a server may see in a segment: no matrix parameters, no format suffix, no white space or
// control bytes around it.
std::string_view bare(std::string_view segment) {
  segment = segment.substr(0, segment.find(';'));
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  while (!segment.empty() && blank(segment.front())) segment.remove_prefix(1);
  while (!segment.empty() && blank(segment.back())) segment.remove_suffix(1);
  if (segment == "." || segment == "..") return segment;
  return segment.substr(0, segment.find('.', 1));
}

std::string_view next_segment(std::string_view& path) {
  const auto end = path.find_first_of("/\\");
  const auto segment = path.substr(0, end);
  path.remove_prefix(end == path.npos ? path.size() : end + 1);
  return segment;
}

bool same_when_normalised(std::string_view path, std::string_view wanted) {
  std::array<std::string_view, 16> want{};
  std::size_t count = 0;
  while (!wanted.empty() && count < want.size())
    if (const auto segment = next_segment(wanted); !segment.empty()) want[count++] = segment;

  bool same = true, climbs = false, has_last = false;
  std::size_t depth = 0;
  while (!path.empty()) {
    const auto segment = bare(next_segment(path));
    if (segment.empty() || segment == ".") continue;
    climbs |= segment == "..";
    same &= depth < count && equal_ignoring_case(segment, want[depth]);
    has_last |= equal_ignoring_case(segment, want[count - 1]);
    ++depth;
  }
  // What ".." takes away depends on whether empty segments, "%2F" and '\\' counted before it, and
  // servers differ: nobody honest writes it here.
  return climbs ? has_last : same && depth == count;
}

}  // namespace

PathMatch Endpoint::match_path(std::string_view path) const {
  if (path == this->path()) return PathMatch::governed;
  if (path.size() > longest_path) return PathMatch::ambiguous;
  std::array<char, longest_path> decoded;
  const std::string_view text(decoded.data(), decode_fully(path, decoded.data()));
  // An encoded '?', '#' or NUL ends the path for a server that decodes before it splits.
  const auto cut = text.substr(0, text.find_first_of(std::string_view("?#\0", 3)));
  return same_when_normalised(text, this->path()) || same_when_normalised(cut, this->path())
             ? PathMatch::ambiguous
             : PathMatch::other;
}

}  // namespace filters
