// The command `policy test`, and what `check` says of a policy. On the main thread.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "filters/policy/rules.hpp"

namespace proxy {

struct PolicyTestArguments {
  std::string file;
  std::string contract = "builtin";  // or a file
  bool junit = false;
  bool as_enforced = false;
};

// Loads the policy, runs the tests beside its rules, prints what came of them to `out` and faults
// of the files to `err`. The exit status: 0 where all passed, 1 where one failed or a file has
// faults, 2 where a file cannot be read.
int policy_test(const PolicyTestArguments& arguments, std::ostream& out, std::ostream& err);

// "policy policy.yaml: 3 rules (2 enforce, 1 observe), 1 exception, 4 tests"
std::string summary(const filters::PolicyRules& rules, const std::filesystem::path& file);

}  // namespace proxy
