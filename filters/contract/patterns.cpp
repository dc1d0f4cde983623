#include "filters/contract/patterns.hpp"

#include <algorithm>

namespace filters {
namespace {

bool small(char c) {
  return c >= 'a' && c <= 'z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return small(c) || (c >= 'A' && c <= 'Z');
}
bool letter_or_digit(char c) {
  return letter(c) || digit(c);
}

// Takes the characters of a class off the front of `text`: true where they are `least` to `most`.
template <class Class>
bool take(std::string_view& text, Class in_class, std::size_t least, std::size_t most) {
  const auto end = std::ranges::find_if_not(text, in_class);
  const auto size = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(size);
  return size >= least && size <= most;
}

}  // namespace

bool matches_locale(std::string_view text) {
  if (!take(text, letter, 2, 3)) return false;
  for (int part = 0; part < 3 && !text.empty(); ++part) {
    if (text[0] != '_' && text[0] != '-') return false;
    text.remove_prefix(1);
    if (!take(text, letter_or_digit, 2, 8)) return false;
  }
  return text.empty();
}

bool matches_device_token(std::string_view text) {
  return take(text, [](char c) { return c > ' ' && c <= '~'; }, 1, 4096) && text.empty();
}

bool matches_platform(std::string_view text) {
  return text == "ios" || text == "android";
}

bool matches_device_type(std::string_view text) {
  const auto word = text.substr(0, text.find('-'));
  if (!matches_platform(word)) return false;
  text.remove_prefix(word.size());
  while (!text.empty()) {
    if (text[0] != '-') return false;
    text.remove_prefix(1);
    if (!take(text, [](char c) { return small(c) || digit(c); }, 1, text.npos)) return false;
  }
  return true;
}

bool matches_app_version(std::string_view text) {
  if (!take(text, digit, 1, 9)) return false;
  for (int part = 0; part < 3 && !text.empty() && text[0] == '.'; ++part) {
    text.remove_prefix(1);
    if (!take(text, digit, 1, 9)) return false;
  }
  if (text.empty()) return true;
  if (text[0] != '-' && text[0] != '+') return false;
  text.remove_prefix(1);
  return take(text, [](char c) { return letter_or_digit(c) || c == '.'; }, 1, 32) && text.empty();
}

bool matches_preference_name(std::string_view text) {
  return take(text, [](char c) { return letter_or_digit(c) || c == '_'; }, 1, 128) && text.empty();
}

}  // namespace filters
