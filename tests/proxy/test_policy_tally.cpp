// Counts of the operator's rules: by worker, and over reloads.
#include "proxy/policy_tally.hpp"

#include <doctest/doctest.h>

#include "tests/support/policy.hpp"

using filters::RuleOutcome;
using proxy::PolicyTally;

namespace {

using Rules = std::shared_ptr<const filters::PolicyRules>;

Rules rules(const std::string& ids_and_modes, const std::string& groups = "{}") {
  return tests::with_policy("version: 1\ngroups: " + groups + "\nrules: [" + ids_and_modes + "]\n")
      .policy;
}

std::string rule(const std::string& id, const std::string& mode = "enforce") {
  return "{id: " + id + ", mode: " + mode + ", force: {x_" + id + ": true}}, ";
}

struct Judged {
  filters::Arena arena;
  filters::Compliance compliance{arena};

  Judged& rule(std::uint32_t number, RuleOutcome outcome) {
    compliance.request.push_back({number, outcome});
    return *this;
  }
};

// "tag complied/changed/.../excepted observe/warn/enforce complied/drifted" of each rule, a line
// each.
std::string told(const PolicyTally& tally) {
  std::string text;
  const auto join = [](const auto& numbers) {
    std::string joined;
    for (const auto number : numbers)
      joined += (joined.empty() ? "" : "/") + std::to_string(number);
    return joined;
  };
  for (const auto& rule : tally.rules())
    text += rule.tag + " " + join(rule.outcomes) + " " + join(rule.hits) + " " +
            std::to_string(rule.complied_answers) + "/" + std::to_string(rule.drifted_answers) +
            "\n";
  for (const auto& group : tally.groups())
    text += "[" + group.name + "] " + std::to_string(group.compliant) + "/" +
            std::to_string(group.not_compliant) + "\n";
  return text;
}

}  // namespace

TEST_CASE("an exchange counts for each rule that applied, and for its groups once") {
  const auto policy = rules(rule("a") + rule("b", "observe") + rule("c", "warn"),
                            "{g: {network: 10.0.0.0/8}, h: {network: 10.0.0.0/9}}");
  PolicyTally tally(policy.get(), 2, nullptr);
  Judged first;
  first.rule(0, RuleOutcome::changed).rule(1, RuleOutcome::would_change);
  first.compliance.groups = {0, 1};
  tally.count(0, first.compliance);
  Judged second;
  second.rule(0, RuleOutcome::complied).rule(2, RuleOutcome::excepted);
  second.compliance.groups = {1};
  tally.count(1, second.compliance);
  Judged third;
  third.rule(2, RuleOutcome::would_deny);
  third.compliance.answer = {{0, true}, {1, false}, {1, true}};
  tally.count(1, third.compliance);
  CHECK(told(tally) ==
        "policy.a 1/1/0/0/0/0 0/0/1 0/1\n"
        "policy.b 0/0/0/1/0/0 1/0/0 1/1\n"
        "policy.c 0/0/0/0/1/1 0/1/0 0/0\n"
        "[g] 0/1\n[h] 1/1\n");
}

TEST_CASE("rules and groups that stay keep their counts, wherever they stand and in any mode") {
  const auto one = rules(rule("a") + rule("b"), "{g: {network: 10.0.0.0/8}}");
  PolicyTally first(one.get(), 1, nullptr);
  Judged judged;
  judged.rule(0, RuleOutcome::changed).rule(1, RuleOutcome::complied);
  judged.compliance.groups = {0};
  first.count(0, judged.compliance);

  const auto two = rules(rule("new") + rule("b") + rule("a", "observe"),
                         "{f: {network: 10.0.0.0/8}, g: {network: 10.0.0.0/8}}");
  // The number of workers is that of the start, whatever the configuration says by now.
  PolicyTally second(two.get(), 7, &first);
  CHECK(second.workers() == 1);
  CHECK(told(second) ==
        "policy.new 0/0/0/0/0/0 0/0/0 0/0\n"
        "policy.b 1/0/0/0/0/0 0/0/0 0/0\n"
        "policy.a 0/1/0/0/0/0 0/0/1 0/0\n"
        "[f] 0/0\n[g] 0/1\n");

  // An exchange that began before counts still, for both.
  first.count(0, judged.compliance);
  CHECK(second.rules()[2].outcomes[1] == 2);
  CHECK(first.rules()[0].outcomes[1] == 2);
}

TEST_CASE("a rule that is off is not shown, and keeps its counts for when it is on again") {
  const auto on = rules(rule("a"));
  const auto off = rules(rule("a", "\"off\""));
  PolicyTally first(on.get(), 1, nullptr);
  first.count(0, Judged().rule(0, RuleOutcome::changed).compliance);
  PolicyTally second(off.get(), 1, &first);
  CHECK(told(second) == "");
  PolicyTally third(on.get(), 1, &second);
  CHECK(told(third) == "policy.a 0/1/0/0/0/0 0/0/1 0/0\n");
}

TEST_CASE("without a policy there is nothing to count, nor anything kept") {
  const auto on = rules(rule("a"));
  PolicyTally first(on.get(), 1, nullptr);
  first.count(0, Judged().rule(0, RuleOutcome::changed).compliance);
  PolicyTally none(nullptr, 1, &first);
  none.count(0, Judged().compliance);
  CHECK(told(none) == "");
  CHECK(told(PolicyTally(on.get(), 1, &none)) == "policy.a 0/0/0/0/0/0 0/0/0 0/0\n");
}
