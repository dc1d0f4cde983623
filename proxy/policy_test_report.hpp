// What `policy test` prints of a run: for people, and as JUnit has it.
#pragma once

#include <iosfwd>
#include <string>

#include "filters/policy/run_tests.hpp"

namespace proxy {

std::size_t failed_tests(const filters::TestRun& run);
// `file` is the policy's name.
void report_as_text(const filters::PolicyRules& rules, const filters::TestRun& run,
                    const std::string& file, std::ostream& out);
void report_as_junit(const filters::PolicyRules& rules, const filters::TestRun& run,
                     const std::string& file, std::ostream& out);

}  // namespace proxy
