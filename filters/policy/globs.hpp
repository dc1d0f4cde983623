// Globs: lists of texts in which `*` stands for any characters, compiled to one Pattern: a match is
// one step a byte whatever the list's length, and a proof can walk the states. Made at load time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "filters/contract/contract.hpp"

namespace filters {

// What counts as the same character. `locale`: letters of either case, and '-' for '_' (RFC 4647
// section 2: ranges are compared without case; apps write both separators).
enum class Folding : std::uint8_t { exact, letters, locale };

// A text that matches any of `globs`. None, and `fault` says why, where they take too many states.
std::optional<Pattern> compile_globs(std::span<const std::string> globs, Folding folding,
                                     std::string& fault);

struct Wanted {
  const Pattern& pattern;
  bool inside = true;  // else: no match of it
};
// Whether there is a text that `field` accepts and that each of `wanted` (at most three) is content
// with. Exact; none where the search would take too long to be one at load time.
std::optional<bool> some_text(const ContractField& field, std::span<const Wanted> wanted);

}  // namespace filters
