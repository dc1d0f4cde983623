#include "filters/policy/policy_diff.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "tests/support/policy.hpp"

using namespace filters;

namespace {

// A record as the gateway writes it, as far as a replay looks.
std::string record(int seq, const std::string& device, const std::string& map,
                   const std::string& more = {}) {
  const tests::PlainHash hash;
  return R"({"seq":)" + std::to_string(seq) +
         R"(,"time":"2026-06-01T08:00:00.000001Z","decision":"forwarded",)"
         R"("client.address":"10.1.2.3","http.request.method":"POST",)"
         R"("url.path":"/api/1/notification_preferences","device_token":")" +
         hash.text(device) + R"(","fields":{"locale":"en","device_type":"ios",)" +
         R"("platform":"ios","app_version":"4.17"},"preferences":)" + map + more + "}";
}

PolicyRules rules(const std::string& text) {
  return *tests::with_policy(tests::policy_of(text)).policy;
}

PolicyDiff diff_of(const std::string& before, const std::string& after,
                   const std::vector<std::string>& records, bool enforced = false) {
  auto judged = rules(after);
  PolicyDiff diff(rules(before), enforced ? as_enforced(judged) : judged, Contract::builtin());
  for (const auto& line : records) CHECK(diff.add(line));
  return diff;
}

// "kind rule exchanges/devices [examples] what count, ..." of each effect, in lines.
std::string told(const PolicyDiff& diff) {
  constexpr const char* kinds[] = {"newly denied", "no longer denied", "answered", "changed"};
  std::string text;
  for (const auto& [key, effect] : diff.effects()) {
    text += (text.empty() ? "" : "\n") + std::string(kinds[static_cast<int>(key.kind)]) + " " +
            key.rule + (key.of_new ? " " : " (old) ") + std::to_string(effect.exchanges) + "/" +
            std::to_string(effect.devices.size()) + " [";
    for (const auto seq : effect.examples)
      text += (text.back() == '[' ? "" : " ") + std::to_string(seq);
    text += "]";
    for (const auto& [what, count] : effect.preferences)
      text += " " + what + " x" + std::to_string(count);
  }
  return text;
}

const std::string nothing = "  - {id: none, mode: off, force: {alarm: true}}\n";
const std::string on = "  - {id: on, mode: enforce, force: {alarm: true}}\n";
const std::string deny = "  - {id: shut, mode: enforce, deny: {message: no}}\n";

}  // namespace

TEST_CASE("each difference is counted under the rule that makes it") {
  const auto off = R"({"alarm":false})", is_on = R"({"alarm":true})";
  const struct {
    std::string what, before, after;
    std::string told;
  } cases[] = {
      {"the same", on, on, ""},
      {"a rule that observes", nothing, "  - {id: on, force: {alarm: true}}\n", ""},
      {"a value is forced", nothing, on,
       "changed on 3/2 [1 3 4] alarm: absent -> true x1 alarm: false -> true x2"},
      {"it no longer is", on, nothing,
       "changed on (old) 3/2 [1 3 4] alarm: true -> absent x1 alarm: true -> false x2"},
      {"to the contrary", on, "  - {id: off, mode: enforce, force: {alarm: false}}\n",
       "changed off 2/1 [2 4] alarm: true -> false x2\n"
       "changed on (old) 2/2 [1 3] alarm: true -> false x2"},
      {"removed", nothing, "  - {id: no, mode: enforce, forbid: [alarm]}\n",
       "changed no 3/2 [1 2 3] alarm: false -> absent x2 alarm: true -> absent x1"},
      {"denied", nothing, deny, "newly denied shut 4/2 [1 2 3]"},
      {"no longer denied", deny, on, "no longer denied shut (old) 4/2 [1 2 3]"},
      {"denied otherwise", deny,
       "  - {id: gone, mode: enforce, deny: {status: 410, message: no}}\n",
       "answered gone 4/2 [1 2 3]"},
      {"the last of several rules", nothing,
       "  - {id: first, mode: enforce, default: {key_added: true}}\n"
       "  - {id: second, mode: enforce, force: {key_added: false}}\n",
       "changed second 4/2 [1 2 3] key_added: absent -> false x4"},
      {"one group alone", nothing,
       "  - {id: on, mode: enforce, when: {platform: android}, force: {alarm: true}}\n", ""},
      {"a time that has passed since", nothing,
       "  - {id: on, mode: enforce, when: {until: 2026-06-01}, force: {alarm: true}}\n", ""},
  };
  const std::vector<std::string> records = {record(1, "a", off), record(2, "a", is_on),
                                            record(3, "b", off), record(4, "a", "{}")};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const auto diff = diff_of(each.before, each.after, records);
    CHECK(told(diff) == each.told);
    CHECK(diff.records() == 4);
    CHECK(diff.replayed() == 4);
    CHECK((diff.changed() > 0) == !each.told.empty());
  }
}

TEST_CASE(
    "a rule is replayed as if enforced where that is asked for, and to its devices where not") {
  const std::string tenth = "  - {id: on, mode: enforce, rollout: 0.01%, force: {alarm: true}}\n";
  const std::vector<std::string> records = {record(1, "a", R"({"alarm":false})")};
  CHECK(told(diff_of(nothing, tenth, records)) == "");
  CHECK(told(diff_of(nothing, tenth, records, true)) ==
        "changed on 1/1 [1] alarm: false -> true x1");
  CHECK(told(diff_of(nothing, "  - {id: on, force: {alarm: true}}\n", records, true)) ==
        "changed on 1/1 [1] alarm: false -> true x1");
}

TEST_CASE("what the policy of that day did is taken back before it is replayed") {
  const auto edited =
      record(5, "a", R"({"alarm":true})",
             R"(,"edits":[{"rule":"policy.on","mode":"enforce","in":"body","op":"replace",)"
             R"("path":"/notification_preferences/alarm","value":true,"before":false}])");
  CHECK(told(diff_of(on, nothing, {edited})) == "changed on (old) 1/1 [5] alarm: true -> false x1");
  CHECK(told(diff_of(on, on, {edited})) == "");
}

TEST_CASE("parts that were counted apart add up to the whole") {
  std::vector<std::string> records;
  for (int i = 0; i < 200; ++i)
    records.push_back(record(i, std::string(1, static_cast<char>('a' + i % 7)),
                             i % 3 == 0 ? R"({"alarm":false})" : R"({"alarm":true,"x":true})"));
  const auto after = on + "  - {id: no, mode: enforce, forbid: [x]}\n";
  const auto whole = diff_of(nothing, after, records);
  PolicyDiff merged(rules(nothing), rules(after), Contract::builtin());
  for (std::size_t part = 3; part-- > 0;) {
    PolicyDiff some(rules(nothing), rules(after), Contract::builtin());
    for (std::size_t i = part; i < records.size(); i += 3) CHECK(some.add(records[i]));
    merged.merge(std::move(some));
  }
  CHECK(told(merged) == told(whole));
  CHECK(told(whole) ==
        "changed no 133/7 [1 2 4] x: true -> absent x133\n"
        "changed on 67/7 [0 3 6] alarm: false -> true x67");
  CHECK(merged.changed() == 200);
  CHECK(merged.devices().size() == 7);
}

TEST_CASE(
    "records that cannot be replayed are counted by their kind, and what is none is refused") {
  PolicyDiff diff(rules(nothing), rules(deny), Contract::builtin());
  auto refused = record(1, "a", "{}");
  refused.replace(refused.find(R"("forwarded")"), 11, R"("rejected","reason":"contract")");
  auto other = record(2, "a", "{}");
  other.replace(other.find("notification_preferences"), 24, "vehicles");
  CHECK(diff.add(refused));
  CHECK(diff.add(other));
  CHECK_FALSE(diff.add("{}"));
  CHECK(diff.records() == 2);
  CHECK(diff.replayed() == 0);
  CHECK(diff.count(Replay::refused) == 1);
  CHECK(diff.count(Replay::not_governed) == 1);
  CHECK(diff.effects().empty());
}
