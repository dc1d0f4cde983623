// Compliance: what the policy's rules made of one exchange, rule by rule, for a host that counts.
// The journal says what was changed; this says also which rules found nothing to do. Lives in the
// exchange's arena, is written by Policy alone, and names nothing but numbers: rules and groups by
// their place in PolicyRules.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace filters {

// Of a rule that applied: its `when` held, its rollout has reached the device, and where it is
// about preferences, there were some.
enum class RuleOutcome : std::uint8_t {
  complied,  // nothing to do
  changed,
  denied,
  would_change,  // below `enforce`
  would_deny,
  excepted,  // an exception keeps the rule from the device
};
inline constexpr std::array<std::string_view, 6> rule_outcome_names{
    "complied", "changed", "denied", "would_change", "would_deny", "excepted"};

struct Compliance {
  struct OfRequest {
    std::uint32_t rule;
    RuleOutcome outcome;
  };
  struct OfAnswer {
    std::uint32_t rule;
    bool drifted;  // what is stored is not as the rule wants it
  };

  explicit Compliance(std::pmr::memory_resource& memory)
      : request(&memory), answer(&memory), groups(&memory) {}

  std::pmr::vector<OfRequest> request;     // rules that applied, in the file's order
  std::pmr::vector<OfAnswer> answer;       // rules that a GET's answer was held against
  std::pmr::vector<std::uint16_t> groups;  // that the client is in; empty where no rule applied

  // Some rule applied that no exception holds back.
  bool judged() const {
    return std::ranges::any_of(
        request, [](const OfRequest& each) { return each.outcome != RuleOutcome::excepted; });
  }
  // No rule found anything to do.
  bool compliant() const {
    return std::ranges::all_of(request, [](const OfRequest& each) {
      return each.outcome == RuleOutcome::complied || each.outcome == RuleOutcome::excepted;
    });
  }
};

}  // namespace filters
