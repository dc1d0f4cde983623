// run_tests: the tests beside a policy's rules, each sent through the chain as the gateway would
// send it. What a test does not name is the contract's first example of it. Pure; for commands.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "filters/policy/rules.hpp"

namespace filters {

struct Difference {
  std::string what;  // "preferences.alarm"
  std::string expected, got;
};

struct TestResult {
  const PolicyTest* test;
  std::vector<Difference> differences;  // none: passed
};

struct TestRun {
  std::vector<TestResult> results;         // in the file's order
  std::vector<std::string> never_applied;  // ids of rules that no test made act, `off` aside
};

// `rules` must outlive the results. `now` is the time of tests that give none.
TestRun run_tests(const PolicyRules& rules, const Contract& contract, Moment now);

}  // namespace filters
