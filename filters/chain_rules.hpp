// The ids of all rules that the chain brings along, as the journal has them: a closed set, so that
// a host can count by number. The operator's own rules are in PolicyRules.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace filters {

inline constexpr auto chain_rules = std::to_array<std::string_view>({
    "authenticate.bearer",
    "policy.drift",
    "rate_limit.address",
    "rate_limit.device",
    "rate_limit.token",
    "repair.alias",
    "repair.duplicate",
    "repair.encoding",
    "repair.invisible",
    "repair.nearest",
    "repair.placement",
    "repair.type",
    "repair.value",
    "rewrite.headers",
    "rewrite.parameter_names",
    "validate.ambiguous_name",
    "validate.content_encoding",
    "validate.empty",
    "validate.enum",
    "validate.media_type",
    "validate.method",
    "validate.method_override",
    "validate.misplaced",
    "validate.pattern",
    "validate.preference_name",
    "validate.required",
    "validate.syntax",
    "validate.too_many",
    "validate.type",
    "validate.unknown_parameter",
    "validate.unknown_preference",
});
static_assert(std::ranges::is_sorted(chain_rules));

// The place of an id in that list; its size where it is none of them.
constexpr std::size_t chain_rule(std::string_view id) {
  const auto* const found = std::ranges::lower_bound(chain_rules, id);
  return found != chain_rules.end() && *found == id
             ? static_cast<std::size_t>(found - chain_rules.begin())
             : chain_rules.size();
}

}  // namespace filters
