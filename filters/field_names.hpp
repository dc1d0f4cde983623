// Which field of the contract a name stands for, whatever the modes of the repair rules: right,
// under an alias, misspelt, or as servers read it that build objects and lists from names. For
// those who must know what a name could be taken for; Repair's own rules decide what is renamed.
#pragma once

#include <cstdint>
#include <string_view>

#include "filters/contract/contract.hpp"

namespace filters {

// Whether forgiving servers read both names as one: letter case, '.', '-', ' ' and '[' for '_',
// characters that Unicode's case folding takes for ASCII.
bool read_alike(std::string_view a, std::string_view b);

// The field that `name`, right or misspelt, stands for anywhere in a request, or Endpoint::none.
std::uint8_t field_meant(const Endpoint& endpoint, std::string_view name);

// What servers that build objects and lists from names, or end or trim them, take for the name:
// "platform" of "platform[]", "platform[x]", "[platform]", "platform.x", " platform",
// "platform\0", and of one with a character beyond ASCII at its end, which may be an invisible one.
std::string_view base_name(std::string_view name);

}  // namespace filters
