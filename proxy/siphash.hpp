// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash under a
// key, for tables of what clients choose. Who does not know the key cannot find texts that share a
// place. Not for records: see KeyedHash. A pure function.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace proxy {

using SipKey = std::array<std::uint64_t, 2>;

std::uint64_t siphash(const SipKey& key, std::string_view text);

}  // namespace proxy
