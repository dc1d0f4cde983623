#include "filters/policy/run_tests.hpp"

#include <algorithm>

#include "filters/policy/composed_exchange.hpp"

namespace filters {
namespace {

std::string listed(const std::vector<std::string>& ids) {
  std::string text = "[";
  for (const auto& id : ids) text += (text.size() > 1 ? ", " : "") + id;
  return text + "]";
}

std::string said(std::optional<bool> value) {
  return !value ? "absent" : *value ? "true" : "false";
}

class OneTest {
 public:
  OneTest(const PolicyRules& policy, const PolicyTest& test, const Contract& contract,
          const Pipeline& pipeline, Moment now)
      : policy_(policy),
        test_(test),
        endpoint_(*endpoint_of(test, contract)),
        pipeline_(pipeline),
        now_(now) {}

  TestResult run(std::vector<std::string>& applied) {
    const auto parts = completed();
    if (differences_.empty()) {
      ComposedExchange composed(parts, endpoint_, test_.at.value_or(now_));
      forwarded_ = composed.run(pipeline_);
      note_rules(composed.exchange().compliance);
      compare(composed.exchange());
    }
    std::ranges::copy(rules_, std::back_inserter(applied));
    return {&test_, std::move(differences_)};
  }

 private:
  // The request, with examples of all that it has to have and does not name.
  RequestParts completed() {
    auto parts = test_.request;
    const bool post = parts.method == Method::post;
    for (const auto& field : endpoint_.fields()) {
      const bool required = post ? field.required_in_body : field.required_in_query;
      const auto given = [&](const auto& each) { return each.first == field.name; };
      if (!required || field.type != FieldType::string || std::ranges::any_of(parts.fields, given))
        continue;
      if (auto example = example_of(field))
        parts.fields.emplace_back(field.name, std::move(*example));
      else
        differ("request", "a value for `" + field.name + "`",
               "none: the contract has no example of it");
    }
    return parts;
  }

  static std::optional<std::string> example_of(const ContractField& field) {
    constexpr std::string_view stand_in = "test-device";
    if (!field.example.empty()) return field.example;
    if (!field.values.empty()) return field.values.front();
    if (field.secret && field.matches(stand_in)) return std::string(stand_in);
    return {};
  }

  void note_rules(const Compliance& compliance) {
    for (const auto& [rule, outcome] : compliance.request)
      if (outcome != RuleOutcome::excepted) rules_.push_back(policy_.rules[rule].id);
  }

  void compare(const Exchange& exchange) {
    const auto& expected = test_.expect;
    if (expected.forwarded && *expected.forwarded != forwarded_)
      differ("decision", *expected.forwarded ? "forwarded" : "rejected", decision(exchange));
    if (expected.status && *expected.status != exchange.verdict.status())
      differ("status", std::to_string(*expected.status),
             forwarded_ ? "forwarded" : std::to_string(exchange.verdict.status()));
    if (!expected.preferences.empty()) compare_preferences(exchange);
    if (expected.rules && *expected.rules != rules_)
      differ("rules", listed(*expected.rules), listed(rules_));
  }

  std::string decision(const Exchange& exchange) const {
    if (forwarded_) return "forwarded";
    const auto& verdict = exchange.verdict;
    return "rejected (" + std::string(info(verdict.reason).token) + ": " +
           std::string(verdict.detail) + ")";
  }

  void compare_preferences(const Exchange& exchange) {
    if (!forwarded_) return differ("preferences", "some", "none: " + decision(exchange));
    Arena arena;
    Document document(arena);
    (void)index_json(exchange.outgoing_body, arena, document);
    const auto map = map_field(endpoint_);
    for (const auto& [name, wanted] : test_.expect.preferences) {
      std::optional<bool> got;
      for (const auto& member : document.members)
        if (member.parent != Document::root && member.name == name &&
            document.members[member.parent].name == endpoint_.fields()[map].name)
          got = member.text == "true";
      if (got != wanted) differ("preferences." + name, said(wanted), said(got));
    }
  }

  void differ(std::string what, std::string expected, std::string got) {
    differences_.push_back({std::move(what), std::move(expected), std::move(got)});
  }

  const PolicyRules& policy_;
  const PolicyTest& test_;
  const Endpoint& endpoint_;
  const Pipeline& pipeline_;
  Moment now_;
  bool forwarded_ = false;
  std::vector<std::string> rules_;
  std::vector<Difference> differences_;
};

Pipeline pipeline_of(PolicyRules rules) {
  Settings settings;
  settings.policy = std::make_shared<const PolicyRules>(std::move(rules));
  return make_pipeline(settings);
}

}  // namespace

TestRun run_tests(const PolicyRules& rules, const Contract& contract, Moment now) {
  const Pipeline pipeline = pipeline_of(rules);
  // A test without a device is about one that every rollout has reached.
  auto rolled_out = rules;
  for (auto& rule : rolled_out.rules) rule.rollout = PolicyRule::everyone;
  const Pipeline to_all = pipeline_of(std::move(rolled_out));

  TestRun run;
  std::vector<std::string> applied;
  for (const auto& test : rules.tests)
    run.results.push_back(
        OneTest(rules, test, contract, test.request.device ? pipeline : to_all, now).run(applied));
  for (const auto& rule : rules.rules)
    if (rule.mode != Mode::off && std::ranges::find(applied, rule.id) == applied.end())
      run.never_applied.push_back(rule.id);
  return run;
}

}  // namespace filters
