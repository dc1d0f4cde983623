#include "proxy/policy_test_report.hpp"

#include <algorithm>
#include <ostream>

#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

using filters::TestResult;
using filters::TestRun;

// '-' what the test expects, '+' what came of it.
std::string difference_text(const TestResult& result, std::string_view indent) {
  std::string text;
  for (const auto& each : result.differences)
    for (const auto& [sign, value] : {std::pair{'-', &each.expected}, std::pair{'+', &each.got}}) {
      text.append(indent) += sign;
      text.append(" ").append(each.what).append(": ").append(*value) += '\n';
    }
  return text;
}

std::string coverage(const filters::PolicyRules& rules, const TestRun& run) {
  const auto count = counted(rules.rules.size(), "rule");
  if (run.never_applied.empty()) return count + ", all of them exercised";
  std::string ids;
  for (const auto& id : run.never_applied) ids += (ids.empty() ? "" : ", ") + id;
  return count + ", never exercised: " + ids;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::size_t failed_tests(const TestRun& run) {
  return static_cast<std::size_t>(std::ranges::count_if(
      run.results, [](const TestResult& result) { return !result.differences.empty(); }));
}

void report_as_text(const filters::PolicyRules& rules, const TestRun& run, const std::string& file,
                    std::ostream& out) {
  for (const auto& result : run.results) {
    const auto& test = *result.test;
    out << (result.differences.empty() ? "ok    " : "FAIL  ") << test.name;
    if (!result.differences.empty())
      out << "  (" << file << ':' << test.mark.line << ")\n" << difference_text(result, "      ");
    else
      out << '\n';
  }
  const auto failed = failed_tests(run);
  out << run.results.size() - failed << " passed, " << failed << " failed; " << coverage(rules, run)
      << '\n';
  if (run.results.empty()) out << file << " has no tests: nothing is shown to work\n";
}

void report_as_junit(const filters::PolicyRules& rules, const TestRun& run, const std::string& file,
                     std::ostream& out) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" << escaped(file)
      << "\" tests=\"" << run.results.size() << "\" failures=\"" << failed_tests(run) << "\">\n";
  for (const auto& result : run.results) {
    const auto& test = *result.test;
    out << "  <testcase classname=\"policy\" name=\"" << escaped(test.name) << "\" file=\""
        << escaped(file) << "\" line=\"" << test.mark.line << '"';
    if (result.differences.empty()) {
      out << "/>\n";
      continue;
    }
    out << ">\n    <failure message=\"" << escaped(result.differences.front().what)
        << " differs\">\n"
        << escaped(difference_text(result, "")) << "</failure>\n  </testcase>\n";
  }
  out << "  <system-out>" << escaped(coverage(rules, run)) << "</system-out>\n</testsuite>\n";
}

}  // namespace proxy
