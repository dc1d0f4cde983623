#include "proxy/policy_cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "filters/contract/load_contract.hpp"
#include "filters/policy/proof.hpp"
#include "filters/yaml/units.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/load_policy_file.hpp"
#include "proxy/policy_diff_report.hpp"
#include "proxy/policy_test_report.hpp"
#include "proxy/read_file.hpp"
#include "proxy/replay_audit.hpp"

namespace proxy {
namespace {

using filters::Mode;

using AuditClock = std::chrono::system_clock;

constexpr int yes = 0, no = 1, unreadable = 2;
constexpr std::size_t most_contract_bytes = 1024 * 1024;

// What ends a command, once the reason is printed.
struct Ended {
  int status;
};

template <class Loaded>
void require_good(const std::string& file, const std::string& fault,
                  const std::vector<filters::Diagnostic>& diagnostics, const Loaded& loaded,
                  std::ostream& err) {
  if (!fault.empty()) err << file << ": cannot read: " << fault << '\n';
  if (!fault.empty()) throw Ended{unreadable};
  for (const auto& each : diagnostics) err << to_string(each) << '\n';
  if (!loaded) throw Ended{no};
}

std::shared_ptr<const filters::Contract> read_contract(const std::string& name, std::ostream& err) {
  if (name == "builtin") return {std::shared_ptr<void>(), &filters::Contract::builtin()};
  const auto source = read_file(name, most_contract_bytes);
  auto loaded = filters::load_contract(source.text, name);
  require_good(name, source.fault, loaded.diagnostics, loaded.contract, err);
  return std::make_shared<const filters::Contract>(std::move(*loaded.contract));
}

std::shared_ptr<const filters::PolicyRules> read_policy(const std::string& file,
                                                        const filters::Contract& contract,
                                                        std::ostream& err) {
  const auto loaded = load_policy_file(file, contract);
  require_good(file, loaded.fault, loaded.policy.diagnostics, loaded.policy.rules, err);
  return loaded.policy.rules;
}

// Lists and exceptions under a key that no record was hashed with match nobody.
void warn_of_keys(const filters::PolicyRules& rules, const std::string& file,
                  const filters::PolicyDiff& diff, std::ostream& err) {
  for (const auto& id : rules.key_ids)
    if (!diff.key_ids().empty() && !diff.key_ids().contains(id))
      err << file << ": warning: has devices hashed under key " << id
          << ", and no record is: they match nobody here\n";
}

std::string check_share(const std::string& text) {
  return filters::parse_share(text) ? "" : "expected a share such as 1% or 0.5%";
}

// A gateway takes no policy whose enforced rules contradict each other: nor do what-ifs.
filters::PolicyRules enforced(const filters::PolicyRules& rules, const std::string& file,
                              const filters::Contract& contract, std::ostream& err) {
  auto all = as_enforced(rules);
  filters::Findings findings{.file = file};
  const std::vector<bool> none_faulty(all.rules.size());
  prove(all, {contract, std::chrono::floor<std::chrono::seconds>(AuditClock::now()), {}},
        none_faulty, findings);
  for (const auto& each : findings.diagnostics) err << to_string(each) << ", once enforced\n";
  if (has_error(findings.diagnostics)) throw Ended{no};
  return all;
}

ReplayWindow window(const std::string& since, const std::string& until) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(AuditClock::now());
  ReplayWindow window;
  if (!since.empty()) window.since = *parse_time_bound(since, now);
  if (!until.empty()) window.until = *parse_time_bound(until, now);
  if (window.since >= window.until)
    throw std::runtime_error("--since " + since + " is not before --until " + until +
                             ": no time is between them");
  return window;
}

CLI::App* add(CLI::App& to, const char* name, const char* does) {
  return to.add_subcommand(name, does);
}

}  // namespace

PolicyCli::PolicyCli(CLI::App& app)
    : policy_(add(app, "policy", "work on a policy, without a gateway")),
      test_(add(*policy_, "test", "run the tests written beside the rules")),
      diff_(add(*policy_, "diff", "replay the audit: what would another policy have changed?")) {
  policy_->require_subcommand(1);
  test_->add_option("file", file_, "the policy")->required()->type_name("FILE");
  test_->add_option("--format", format_, "text or junit")->check(CLI::IsMember({"text", "junit"}));
  diff_->add_option("--from", before_, "the old policy")->required()->type_name("FILE");
  diff_->add_option("--to", after_, "the new policy")->required()->type_name("FILE");
  diff_->add_option("--audit", audit_, "the directory of records")->required()->type_name("DIR");
  for (auto* const bound :
       {diff_->add_option("--since", since_, "records from then on: a date, a time, or 2h, 7d ago"),
        diff_->add_option("--until", until_, "records before then, likewise")})
    bound->check(fault_of_time_bound)->type_name("TIME");
  diff_->add_option("--format", format_, "text or json")->check(CLI::IsMember({"text", "json"}));
  diff_->add_option("--fail-above", fail_above_, "exit with 1 where more changes, such as 1%")
      ->check(check_share)
      ->type_name("SHARE");
  for (auto* const command : {test_, diff_}) {
    command->add_option("--contract", contract_, "builtin, or an OpenAPI file")->type_name("FILE");
    command->add_flag("--as-enforced", as_enforced_,
                      "as if every rule were enforced, and rolled out to all");
  }
}

bool PolicyCli::parsed() const {
  return policy_->parsed();
}

int PolicyCli::run(Streams streams) const {
  try {
    const auto contract = read_contract(contract_, streams.err);
    return diff_->parsed() ? diff(*contract, streams) : test(*contract, streams);
  } catch (const Ended& ended) {
    return ended.status;
  }
}

int PolicyCli::test(const filters::Contract& contract, Streams streams) const {
  const auto read = read_policy(file_, contract, streams.err);
  const auto rules = as_enforced_ ? enforced(*read, file_, contract, streams.err) : *read;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto run = run_tests(rules, contract, now);
  if (format_ == "junit")
    report_as_junit(rules, run, file_, streams.out);
  else
    report_as_text(rules, run, file_, streams.out);
  return !run.results.empty() && failed_tests(run) == 0 ? yes : no;
}

int PolicyCli::diff(const filters::Contract& contract, Streams streams) const {
  const auto before = read_policy(before_, contract, streams.err);
  const auto after = read_policy(after_, contract, streams.err);
  const auto wanted = as_enforced_ ? enforced(*after, after_, contract, streams.err) : *after;
  const filters::PolicyDiff empty(*before, wanted, contract);
  try {
    const auto diff =
        replay_audit(audit_, empty, std::thread::hardware_concurrency(), window(since_, until_));
    warn_of_keys(*before, before_, diff, streams.err);
    warn_of_keys(*after, after_, diff, streams.err);
    format_ == "json" ? report_as_json(diff, streams.out) : report_as_text(diff, streams.out);
    const auto most = filters::parse_share(fail_above_);
    if (most && diff.replayed() == 0)
      streams.err << "no exchange was replayed: --fail-above has nothing to judge by\n";
    return most && diff.replayed() == 0                                ? no
           : most && diff.changed() * 10'000 > diff.replayed() * *most ? no
                                                                       : yes;
  } catch (const std::runtime_error& fault) {
    streams.err << fault.what() << '\n';
    return unreadable;
  }
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
