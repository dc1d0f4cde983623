// prove: what is wrong with rules that are each well written: those that contradict each other on
// some request, and those that none reaches. Used by `load_policy` alone.
#pragma once

#include "filters/policy/load_policy.hpp"

namespace filters {

// `faulty`: by rule, those that were not read whole, of which nothing can be said.
void prove(const PolicyRules& rules, const PolicySurroundings& around,
           const std::vector<bool>& faulty, Findings& findings);

}  // namespace filters
