#include "filters/policy/run_tests.hpp"

#include <doctest/doctest.h>

#include "filters/contract/load_contract.hpp"
#include "tests/support/policy.hpp"

using namespace filters;

namespace {

const std::string beginning = R"(version: 1
groups: {depot: {network: 10.0.0.0/8, client_san: ["*.depot.example"]}}
rules:
  - {id: forced, mode: enforce, rollout: 10%, when: {platform: ios}, force: {alarm: true}}
  - {id: tidy, when: {group: depot}, forbid: ["lootbox_*"]}
  - {id: too-old, mode: enforce, when: {app_version: "<4"}, deny: {status: 410, message: update}}
  - {id: unused, mode: off, force: {alarm: false}}
tests:
)";

// "what: expected / got" of each difference, in lines; "" where the test passes.
std::string run(const std::string& test, bool enforced = false) {
  const auto loaded = tests::load(beginning + "  - {name: t, " + test + "}\n");
  for (const auto& each : loaded.diagnostics) FAIL(to_string(each));
  std::string lines;
  const auto rules = enforced ? as_enforced(*loaded.rules) : *loaded.rules;
  const auto results = run_tests(rules, Contract::builtin(), tests::today);
  for (const auto& each : results.results.at(0).differences)
    lines += (lines.empty() ? "" : "\n") + each.what + ": " + each.expected + " / " + each.got;
  return lines;
}

}  // namespace

TEST_CASE("a test passes where what it names is so, and says what differs where it is not") {
  const struct {
    std::string test, differences;
  } cases[] = {
      {"request: {preferences: {alarm: false}}, expect: {preferences: {alarm: true}}", ""},
      {"request: {preferences: {alarm: false}}, expect: {preferences: {alarm: false}}",
       "preferences.alarm: false / true"},
      {"request: {}, expect: {preferences: {alarm: true, key_added: absent}, rules: [forced]}", ""},
      {"request: {}, expect: {preferences: {alarm: absent, key_added: true}, rules: []}",
       "preferences.alarm: absent / true\npreferences.key_added: true / absent\nrules: [] / "
       "[forced]"},
      {"request: {platform: android, device_type: android}, expect: {rules: []}", ""},
      {"request: {app_version: 3.9}, expect: {decision: rejected, status: 410}", ""},
      {"request: {method: GET, app_version: 3.9}, expect: {rules: [too-old]}", ""},
      {"request: {app_version: 3.9}, expect: {decision: forwarded, preferences: {alarm: true}}",
       "decision: forwarded / rejected (policy: update)\npreferences: some / none: rejected "
       "(policy: update)"},
      {"request: {}, expect: {decision: rejected, status: 403}",
       "decision: rejected / forwarded\nstatus: 403 / forwarded"},
      {"request: {platform: web}, expect: {decision: forwarded}",
       "decision: forwarded / rejected (contract: platform must be one of ios, android)"},
      {"request: {locale: en GB, method: GET}, expect: {status: 422}", ""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.test);
    CHECK(run(each.test) == each.differences);
  }
}

TEST_CASE("a test's client has the address, the names and the device that it is given") {
  const std::string ask =
      "request: {preferences: {lootbox_a: true}}, expect: {rules: [forced, tidy]}";
  CHECK(run("client: {address: 10.1.2.3}, " + ask) == "");
  CHECK(run("client: {san: [a.depot.example]}, " + ask) == "");
  CHECK(run("client: {address: 192.0.2.1}, " + ask) == "rules: [forced, tidy] / [forced]");
  // Of ten devices, about one has been reached.
  std::size_t reached = 0;
  for (int i = 0; i < 10; ++i) {
    const auto device = tests::PlainHash().text("device-" + std::to_string(i));
    reached +=
        run("client: {device: \"" + device + "\"}, request: {}, expect: {rules: [forced]}").empty();
  }
  CHECK(reached > 0);
  CHECK(reached < 5);
}

TEST_CASE("as enforced, rules below it act, and those that are off still do not") {
  const std::string test =
      "client: {address: 10.1.2.3}, request: {preferences: {lootbox_a: true}}, "
      "expect: {preferences: {lootbox_a: absent, alarm: true}}";
  CHECK(run(test) == "preferences.lootbox_a: absent / true");
  CHECK(run(test, true) == "");
}

TEST_CASE("rules that no test makes act are named, those that are off aside") {
  const auto loaded =
      tests::load(beginning +
                  "  - {name: a, request: {}, expect: {rules: [forced]}}\n"
                  "  - {name: b, request: {app_version: 3}, expect: {status: 410}}\n");
  REQUIRE(loaded.rules);
  const auto run = run_tests(*loaded.rules, Contract::builtin(), tests::today);
  CHECK(run.never_applied == std::vector<std::string>{"tidy"});
}

TEST_CASE("a rule that finds nothing to do has applied, one that an exception holds back has not") {
  CHECK(run("request: {preferences: {alarm: true}}, expect: {rules: [forced]}") == "");
  const auto device = tests::PlainHash().text("device-1");
  const auto loaded = tests::load(
      "version: 1\nrules:\n  - {id: a, mode: enforce, force: {alarm: true}}\nexceptions:\n"
      "  - {rule: a, device: \"" +
      device +
      "\", until: 2027-01-01, owner: o, reason: r}\ntests:\n"
      "  - {name: t, client: {device: \"" +
      device + "\"}, request: {preferences: {alarm: false}}, expect: {rules: []}}\n");
  REQUIRE(loaded.rules);
  const auto ran = run_tests(*loaded.rules, Contract::builtin(), tests::today);
  CHECK(ran.results[0].differences.empty());
  CHECK(ran.never_applied == std::vector<std::string>{"a"});
}

TEST_CASE("the time of a test is its own, or now") {
  const std::string text =
      "version: 1\nrules:\n  - {id: a, when: {until: 2026-07-01}, deny: {message: no}}\ntests:\n"
      "  - {name: now, request: {}, expect: {rules: [a]}}\n"
      "  - {name: later, at: 2026-07-01, request: {}, expect: {rules: []}}\n";
  const auto loaded = tests::load(text);
  REQUIRE(loaded.rules);
  for (const auto& each : run_tests(*loaded.rules, Contract::builtin(), tests::today).results)
    CHECK(each.differences.empty());
}

TEST_CASE("a field for which the contract has no example must be named") {
  const auto contract = load_contract(
      "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\npaths:\n  /api/x:\n    get:\n"
      "      parameters:\n"
      "        - {name: tier, in: query, required: true, schema: {type: string, pattern: "
      "\"^[a-z]{4}$\"}}\n"
      "        - {name: note, in: query, schema: {type: string, maxLength: 9}}\n",
      "api.yaml");
  REQUIRE(contract.contract);
  const auto loaded = tests::load(
      "version: 1\nrules: []\ntests:\n"
      "  - {name: a, request: {method: GET}, expect: {decision: forwarded}}\n"
      "  - {name: b, request: {method: GET, tier: gold}, expect: {decision: forwarded}}\n",
      {}, *contract.contract);
  REQUIRE(loaded.rules);
  const auto run = run_tests(*loaded.rules, *contract.contract, tests::today);
  REQUIRE(run.results[0].differences.size() == 1);
  CHECK(run.results[0].differences[0].expected == "a value for `tier`");
  CHECK(run.results[1].differences.empty());
}

TEST_CASE("former bugs") {
  // A time that the clock of an exchange does not reach was undefined behaviour.
  CHECK(tests::faults("version: 1\nrules: []\ntests:\n"
                      "  - {name: a, at: 4052-01-01, request: {}, expect: {rules: []}}\n") ==
        "4:19: expected a time before 2262, got 4052-01-01");
}
