#include "proxy/evidence/base64.hpp"

#include <cstdint>

namespace proxy {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::span<const unsigned char> bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t there = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < there ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += j <= there ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::optional<std::vector<unsigned char>> from_base64(std::string_view text) {
  std::vector<unsigned char> bytes;
  if (text.size() % 4 != 0) return std::nullopt;
  while (!text.empty()) {
    const auto group = text.substr(0, 4);
    text.remove_prefix(4);
    const std::size_t padding = !text.empty() || group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2;
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const auto digit = j < 4 - padding ? digits.find(group[j]) : 0;
      if (digit == digits.npos) return std::nullopt;
      value = value << 6 | static_cast<std::uint32_t>(digit);
    }
    // What padding leaves unused must be zero: else two spellings would have one meaning.
    if ((value & ((1U << (8 * padding)) - 1)) != 0) return std::nullopt;
    for (std::size_t j = 0; j < 3 - padding; ++j)
      bytes.push_back(static_cast<unsigned char>(value >> (16 - 8 * j)));
  }
  return bytes;
}

}  // namespace proxy
