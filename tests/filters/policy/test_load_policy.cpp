// Every fault of a policy file, with its place and what to do; and what is read right.
#include "filters/policy/load_policy.hpp"

#include <doctest/doctest.h>

#include "filters/contract/load_contract.hpp"
#include "tests/support/policy.hpp"

using namespace filters;
using tests::faults;

namespace {

constexpr std::string_view device =
    "hmac-sha256:0123abcd:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// One rule on line 3, from column 5 on.
std::string rule(std::string_view text) {
  return "version: 1\nrules:\n  - {" + std::string(text) + "}\n";
}
std::string when(std::string_view text) {
  return rule("id: a, when: {" + std::string(text) + "}, deny: {message: no}");
}

struct Case {
  std::string text, faults;
};

void check(const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    CAPTURE(each.text);
    CHECK(faults(each.text) == each.faults);
  }
}

}  // namespace

TEST_CASE("the whole of the language is read, without a word of complaint") {
  const std::string text = R"(version: 1
groups:
  depot: {client_san: ["*.depot.example"], network: [10.0.0.0/8, "2001:db8::1"]}
  bench: {devices: lists/bench.txt}
rules:
  - id: alarm-always-on
    why: the insurer requires alarm notifications
    owner: fleet
    mode: enforce
    rollout: 12.5%
    when: {method: [POST], device_type: ["ios*"], platform: [ios], app_version: ">=4.10 <5",
           locale: ["en*"], group: [depot, bench], from: 2026-01-01, until: 2027-01-01T12:00:00Z}
    force: {alarm: true, key_added: true}
    default: {update_available: true}
    forbid: [refer_friend, "*box_*"]
  - id: too-old
    when: {app_version: ["<3", "=3.9"]}
    deny: {status: 403, message: "please update the app"}
exceptions:
  - {rule: alarm-always-on, device: ")" +
                           std::string(device) + R"(", until: 2026-12-31, owner: ops, reason: bench}
tests:
  - name: alarm cannot be switched off
    at: 2026-06-01
    client: {address: 10.1.2.3, san: [a.depot.example]}
    request: {method: POST, device_type: ios, app_version: 4.17.0, preferences: {alarm: false}}
    expect: {decision: forwarded, preferences: {alarm: true, refer_friend: absent}, rules: [alarm-always-on]}
)";
  const auto loaded = tests::load(text, {{{"bench.txt", std::string(device) + "\n"}}});
  for (const auto& each : loaded.diagnostics) CHECK_MESSAGE(false, to_string(each));
  REQUIRE(loaded.rules);
  const auto& rules = loaded.rules->rules;
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].tag == "policy.alarm-always-on");
  CHECK(rules[0].rollout == 1250);
  CHECK(rules[0].owner == "fleet");
  CHECK(rules[0].when.until == *parse_moment("2027-01-01T12:00:00Z"));
  CHECK_FALSE(rules[0].when.get);
  CHECK(rules[0].exceptions.size() == 1);
  CHECK(rules[1].mode == Mode::observe);
  CHECK(rules[1].when.versions.size() == 2);
  CHECK(loaded.rules->groups[1].devices.size() == 1);
  CHECK(loaded.rules->key_ids == std::vector<std::string>{"0123abcd"});
  REQUIRE(loaded.rules->tests.size() == 1);
  const auto& test = loaded.rules->tests[0];
  CHECK(test.expect.preferences[1] ==
        std::pair{std::string("refer_friend"), std::optional<bool>()});
  CHECK(test.request.fields.size() == 2);
}

TEST_CASE("the frame: version, rules, keys") {
  check({
      {"", " expected a map of keys, got nothing"},
      {"version: 1\n", " `rules` is missing"},
      {"rules: []\n", " `version` is missing"},
      {"version: 1\nrules: []\n", ""},
      {"version: 2\nrules: []\n",
       "1:10: expected 1, the only value in this version, got `2` (did you mean `1`?)"},
      {"version: 1\nrules: []\nrulez: []\n", "3:1: unknown key `rulez`"},
      {"version: 1\nrules: {a: b}\n", "2:8: expected a list of rules, got a map"},
      {"version: 1\nrules: [a]\n", "2:9: expected a map of keys, got `a`"},
      {"version: 1\nrules:\n  - {id: a, forbid: [*x]}\n",
       "3:22: not YAML: the referenced anchor is not defined (what begins with * is written in "
       "quotes)"},
  });
}

TEST_CASE("a rule's own keys") {
  check({
      {rule("force: {alarm: true}"), "3:5: `id` is missing"},
      {rule("id: a b, force: {alarm: true}"),
       "3:10: expected at most 56 letters, digits, '-' and '_', got `a b`"},
      {rule("id: drift, force: {alarm: true}"),
       "3:10: `drift` is taken: what there is to say of answers has the id policy.drift"},
      {rule("id: a"), "3:10: the rule does nothing: give `force`, `default`, `forbid` or `deny`"},
      {rule("id: a, mode: enforced, force: {alarm: true}"),
       "3:19: expected one of off, observe, warn, enforce, got `enforced` (did you mean "
       "`enforce`?)"},
      {rule("id: a, rollout: 25, force: {alarm: true}"),
       "3:22: expected a share such as 25% or 0.5%, got `25`"},
      {rule("id: a, rollout: 100.01%, force: {alarm: true}"),
       "3:22: expected a share such as 25% or 0.5%, got `100.01%`"},
      {rule("id: a, rollout: 0%, force: {alarm: true}"), "3:22: reaches nobody: write `mode: off`"},
      {rule("id: a, mod: off, force: {alarm: true}"),
       "3:13: unknown key `mod` (did you mean `mode`?)"},
      {rule("id: a, force: {alarm: true}") + "  - {id: a, force: {alarm: true}}\n",
       "4:10: the rule on line 3 has this id"},
  });
}

TEST_CASE("what a rule does") {
  check({
      {rule("id: a, force: {alrm: true}"),
       "3:21: warning: `alrm` is not a known preference (did you mean `alarm`?)"},
      {rule("id: a, force: {alarm: yes}"), "3:28: expected true or false, got `yes`"},
      {rule("id: a, force: {}"), "3:20: expected a map such as {alarm: true}"},
      {rule("id: a, force: {\"a b\": true}"),
       "3:21: the contract takes no preference of the name `a b`"},
      {rule("id: a, force: {alarm: true, alarm: false}"),
       "3:34: key `alarm` is given twice, first on line 3"},
      {rule("id: a, forbid: [\"loot box\"]"),
       "3:22: expected a name, with * for any characters, got `loot box`"},
      {rule("id: a, forbid: [\"zzz*\"]"), "3:22: warning: `zzz*` matches no known preference"},
      {rule("id: a, forbid: []"), "3:21: expected names such as lootbox_*, got an empty list"},
      {rule("id: a, force: {alarm: true}, default: {alarm: false}"),
       "3:45: never acts: the rule forces `alarm`"},
      {rule("id: a, force: {alarm: true}, forbid: [\"al*\"]"),
       "3:21: contradicts `forbid` of the same rule on line 3"},
      {rule("id: a, force: {alarm: true}, deny: {message: no}"),
       "3:41: a rule that denies lets nothing through to edit: make it two rules"},
      {rule("id: a, when: {method: GET}, force: {alarm: true}"),
       "3:10: never acts: preferences come with POST alone, and `method` asks for GET"},
      {rule("id: a, deny: {}"), "3:19: `message` is missing"},
      {rule("id: a, deny: {message: no, status: 401}"),
       "3:41: expected 400, 403, 404, 409, 410, 422 or 451, got `401`"},
      {rule("id: a, deny: {message: no, status: 500}"),
       "3:41: expected 400, 403, 404, 409, 410, 422 or 451, got `500`"},
      {rule("id: a, deny: {message: \"" + std::string(201, 'x') + "\"}"),
       "3:29: expected at most 200 bytes"},
  });
}

TEST_CASE("conditions that nothing can meet, or that are written wrong") {
  check({
      {when("method: [PUT]"), "3:29: expected GET or POST, got `PUT`"},
      {when("platform: [windows]"),
       "3:31: `windows` never matches: by the contract, platform must be one of ios, android"},
      {when("platform: [iOS]"),
       "3:31: `iOS` never matches: by the contract, platform must be one of ios, android (did you "
       "mean `ios`?)"},
      {when("device_type: [ios, \"web*\"]"),
       "3:39: `web*` never matches: by the contract, device_type must be ios or android, or one "
       "of them with a suffix such as -production"},
      {when("locale: [\"e n\"]"),
       "3:29: `e n` never matches: by the contract, locale must be a language tag such as en or "
       "en_GB"},
      {when("platform: [ios], device_type: [\"android*\"]"),
       "3:50: warning: no device type here is of a platform that `platform` asks for"},
      {when("app_version: 4.10"),
       "3:33: expected a range of versions such as \">=4.10 <5\", with >=, >, <=, < or = before "
       "each, got `4.10`"},
      {when("app_version: \">=5 <4\""), "3:33: no version is in `>=5 <4`: it never matches"},
      {when("group: [depot]"), "3:28: no group is named `depot`"},
      {when("from: 2026-13-01"),
       "3:26: expected a date such as 2027-01-01 or 2027-01-01T08:00:00Z, in UTC, got "
       "`2026-13-01`"},
      {when("from: 2026-07-01, until: 2026-07-01"),
       "3:45: `until` is not after `from`: the rule never matches"},
      {when("until: 2026-06-01"), "3:27: warning: rule `a` ended on 2026-06-01"},
      {when("until: 2026-06-02"), ""},
      {when("plattform: [ios]"), "3:20: unknown key `plattform` (did you mean `platform`?)"},
  });
}

TEST_CASE("groups") {
  const auto group = [](std::string_view text) {
    return "version: 1\ngroups: {depot: " + std::string(text) + "}\nrules: []\n";
  };
  check({
      {group("{}"), "2:10: nobody is in it: give `client_san`, `network` or `devices`"},
      {group("{network: 10.0.0.1/8}"),
       "2:27: the address has bits outside of /8: give the network's first address, got "
       "`10.0.0.1/8`"},
      {group("{devices: lost.txt}"), "2:27: cannot read " +
                                         (std::filesystem::absolute("lost.txt")).string() +
                                         ": No such file or directory"},
      {group("{san: [a]}"), "2:18: unknown key `san`"},
      {"version: 1\ngroups: {depot: {network: 10.0.0.0/8}}\nrules:\n"
       "  - {id: a, when: {group: dept}, deny: {message: no}}\n",
       "4:27: no group is named `dept` (did you mean `depot`?)"},
  });
  const auto list = [&](const std::string& text) {
    return faults(group("{devices: a.txt}"), {{{"a.txt", text}}});
  };
  CHECK(list(std::string(device) + "\r\n\n# a comment\n") == "");
  CHECK(list("# nobody\n").ends_with("a.txt names no device"));
  CHECK(list("\n" + std::string(device) + "\nabc:def\n")
            .ends_with("a.txt:3:1: expected hmac-sha256:<8 hex digits>:<64 hex digits>, one a "
                       "line"));
}

TEST_CASE("exceptions have an owner, a reason and an end") {
  const auto exception = [](std::string_view text) {
    return rule("id: alarm-on, force: {alarm: true}") + "exceptions:\n  - {" + std::string(text) +
           "}\n";
  };
  const std::string good = "rule: alarm-on, device: \"" + std::string(device) +
                           "\", until: 2027-01-01, owner: ops, reason: bench";
  const auto changed = [&](std::string_view from, std::string_view to) {
    auto text = good;
    return exception(text.replace(text.find(from), from.size(), to));
  };
  check({
      {exception(good), ""},
      {changed(", owner: ops", ""), "5:5: `owner` is missing"},
      {changed(", until: 2027-01-01", ""), "5:5: `until` is missing"},
      {changed("alarm-on", "alarm-off"),
       "5:12: no rule has the id `alarm-off` (did you mean `alarm-on`?)"},
      {changed("0123abcd", "0123ABCD"),
       "5:30: expected a device token's hash as records have it, hmac-sha256:<8 hex "
       "digits>:<64 hex digits>"},
      {changed("2027-01-01", "2026-01-01"),
       "5:126: warning: the exception ended on 2026-01-01: rule `alarm-on` acts on the device "
       "again"},
  });
}

TEST_CASE("tests are read as strictly as the rules") {
  const auto test = [](std::string_view text) {
    return rule("id: a, force: {alarm: true}") + "tests:\n  - {name: t, " + std::string(text) +
           "}\n";
  };
  check({
      {test("request: {}, expect: {decision: forwarded}"), ""},
      {test("request: {}"), "5:5: `expect` is missing"},
      {test("request: {}, expect: {}"), "5:36: a test that expects nothing cannot fail"},
      {test("request: {platfrom: ios}, expect: {status: 422}"),
       "5:25: unknown key `platfrom` (did you mean `platform`?)"},
      {test("request: {method: GET, preferences: {alarm: true}}, expect: {status: 422}"),
       "5:24: the contract has no such request"},
      {test("request: {path: /x}, expect: {status: 422}"),
       "5:24: the contract has no such request\n5:31: the contract does not govern `/x`"},
      {test("request: {}, expect: {preferences: {alarm: gone}}"),
       "5:58: expected true, false or absent, got `gone`"},
      {test("request: {}, expect: {rules: [zzz]}"), "5:45: no rule has the id `zzz`"},
      {test("request: {}, client: {address: here}, expect: {rules: []}"),
       "5:46: expected an address such as 10.1.2.3, got `here`"},
      {test("request: {}, expect: {rules: []}") +
           "  - {name: t, request: {}, expect: {rules: []}}\n",
       "6:12: the test on line 5 has this name"},
  });
}

TEST_CASE("under a contract without the field, or without a map, a rule says what is not there") {
  const auto loaded = load_contract(
      "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\npaths:\n  /api/x:\n    get:\n"
      "      parameters:\n        - {name: tier, in: query, schema: {type: string, enum: [a]}}\n",
      "api.yaml");
  REQUIRE(loaded.contract);
  const auto found = [&](const std::string& text) { return faults(text, {}, *loaded.contract); };
  CHECK(found(when("platform: [ios]")) == "3:30: the contract has no field `platform`");
  CHECK(found(when("app_version: \"<4\"")) == "3:33: the contract has no field `app_version`");
  CHECK(found(rule("id: a, force: {alarm: true}")) ==
        "3:10: the contract has no map of preferences: only `deny` can act");
  CHECK(found(when("method: POST")) ==
        "3:10: rule `a` (line 3) never matches: no governed path has all it asks for");
  CHECK(found(when("method: GET")) == "");
}
