// The preferences that generated POSTs carry: the documented ones first, then others that real
// apps send. What a request with 17 or with 105 names has is a prefix of this list.
#pragma once

#include <array>
#include <string_view>

namespace load {

inline constexpr std::size_t documented_names = 17;
extern const std::array<std::string_view, 105> preference_names;

}  // namespace load
