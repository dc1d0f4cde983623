#include "proxy/policy_cli.hpp"

#include <algorithm>
#include <ostream>

#include "filters/contract/load_contract.hpp"
#include "filters/policy/run_tests.hpp"
#include "proxy/load_policy_file.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

using filters::Mode;
using filters::TestResult;
using filters::TestRun;

constexpr int yes = 0, no = 1, unreadable = 2;
constexpr std::size_t most_contract_bytes = 1024 * 1024;

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

void print(const std::vector<filters::Diagnostic>& diagnostics, std::ostream& err) {
  for (const auto& each : diagnostics) err << to_string(each) << '\n';
}

std::size_t failures(const TestRun& run) {
  return static_cast<std::size_t>(std::ranges::count_if(
      run.results, [](const TestResult& result) { return !result.differences.empty(); }));
}

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

void report_text(const filters::PolicyRules& rules, const TestRun& run, const std::string& file,
                 std::ostream& out) {
  for (const auto& result : run.results) {
    const auto& test = *result.test;
    out << (result.differences.empty() ? "ok    " : "FAIL  ") << test.name;
    if (!result.differences.empty())
      out << "  (" << file << ':' << test.mark.line << ")\n" << difference_text(result, "      ");
    else
      out << '\n';
  }
  const auto failed = failures(run);
  out << run.results.size() - failed << " passed, " << failed << " failed; " << coverage(rules, run)
      << '\n';
  if (run.results.empty()) out << file << " has no tests: nothing is shown to work\n";
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

void report_junit(const filters::PolicyRules& rules, const TestRun& run, const std::string& file,
                  std::ostream& out) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" << escaped(file)
      << "\" tests=\"" << run.results.size() << "\" failures=\"" << failures(run) << "\">\n";
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

// Null where the file has faults; `status` says which way.
std::shared_ptr<const filters::Contract> contract_of(const std::string& name, std::ostream& err,
                                                     int& status) {
  if (name == "builtin") return {std::shared_ptr<void>(), &filters::Contract::builtin()};
  const auto source = read_file(name, most_contract_bytes);
  if (!source.fault.empty()) {
    err << name << ": cannot read: " << source.fault << '\n';
    status = unreadable;
    return {};
  }
  auto loaded = filters::load_contract(source.text, name);
  print(loaded.diagnostics, err);
  status = loaded.contract ? yes : no;
  if (!loaded.contract) return {};
  return std::make_shared<const filters::Contract>(std::move(*loaded.contract));
}

}  // namespace

int policy_test(const PolicyTestArguments& arguments, std::ostream& out, std::ostream& err) {
  int status = yes;
  const auto contract = contract_of(arguments.contract, err, status);
  if (!contract) return status;
  const auto loaded = load_policy_file(arguments.file, *contract);
  if (!loaded.fault.empty()) {
    err << arguments.file << ": cannot read: " << loaded.fault << '\n';
    return unreadable;
  }
  print(loaded.policy.diagnostics, err);
  const auto& rules = loaded.policy.rules;
  if (!rules) return no;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto modes =
      arguments.as_enforced ? filters::TestModes::as_enforced : filters::TestModes::as_written;
  const auto run = run_tests(*rules, *contract, now, modes);
  (arguments.junit ? report_junit : report_text)(*rules, run, arguments.file, out);
  return !run.results.empty() && failures(run) == 0 ? yes : no;
}

std::string summary(const filters::PolicyRules& rules, const std::filesystem::path& file) {
  std::string modes;
  for (const Mode mode : {Mode::enforce, Mode::warn, Mode::observe, Mode::off}) {
    const auto count = std::ranges::count(rules.rules, mode, &filters::PolicyRule::mode);
    if (count == 0) continue;
    modes.append(modes.empty() ? " (" : ", ").append(std::to_string(count)).append(" ");
    modes.append(to_string(mode));
  }
  std::size_t exceptions = 0;
  for (const auto& rule : rules.rules) exceptions += rule.exceptions.size();
  return "policy " + file.string() + ": " + counted(rules.rules.size(), "rule") + modes +
         (modes.empty() ? "" : ")") + ", " + counted(exceptions, "exception") + ", " +
         counted(rules.tests.size(), "test");
}

}  // namespace proxy
