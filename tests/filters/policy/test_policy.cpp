// What rules do to a request: to the byte, in the journal, and in the answer.
#include "filters/policy.hpp"

#include <doctest/doctest.h>

#include "filters/answer.hpp"
#include "filters/record.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/policy.hpp"

using namespace filters;
using tests::body_with;
using tests::policy_of;
using tests::sent;
using tests::TestExchange;
using tests::with_policy;

namespace {

constexpr std::string_view at = "/notification_preferences/";

}  // namespace

TEST_CASE("force sets a value, adds it where it is absent, and leaves a right one alone") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, force: {alarm: true}}\n"));
  const struct {
    std::string before, after, story;
  } cases[] = {
      {R"({"alarm":false})", R"({"alarm":true})", "policy.a"},
      {R"({"alarm":true})", R"({"alarm":true})", ""},
      {R"({ "alarm" : false })", R"({ "alarm" : true })", "policy.a"},
      {R"({"al\u0061rm":false,"x":true})", R"({"al\u0061rm":true,"x":true})", "policy.a"},
      {R"({"x":true})", R"({"x":true,"alarm":true})", "policy.a"},
      {"{}", R"({"alarm":true})", "policy.a"},
      {R"({"alarm":"true"})", R"({"alarm":true})", "repair.type"},
      {R"({"alarm":"false"})", R"({"alarm":true})", "repair.type policy.a"},
      {R"({"alarm":1})", R"({"alarm":true})", "repair.type"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.before);
    const auto [forwarded, map, story] = sent(settings, each.before);
    CHECK(forwarded);
    CHECK(map == each.after);
    std::string expected;
    for (std::string_view rest = each.story; !rest.empty();) {
      const auto rule = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rule.size() + 1, rest.size()));
      expected +=
          (expected.empty() ? "" : "; ") + std::string(rule) + " " + std::string(at) + "alarm";
    }
    CHECK(story == expected);
  }
}

TEST_CASE("default gives way to what the client says") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, default: {alarm: true}}\n"));
  CHECK(sent(settings, R"({"alarm":false})").map == R"({"alarm":false})");
  CHECK(sent(settings, R"({"alarm":"false"})").map == R"({"alarm":false})");
  CHECK(sent(settings, "{}").map == R"({"alarm":true})");
}

TEST_CASE("rules act in the file's order, each on what the ones before left, and end as one edit") {
  const auto settings = with_policy(policy_of(R"(
  - {id: first, mode: enforce, default: {alarm: true, key_added: true}}
  - {id: second, mode: enforce, force: {alarm: false}}
)"));
  TestExchange exchange("POST", "", body_with("{}"));
  REQUIRE(exchange.run(settings));
  CHECK(exchange->outgoing_body == body_with(R"({"alarm":false,"key_added":true})"));
  CHECK(std::distance(exchange->body_edits.begin(), exchange->body_edits.end()) == 1);
  const std::vector<Entry> entries(exchange->journal.begin(), exchange->journal.end());
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].operation == Operation::add);
  CHECK(entries[0].after == "true");
  CHECK(entries[2].rule == "policy.second");
  CHECK(entries[2].operation == Operation::replace);
  CHECK(entries[2].before == "true");
  CHECK(entries[2].after == "false");
}

TEST_CASE("a member that repair and policy both change is one edit with two entries") {
  const auto settings =
      with_policy(policy_of("  - {id: a, why: insurer, mode: enforce, force: {alarm: true}}\n"));
  TestExchange exchange("POST", "", body_with(R"({"alarm":"false"})"));
  REQUIRE(exchange.run(settings));
  REQUIRE(std::distance(exchange->body_edits.begin(), exchange->body_edits.end()) == 1);
  CHECK(exchange->body_edits.begin()->replacement == "true");
  CHECK(exchange->journal.edits() == 2);
  const auto& last = *std::prev(exchange->journal.end());
  CHECK(last.before == "false");
  CHECK(last.after == "true");
  CHECK(last.message == "insurer");
  CHECK(last.mode == Mode::enforce);
}

TEST_CASE("below enforce a rule tells what it would do, and changes nothing") {
  for (const std::string mode : {"observe", "warn"}) {
    CAPTURE(mode);
    const auto settings =
        with_policy(policy_of("  - {id: a, mode: " + mode +
                              ", force: {alarm: true}, default: {key_added: true}, "
                              "forbid: [x]}\n"));
    const auto body = body_with(R"({"alarm":false,"x":true})");
    TestExchange exchange("POST", "", body);
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_body.data() == exchange->request.body.data());
    CHECK(exchange.story() ==
          "finding policy.a /notification_preferences/alarm; "
          "finding policy.a /notification_preferences/key_added; "
          "finding policy.a /notification_preferences/x");
    decorate(*exchange, Origin::upstream, Delivery::yes);
    const auto* const rules = exchange->response.headers.find("x-prefgate-rules");
    CHECK((rules != nullptr) == (mode == "warn"));
  }
  const auto off = with_policy(policy_of("  - {id: a, mode: off, force: {alarm: true}}\n"));
  CHECK(sent(off, "{}").story == "");
  const auto unsaid = with_policy(policy_of("  - {id: a, force: {alarm: true}}\n"));
  CHECK(sent(unsaid, "{}").story == "finding policy.a /notification_preferences/alarm");
}

TEST_CASE("deny answers with the rule's status and message, and ends the walk") {
  const auto settings = with_policy(policy_of(R"(
  - {id: watched, force: {alarm: true}}
  - id: too-old
    mode: enforce
    when: {app_version: "<4.18"}
    deny: {status: 410, message: please update the app}
  - {id: never, force: {alarm: true}}
)"));
  TestExchange exchange("POST", "", body_with("{}"));
  CHECK_FALSE(exchange.run(settings));
  CHECK(exchange->verdict.reason == Reason::policy);
  CHECK(exchange.story() ==
        "finding policy.watched /notification_preferences/alarm; violation policy.too-old ");
  make_answer(*exchange);
  CHECK(exchange->response.status == 410);
  CHECK(exchange->response.reason == "Gone");
  CHECK(exchange->response.body ==
        R"({"response":null,"error":"denied by policy: please update the app",)"
        R"("error_description":"1 violation","messages":{"body":["please update the app"]},)"
        R"("violations":[{"in":"body","pointer":"","rule":"policy.too-old",)"
        R"("message":"please update the app"}]})");
}

TEST_CASE("a denial is of 403 where nothing else is said, and of a GET as well") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, deny: {message: closed}}\n"));
  TestExchange exchange("GET", tests::good_query, "", {{"Accept", "application/problem+json"}});
  CHECK_FALSE(exchange.run(settings));
  make_answer(*exchange);
  CHECK(exchange->response.status == 403);
  CHECK(exchange->response.body.find(R"("status":403,"detail":"denied by policy: closed")") !=
        std::string::npos);
  const auto observed = with_policy(policy_of("  - {id: a, deny: {message: closed}}\n"));
  TestExchange let("GET", tests::good_query);
  CHECK(let.run(observed));
  CHECK(let.story() == "finding policy.a ");
}

TEST_CASE("rules act on what repair made of a form, and on what it moved out of the query") {
  auto settings = with_policy(policy_of(
      "  - {id: a, mode: enforce, force: {alarm: true, key_added: true}, forbid: [x]}\n"));
  settings.repair.placement = Mode::enforce;
  const std::string fields(tests::good_query);
  const std::string map =
      "&notification_preferences[alarm]=false&notification_preferences[x]=true&"
      "notification_preferences[y]=false";
  const std::string_view as_json = R"({"alarm":true,"y":false,"key_added":true}})";
  SUBCASE("a form") {
    TestExchange exchange("POST", "", fields + map);
    exchange.with_type("application/x-www-form-urlencoded");
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_body.ends_with(as_json));
  }
  SUBCASE("a query, beside nothing") {
    TestExchange exchange("POST", fields + map, "");
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_body.ends_with(as_json));
    CHECK(exchange->outgoing_query == "");
  }
  SUBCASE("the map alone in the query") {
    const auto body = body_with("");
    TestExchange exchange("POST", map.substr(1),
                          body.substr(0, body.find(",\"notification")) + "}");
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_body.ends_with(as_json));
    CHECK(exchange->outgoing_query == "");
  }
}

TEST_CASE("on a GET only denials act") {
  const auto settings = with_policy(
      policy_of("  - {id: a, mode: enforce, force: {alarm: true}, forbid: [\"*_x\"]}\n"));
  TestExchange exchange("GET", tests::good_query);
  REQUIRE(exchange.run(settings));
  CHECK(exchange->journal.empty());
}

TEST_CASE("a map is not filled past what the contract takes, once all rules have acted") {
  std::string full = "{";
  for (int i = 0; i < 512; ++i)
    full.append(i == 0 ? "" : ",").append("\"n").append(std::to_string(i)).append("\":true");
  full += "}";
  for (const std::string effect : {"force", "default"}) {
    CAPTURE(effect);
    const auto adds = "  - {id: a, mode: enforce, " + effect + ": {alarm: true}}\n";
    TestExchange exchange("POST", "", body_with(full));
    CHECK_FALSE(exchange.run(with_policy(policy_of(adds))));
    CHECK(exchange->verdict.reason == Reason::policy);
    CHECK(exchange->verdict.status() == 403);
    CHECK(exchange.story().ends_with("violation policy.a /notification_preferences"));
    // Room that a later rule makes counts.
    const auto swapped =
        with_policy(policy_of(adds + "  - {id: b, mode: enforce, forbid: [n7]}\n"));
    const auto once = sent(swapped, full);
    CHECK(once.forwarded);
    CHECK(once.map.ends_with(R"("n511":true,"alarm":true})"));
    CHECK(sent(swapped, once.map).story == "");
    CHECK(sent(with_policy(policy_of("  - {id: a, " + effect + ": {alarm: true}}\n")), full)
              .forwarded);
  }
}

TEST_CASE("the record shows what left, and what was there before") {
  const auto settings = with_policy(policy_of(R"(
  - {id: a, mode: enforce, force: {alarm: true}, default: {key_added: false}, forbid: [x]}
)"));
  TestExchange exchange("POST", "", body_with(R"({"alarm":false,"x":true,"y":true})"));
  REQUIRE(exchange.run(settings));
  const std::string record(render_record(*exchange, {}, exchange->arena));
  CAPTURE(record);
  for (const std::string_view part :
       {R"("preferences":{"alarm":true,"y":true,"key_added":false})",
        R"({"rule":"policy.a","mode":"enforce","in":"body","op":"replace",)"
        R"("path":"/notification_preferences/alarm","value":true,"before":false})",
        R"("op":"add","path":"/notification_preferences/key_added","value":false})",
        R"("op":"remove","path":"/notification_preferences/x","before":true})"})
    CHECK_MESSAGE(record.find(part) != record.npos, part);
  CHECK(record.size() <= record_bound(*exchange));
}

TEST_CASE("a warm exchange under a policy asks the heap for nothing" *
          doctest::skip(!tests::counts_allocations())) {
  std::string rules;
  for (int i = 0; i < 30; ++i)
    rules += "  - {id: other-" + std::to_string(i) + ", when: {app_version: \"<4." +
             std::to_string(i % 10) + "\"}, force: {alarm: true}}\n";
  rules +=
      "  - {id: a, mode: enforce, rollout: 99%, when: {device_type: [\"*-production*\"]}, "
      "force: {alarm: true, not_seen: true}, default: {key_added: true}, forbid: [\"*_b*\"]}\n"
      "  - {id: b, mode: enforce, when: {method: GET}, deny: {message: no}}\n";
  const auto pipeline = make_pipeline(with_policy(policy_of(rules)));
  const tests::PlainHash hash;
  const std::string bodies[] = {tests::app_body(105), tests::app_body(105, true),
                                tests::app_body(0), ""};
  for (const auto& body : bodies) {
    TestExchange exchange(body.empty() ? "GET" : "POST", body.empty() ? tests::good_query : "",
                          body);
    const auto once = [&] {
      exchange.reset();
      exchange->now = tests::today;
      exchange->identity.hash = &hash;
      return exchange.run(pipeline);
    };
    for (int warm = 0; warm < 2; ++warm) CHECK(once() == !body.empty());
    const auto before = tests::allocations();
    once();
    CHECK(tests::allocations() == before);
  }
}
