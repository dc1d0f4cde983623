// What a host can count of a policy: which rules applied, and what came of each.
#include "filters/policy/compliance.hpp"

#include <doctest/doctest.h>

#include "tests/support/policy.hpp"

using namespace filters;
using namespace tests;

namespace {

// "id outcome" of each rule that applied, joined by "; ", then the groups in brackets.
std::string told(const Settings& settings, const Exchange& exchange) {
  std::string text;
  for (const auto& [rule, outcome] : exchange.compliance.request)
    text += (text.empty() ? "" : "; ") + settings.policy->rules[rule].id + " " +
            std::string(rule_outcome_names[static_cast<std::size_t>(outcome)]);
  for (const auto group : exchange.compliance.groups)
    text += " [" + settings.policy->groups[group].name + "]";
  return text;
}

std::string of_post(const Settings& settings, const std::string& map) {
  TestExchange exchange("POST", "", body_with(map));
  const PlainHash hash;
  exchange->now = today;
  exchange->identity.client_address = "192.0.2.7";
  exchange->identity.hash = &hash;
  (void)exchange.run(settings);
  return told(settings, *exchange);
}

}  // namespace

TEST_CASE("each rule that applies has one outcome, the ones that find nothing to do included") {
  const struct {
    std::string rule, map, outcome;
  } cases[] = {
      {"mode: enforce, force: {alarm: true}", R"({"alarm":true})", "a complied"},
      {"mode: enforce, force: {alarm: true}", R"({"alarm":false})", "a changed"},
      {"mode: enforce, force: {alarm: true, x: true}, forbid: [y]", R"({"y":true,"y2":true})",
       "a changed"},
      {"mode: enforce, default: {alarm: true}", R"({"alarm":false})", "a complied"},
      {"mode: enforce, default: {alarm: true}", "{}", "a changed"},
      {"mode: enforce, forbid: [x]", R"({"alarm":true})", "a complied"},
      {"mode: enforce, forbid: [x]", R"({"x":true})", "a changed"},
      {"force: {alarm: true}", R"({"alarm":true})", "a complied"},
      {"force: {alarm: true}", R"({"alarm":false})", "a would_change"},
      {"mode: warn, forbid: [x]", R"({"x":true})", "a would_change"},
      {"mode: enforce, deny: {message: no}", "{}", "a denied"},
      {"mode: warn, deny: {message: no}", "{}", "a would_deny"},
      {"deny: {message: no}", "{}", "a would_deny"},
      {"mode: off, force: {alarm: true}", "{}", ""},
      {"when: {platform: android}, force: {alarm: true}", "{}", ""},
      {"when: {method: GET}, deny: {message: no}", "{}", ""},
  };
  for (const auto& [rule, map, outcome] : cases) {
    CAPTURE(rule);
    CHECK(of_post(with_policy(policy_of("  - {id: a, " + rule + "}\n")), map) == outcome);
  }
}

TEST_CASE("rules are told of in their order, up to the one that denies") {
  const auto settings = with_policy(policy_of(R"(
  - {id: off, mode: "off", force: {alarm: true}}
  - {id: a, mode: enforce, force: {alarm: true}}
  - {id: b, forbid: [x]}
  - {id: c, mode: enforce, when: {app_version: "<5"}, deny: {message: no}}
  - {id: d, force: {y: true}}
)"));
  CHECK(of_post(settings, R"({"x":true})") == "a changed; b would_change; c denied");
}

TEST_CASE("a rule that finds no room for what it adds has denied, whatever it did before") {
  std::string map = "{";
  for (int i = 0; i < 512; ++i) map += (i > 0 ? ",\"n" : "\"n") + std::to_string(i) + "\":true";
  const auto settings = with_policy(policy_of(R"(
  - {id: a, mode: enforce, force: {n1: false}}
  - {id: b, mode: enforce, force: {alarm: true}}
)"));
  CHECK(of_post(settings, map + "}") == "a changed; b denied");
}

TEST_CASE("rules about preferences do not apply to a GET, nor any rule to what is refused before") {
  const auto settings = with_policy(policy_of(R"(
  - {id: a, mode: enforce, force: {alarm: true}}
  - {id: b, deny: {message: no}}
)"));
  TestExchange get("GET", good_query);
  REQUIRE(get.run(settings));
  CHECK(told(settings, *get) == "b would_deny");
  CHECK(of_post(settings, "[]") == "");
}

TEST_CASE("groups are found of whoever some rule has judged: all of theirs, named in it or not") {
  const std::string groups =
      "version: 1\ngroups:\n  here: {network: 192.0.2.0/24}\n  there: {network: 10.0.0.0/8}\n"
      "  bench: {devices: bench.txt}\n";
  const PolicyFiles files{{{"bench.txt", PlainHash().text("abc:def") + "\n"}}};
  const auto exception = "exceptions: [{rule: a, device: \"" + PlainHash().text("abc:def") +
                         "\", until: 2027-01-01, owner: o, reason: r}]\n";
  const struct {
    std::string rules, outcome;
    bool compliant;
  } cases[] = {
      {"rules: [{id: a, force: {alarm: true}}]\n", "a complied [here] [bench]", true},
      {"rules: [{id: a, when: {group: there}, force: {alarm: true}}]\n", "", true},
      {"rules: [{id: a, when: {group: here}, force: {alarm: true}},\n"
       "  {id: b, when: {group: bench}, force: {alarm: false}}]\n",
       "a complied; b would_change [here] [bench]", false},
      {"rules: [{id: a, force: {alarm: false}}]\n" + exception, "a excepted", true},
      {"rules: [{id: a, force: {alarm: false}}, {id: b, forbid: [x]}]\n" + exception,
       "a excepted; b complied [here] [bench]", true},
  };
  for (const auto& [rules, outcome, compliant] : cases) {
    CAPTURE(rules);
    const auto settings = with_policy(groups + rules, files);
    CHECK(of_post(settings, R"({"alarm":true})") == outcome);
    TestExchange exchange("POST", "", body_with(R"({"alarm":true})"));
    const PlainHash hash;
    exchange->now = today;
    exchange->identity = {.bearer_token = {},
                          .device_token = {},
                          .client_address = "192.0.2.7",
                          .client_names = {},
                          .hash = &hash};
    REQUIRE(exchange.run(settings));
    CHECK(exchange->compliance.compliant() == compliant);
  }
}

TEST_CASE("of an answer it is told which rules it was held against, and which it differs from") {
  for (const auto answers : {Answers::observe, Answers::governed}) {
    auto settings = with_policy(policy_of(R"(
  - {id: a, mode: enforce, force: {alarm: true}}
  - {id: b, mode: enforce, deny: {message: no}, when: {platform: android}}
  - {id: c, forbid: [x]}
  - {id: d, when: {device_type: "android*"}, forbid: [x]}
)"));
    settings.answers = answers;
    const auto pipeline = make_pipeline(settings);
    TestExchange exchange("GET", good_query);
    REQUIRE(exchange.run(pipeline));
    exchange->response.status = 200;
    exchange->response.headers.append("Content-Type", "application/json");
    exchange->response.body = R"({"response":{"alarm":false}})";
    pipeline.on_answer(*exchange);
    const auto& answer = exchange->compliance.answer;
    REQUIRE(answer.size() == 2);
    CHECK(answer[0].rule == 0);
    CHECK(answer[0].drifted);
    CHECK(answer[1].rule == 2);
    CHECK_FALSE(answer[1].drifted);
    CHECK(exchange->compliance.request.empty());
  }
}
