// What `policy diff` prints: for people, and one JSON object for scripts.
#pragma once

#include <iosfwd>

#include "filters/policy/policy_diff.hpp"

namespace proxy {

void report_as_text(const filters::PolicyDiff& diff, std::ostream& out);
void report_as_json(const filters::PolicyDiff& diff, std::ostream& out);

}  // namespace proxy
