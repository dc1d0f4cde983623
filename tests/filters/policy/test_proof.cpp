// Contradictions and rules that never act: told of with both lines, and found to be exactly those
// that trying every request of a small world finds.
#include "filters/policy/proof.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/draws.hpp"
#include "tests/support/naive_policy.hpp"
#include "tests/support/policy.hpp"

using namespace filters;
using namespace tests;

namespace {

using Pairs = std::set<std::pair<std::string, std::string>>;  // earlier, later

bool conflict(const NaiveRule& a, const NaiveRule& b) {
  const auto forbidden = [](const NaiveRule& by, const PreferenceTexts& values) {
    return std::ranges::any_of(values, [&](const auto& one) { return by.forbids(one.first); });
  };
  const bool forced = std::ranges::any_of(a.force, [&](const auto& one) {
    const auto other = b.force.find(one.first);
    return other != b.force.end() && other->second != one.second;
  });
  return forced || forbidden(a, b.force) || forbidden(a, b.defaults) || forbidden(b, a.force) ||
         forbidden(b, a.defaults);
}

// Every request of the world, its preferences aside.
template <class Visit>
void each_request(Visit visit) {
  NaiveRequest r;
  for (const auto& method : naive_methods)
    for (const auto& locale : naive_locales)
      for (const auto& type : naive_device_types)
        for (const auto& platform : naive_platforms)
          for (const auto& version : naive_versions)
            for (const auto& address : naive_addresses)
              for (const auto& token : naive_tokens)
                for (int day = 1; day <= 8; ++day)
                  visit(NaiveRequest{method, locale, type, platform, version, address, token, day});
}

struct Found {
  Pairs contradictions, shadows;
};

Found brute_force(const NaivePolicy& policy) {
  const auto& rules = policy.rules;
  const auto count = rules.size();
  std::vector<std::vector<bool>> meet(count, std::vector<bool>(count));
  std::vector<std::vector<bool>> alone = meet;  // [later][earlier]: the later one without it
  each_request([&](const NaiveRequest& request) {
    std::vector<bool> matched(count);
    for (std::size_t i = 0; i < count; ++i)
      matched[i] = rules[i].matches(request) && (rules[i].deny || request.method == "POST");
    for (std::size_t later = 0; later < count; ++later)
      for (std::size_t earlier = 0; matched[later] && earlier < later; ++earlier)
        (matched[earlier] ? meet : alone)[later][earlier] = true;
  });
  Found found;
  for (std::size_t later = 0; later < count; ++later)
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const std::pair ids{rules[earlier].id, rules[later].id};
      if (rules[earlier].deny) {
        if (!alone[later][earlier]) found.shadows.insert(ids);
      } else if (!rules[later].deny && meet[later][earlier] &&
                 conflict(rules[earlier], rules[later])) {
        found.contradictions.insert(ids);
      }
    }
  return found;
}

// Ids out of the messages: "rule `b` (line 9) contradicts rule `a` (line 4)".
Found told(const NaivePolicy& policy) {
  Found found;
  for (const auto& each : load(policy.text(), {{{"bench.txt", naive_bench()}}}).diagnostics) {
    CAPTURE(to_string(each));
    if (each.severity == Diagnostic::Severity::warning) continue;
    const auto id_after = [&](std::size_t from) {
      const auto begin = each.what.find('`', from) + 1;
      return each.what.substr(begin, each.what.find('`', begin) - begin);
    };
    const auto verb = std::min(each.what.find("contradicts"), each.what.find("never acts"));
    REQUIRE(verb != each.what.npos);
    const bool contradicts = each.what.find("contradicts") == verb;
    (contradicts ? found.contradictions : found.shadows).insert({id_after(verb), id_after(0)});
  }
  return found;
}

std::string two(std::string_view first, std::string_view second) {
  return policy_of("  - {id: a, mode: enforce, " + std::string(first) +
                   "}\n  - {id: b, mode: enforce, " + std::string(second) + "}\n");
}

}  // namespace

TEST_CASE("two rules that contradict each other are named, with their lines") {
  const struct {
    std::string text, faults;
  } cases[] = {
      {two("force: {alarm: true}", "force: {alarm: false}"),
       "4:36: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one forces it to "
       "false, the other forces it to true, and a request can match both"},
      {two("force: {alarm: true}", "forbid: [\"al*\"]"),
       "4:36: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one removes it, the "
       "other forces it to true, and a request can match both"},
      {two("forbid: [alarm]", "force: {alarm: true}"),
       "4:36: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one forces it to "
       "true, the other removes it, and a request can match both"},
      {two("forbid: [alarm]", "default: {alarm: true}"),
       "4:38: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one adds it, the "
       "other removes it, and a request can match both"},
      {two("default: {alarm: true}", "forbid: [alarm]"),
       "4:36: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one removes it, the "
       "other adds it, and a request can match both"},
      {two("deny: {message: no}", "when: {platform: ios}, force: {alarm: false}"),
       "4:10: rule `b` (line 4) never acts: rule `a` (line 3) denies every request that it "
       "matches"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    CHECK(faults(each.text) == each.faults);
  }
}

TEST_CASE("a denial covers also whom it names by a wider network, or by more devices") {
  const auto told_of = [](const std::string& outer, const std::string& inner,
                          const std::string& more = {}) {
    const auto text = "version: 1\ngroups: {outer: " + outer + ", inner: " + inner +
                      "}\nrules:\n  - {id: a, mode: enforce, when: {group: outer}, deny: {message: "
                      "no}}\n  - {id: b, mode: enforce, when: {group: inner}, force: {alarm: "
                      "true}}\n" +
                      more;
    return faults(text, {{{"bench.txt", naive_bench()}}}).find("rule `b` (line 5) never acts") !=
           std::string::npos;
  };
  CHECK(told_of("{network: 10.0.0.0/8}", "{network: [10.1.0.0/16, 10.2.3.4]}"));
  CHECK(told_of("{network: 10.0.0.0/8, devices: bench.txt}", "{devices: bench.txt}"));
  CHECK_FALSE(told_of("{network: 10.1.0.0/16}", "{network: 10.0.0.0/8}"));
  CHECK_FALSE(told_of("{network: 10.0.0.0/8}", "{network: 10.1.0.0/16, devices: bench.txt}"));
  CHECK_FALSE(told_of("{network: 10.0.0.0/8}", "{client_san: a.example}"));
}

TEST_CASE("an exception keeps a denial from covering a rule until it has ended") {
  const auto told_of = [](const std::string& until) {
    return faults(two("deny: {message: no}", "force: {alarm: true}") +
                  "exceptions: [{rule: a, device: \"hmac-sha256:0123abcd:" + std::string(64, 'a') +
                  "\", until: " + until + ", owner: o, reason: r}]\n")
               .find("rule `b` (line 4) never acts") != std::string::npos;
  };
  CHECK(told_of("2026-05-01"));
  CHECK_FALSE(told_of("2027-05-01"));
}

TEST_CASE("rules that agree, or cannot meet, or do not act, are let be") {
  const std::pair<std::string, std::string> cases[] = {
      {"force: {alarm: true}", "force: {alarm: true}"},
      {"default: {alarm: true}", "default: {alarm: false}"},
      {"default: {alarm: true}", "force: {alarm: false}"},
      {"when: {platform: ios}, force: {alarm: true}",
       "when: {platform: android}, force: {alarm: false}"},
      {"when: {device_type: [\"ios*\"]}, force: {alarm: true}",
       "when: {device_type: [\"android*\"]}, forbid: [\"*\"]"},
      {"when: {app_version: \"<4.10\"}, force: {alarm: true}",
       "when: {app_version: \">=4.10\"}, force: {alarm: false}"},
      {"when: {until: 2026-07-01}, force: {alarm: true}",
       "when: {from: 2026-07-01}, force: {alarm: false}"},
      {"when: {platform: ios}, deny: {message: no}", "force: {alarm: false}"},
      {"rollout: 50%, deny: {message: no}", "force: {alarm: false}"},
      {"force: {alarm: false}", "deny: {message: no}"},
  };
  for (const auto& [first, second] : cases) {
    CAPTURE(first);
    CAPTURE(second);
    CHECK(faults(two(first, second)).find("rule `b`") == std::string::npos);
  }
  auto observed = two("force: {alarm: true}", "force: {alarm: false}");
  CHECK(faults(observed.replace(observed.rfind("enforce"), 7, "observe")) == "");
}

TEST_CASE("rules of past times contradict nothing any more") {
  CHECK(faults(two("when: {until: 2026-05-01}, force: {alarm: true}", "force: {alarm: false}")) ==
        "3:42: warning: rule `a` ended on 2026-05-01");
}

TEST_CASE("a text that both patterns take, but not the contract, is no meeting") {
  const auto told_of = [](const std::string& a, const std::string& b) {
    return faults(two("when: {locale: [\"" + a + "\"]}, force: {alarm: true}",
                      "when: {locale: [\"" + b + "\"]}, force: {alarm: false}")) != "";
  };
  CHECK(told_of("*_bb_*", "*_dd_*"));           // en_bb_dd_xx
  CHECK_FALSE(told_of("*_bb_cc_*", "*_dd_*"));  // a locale has three parts after its first at most
  CHECK(told_of("EN*", "en-*"));
  CHECK_FALSE(told_of("en", "en-*"));
}

TEST_CASE("faults elsewhere hide no contradiction, and a rule with a fault is not accused") {
  const auto contradicting = two("force: {alarm: true}", "force: {alarm: false}");
  const auto told_lines =
      faults(contradicting + "  - {id: c, when: {platform: web}, forbid: [alarm]}\n");
  CHECK(told_lines.find("rule `b` (line 4) contradicts") != std::string::npos);
  CHECK(told_lines.find("`web` never matches") != std::string::npos);
  CHECK(told_lines.find("rule `c`") == std::string::npos);
}

TEST_CASE("what is told at load is what trying every request finds") {
  std::mt19937 random(37);
  int contradictions = 0, shadows = 0, clean = 0;
  for (int i = 0; i < draws(400); ++i) {
    const auto policy = random_policy(random, 2 + random() % 3, true);
    CAPTURE(policy.text());
    const auto expected = brute_force(policy);
    const auto found = told(policy);
    REQUIRE(found.contradictions == expected.contradictions);
    // A denial that covers by an accident of the world is not one that covers by the contract.
    REQUIRE(std::ranges::includes(expected.shadows, found.shadows));
    contradictions += static_cast<int>(found.contradictions.size());
    shadows += static_cast<int>(found.shadows.size());
    clean += found.contradictions.empty() && found.shadows.empty();
  }
  CHECK(contradictions > draws(60));
  CHECK(shadows >= draws(10));
  CHECK(clean > draws(100));
}
