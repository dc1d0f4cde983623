// The preference names seen so far. The set is open: these are for suggestions and findings, never
// for a refusal by default and never for a change.
#pragma once

#include <span>
#include <string_view>

namespace filters {

std::span<const std::string_view> known_preferences();  // sorted
bool is_known_preference(std::string_view name);
// The one nearest known name, if it is at most two edits away and no other is as near; else "".
std::string_view nearest_known_preference(std::string_view name);

}  // namespace filters
