// How far two names are apart, in edits: insert, delete or replace a character, swap two
// neighbours. ASCII case does not count. Bytes, not characters.
#pragma once

#include <cstdint>
#include <string_view>

namespace filters {

bool at_most_one_edit(std::string_view a, std::string_view b);
// The number of edits (each place edited once), `limit` + 1 where it is more than `limit`. For
// names of at most 256 bytes; longer ones are always more than `limit` apart.
unsigned edits_between(std::string_view a, std::string_view b, unsigned limit);

// The set of letters and digits in `name`, a bit each; everything else shares bits.
constexpr std::uint64_t letters_of(std::string_view name) {
  std::uint64_t set = 0;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    set |= std::uint64_t{1} << (letter % 64);
  }
  return set;
}

}  // namespace filters
