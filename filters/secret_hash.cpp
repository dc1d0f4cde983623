#include "filters/secret_hash.hpp"

#include <algorithm>

namespace filters {
namespace {

// Lower case, as it is written: a digest has one spelling.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::optional<SecretDigest> parse_secret_digest(std::string_view text) {
  constexpr std::string_view scheme = "hmac-sha256:";
  constexpr std::size_t id_size = 8;
  SecretDigest found;
  if (!text.starts_with(scheme)) return {};
  text.remove_prefix(scheme.size());
  if (text.size() != id_size + 1 + 2 * found.digest.size() || text[id_size] != ':') return {};
  found.key_id = text.substr(0, id_size);
  text.remove_prefix(id_size + 1);
  const auto is_hex = [](char c) { return hex_digit(c) >= 0; };
  if (!std::ranges::all_of(found.key_id, is_hex) || !std::ranges::all_of(text, is_hex)) return {};
  for (std::size_t i = 0; i < found.digest.size(); ++i)
    found.digest[i] =
        static_cast<unsigned char>(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
  return found;
}

}  // namespace filters
