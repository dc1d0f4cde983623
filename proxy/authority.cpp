#include "proxy/authority.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace proxy {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool valid_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return text.empty() || (error == std::errc{} && stop == end);
}

}  // namespace

bool valid_authority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  if (bracketed) text.remove_prefix(1);
  const auto end = std::min(text.find(bracketed ? ']' : ':'), text.size());
  const auto host = text.substr(0, end);
  text.remove_prefix(end);
  if (bracketed) {
    if (text.empty()) return false;
    text.remove_prefix(1);
  }
  const std::string_view others = bracketed ? ".:" : "-._";
  return !host.empty() && std::ranges::all_of(host, [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != others.npos;
  }) && (text.empty() || (text.front() == ':' && valid_port(text.substr(1))));
}

}  // namespace proxy
