// Base64 of RFC 4648 section 4, with padding. Decoding takes the one right spelling of some bytes
// and no other, so that a signed text cannot be spelt in two ways.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

std::string to_base64(std::span<const unsigned char> bytes);
std::optional<std::vector<unsigned char>> from_base64(std::string_view text);

}  // namespace proxy
