// hash_of: a fast hash of short names, for tables of one exchange and tables made at compile time.
// Not keyed: whoever puts names of a client's choosing into a table bounds its probes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace filters {

// Up to 8 bytes, the first one lowest.
constexpr std::uint64_t load_bytes(const char* from, std::size_t size) {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated() || std::endian::native != std::endian::little) {
    for (std::size_t i = 0; i < size; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  } else {
    std::memcpy(&word, from, size);
  }
  return word;
}

constexpr std::uint32_t hash_of(std::string_view text, std::uint32_t seed = 0) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;
  std::uint64_t hash = (std::uint64_t{seed} + text.size()) * odd;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    hash = (hash ^ load_bytes(at, 8)) * odd;
    hash ^= hash >> 32;
  }
  // The tail as one or two overlapping words of a fixed size: a copy of variable size is a call.
  if (left >= 4) {
    hash ^= load_bytes(at, 4) | load_bytes(at + left - 4, 4) << 32;
  } else if (left > 0) {
    hash ^=
        load_bytes(at, 1) | load_bytes(at + left / 2, 1) << 8 | load_bytes(at + left - 1, 1) << 16;
  }
  hash *= odd;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace filters
