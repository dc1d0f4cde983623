// What a GET answers, held against the policy.
#include <doctest/doctest.h>

#include "filters/record.hpp"
#include "tests/support/policy.hpp"

using namespace filters;
using namespace tests;

namespace {

const std::string rules =
    "  - {id: on, why: insured, mode: enforce, force: {alarm: true}}\n"
    "  - {id: seen, when: {method: POST, app_version: \">=4\"}, default: {extra: false}}\n"
    "  - {id: gone, mode: enforce, forbid: [\"lootbox_*\"]}\n"
    "  - {id: off, mode: off, force: {key_added: true}}\n"
    "  - {id: never, when: {platform: android}, force: {key_added: true}}\n"
    "  - {id: no, mode: enforce, when: {app_version: \"<4\"}, deny: {message: no}}\n";

struct Shown {
  std::string body, story;
};

struct Upstream {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::string encoding = {};
  bool too_long = false;
};

// The upstream's answer to a GET, as it goes on, and the journal.
Shown shown(const Pipeline& pipeline, const Upstream& upstream) {
  TestExchange exchange("GET", good_query);
  exchange->now = today;
  REQUIRE(exchange.run(pipeline));
  auto& response = exchange->response;
  response.status = upstream.status;
  if (!upstream.type.empty()) response.headers.append("Content-Type", upstream.type);
  if (!upstream.encoding.empty()) response.headers.append("Content-Encoding", upstream.encoding);
  if (pipeline.answer_body(*exchange) != AnswerBody::pass) {
    response.body = upstream.body;
    response.too_long = upstream.too_long;
  }
  pipeline.on_answer(*exchange);
  std::string story;
  for (const auto& each : exchange->journal) {
    CHECK(each.place == Place::answer);
    story += (story.empty() ? "" : "; ") + std::string(to_string(each.mode)) + " " +
             std::string(each.rule) + " " + std::string(to_string(each.operation)) + " " +
             std::string(each.pointer) + " " + std::string(each.before) + ">" +
             std::string(each.after);
    if (each.operation == Operation::none) story += std::string(each.message);
  }
  return {std::string(exchange->answer_edits.apply(response.body, exchange.arena())), story};
}

Pipeline pipeline_with(Answers answers) {
  auto settings = with_policy(policy_of(rules));
  settings.answers = answers;
  return make_pipeline(settings);
}

struct Case {
  std::string body, observed, governed, edits;
};

const Case cases[] = {
    {R"({"response":{"alarm":true,"extra":true}})", "",
     R"({"response":{"alarm":true,"extra":true}})", ""},
    {R"({"response":{"alarm":false,"extra":true}})",
     "observe policy.on replace /response/alarm false>true",
     R"({"response":{"alarm":true,"extra":true}})",
     "enforce policy.on replace /response/alarm false>true"},
    {"{ \"response\": {\n  \"alarm\": false,\n  \"lootbox_x\": true,\n  \"extra\": false\n} }\n",
     "observe policy.on replace /response/alarm false>true; "
     "observe policy.gone remove /response/lootbox_x true>",
     "{ \"response\": {\n  \"alarm\": true,\n  \"extra\": false\n} }\n",
     "enforce policy.on replace /response/alarm false>true; "
     "enforce policy.gone remove /response/lootbox_x true>"},
    // What is not there would be added; what only observes says so in both.
    {R"({"response":{}})",
     "observe policy.on add /response/alarm >true; observe policy.seen add /response/extra >false",
     R"({"response":{"alarm":true}})",
     "enforce policy.on add /response/alarm >true; observe policy.seen add /response/extra >false"},
    // Of what is no boolean nothing is shown.
    {R"({"response":{"alarm":"perhaps","extra":1},"txid":"ab"})",
     "observe policy.on replace /response/alarm >true",
     R"({"response":{"alarm":true,"extra":1},"txid":"ab"})",
     "enforce policy.on replace /response/alarm >true"},
    // Nothing is stored.
    {"", "", "", ""},
    {R"({"response":null})", "", R"({"response":null})", ""},
};

}  // namespace

TEST_CASE("what the rules would change in stored preferences is drift, and can be governed") {
  for (const auto& [body, observed, governed, edits] : cases) {
    CAPTURE(body);
    const auto looked = shown(pipeline_with(Answers::observe), {.body = body});
    CHECK(looked.story == observed);
    CHECK(looked.body == body);
    const auto edited = shown(pipeline_with(Answers::governed), {.body = body});
    CHECK(edited.story == edits);
    CHECK(edited.body == governed);
    // Governed once is governed: what enforces finds nothing more to do.
    const auto again = shown(pipeline_with(Answers::governed), {.body = edited.body});
    CHECK(again.body == edited.body);
    CHECK(again.story.find("enforce") == again.story.npos);
  }
}

TEST_CASE("what cannot be looked at goes on as it is, and the record says why") {
  const std::string stored = R"({"response":{"alarm":false,"extra":true}})";
  const std::string why = "observe policy.drift none  >not looked at: ";
  const std::pair<Upstream, std::string> unread[] = {
      {{.body = stored, .type = "text/html"}, "its content type is not application/json"},
      {{.body = stored, .type = ""}, "its content type is not application/json"},
      {{.body = stored, .encoding = "gzip"},
       "it has a content encoding (rewrite.headers can remove Accept-Encoding)"},
      {{.body = "", .too_long = true}, "longer than limits.body"},
      {{.body = "<html>"}, "it is not JSON"},
      {{.body = stored + "}"}, "it is not JSON"},
      {{.body = R"({"response":{"alarm":false,"alarm":true}})"}, "a name appears more than once"},
      {{.body = R"({"response":[]})"}, "it has no object `response`"},
      {{.body = R"({"answer":{"response":{"alarm":false}}})"}, "it has no object `response`"},
  };
  for (const auto answers : {Answers::observe, Answers::governed})
    for (const auto& [upstream, reason] : unread) {
      CAPTURE(reason);
      const auto looked = shown(pipeline_with(answers), upstream);
      CHECK(looked.body == upstream.body);
      CHECK(looked.story == why + reason);
    }
  const auto plain =
      shown(pipeline_with(Answers::observe), {.body = stored, .encoding = "identity"});
  CHECK(plain.story == "observe policy.on replace /response/alarm false>true");
}

TEST_CASE("a body is asked for only where there is something to hold it against") {
  const auto wanted = [](std::string_view of_rules, std::string_view method, int status) {
    const auto pipeline = make_pipeline(with_policy(policy_of(of_rules)));
    TestExchange exchange(method, method == "GET" ? good_query : "",
                          method == "GET" ? std::string_view() : good_body);
    exchange->now = today;
    REQUIRE(exchange.run(pipeline));
    exchange->response.status = status;
    return pipeline.answer_body(*exchange);
  };
  const std::string_view forces = "  - {id: a, force: {alarm: true}}\n";
  CHECK(wanted(forces, "GET", 200) == AnswerBody::copy);
  CHECK(wanted(forces, "POST", 200) == AnswerBody::pass);
  for (const int status : {204, 206, 304, 401, 422, 500})
    CHECK(wanted(forces, "GET", status) == AnswerBody::pass);
  CHECK(wanted("  - {id: a, mode: off, force: {alarm: true}}\n", "GET", 200) == AnswerBody::pass);
  CHECK(wanted("  - {id: a, when: {app_version: \"<4\"}, deny: {message: no}}\n", "GET", 200) ==
        AnswerBody::pass);
  CHECK(pipeline_with(Answers::governed).answer_body([] {
    static TestExchange exchange("GET", good_query);
    exchange->response.status = 200;
    return std::ref(*exchange);
  }()) == AnswerBody::hold);
}

TEST_CASE(
    "an exception, and a rollout that has not come, keep a rule from an answer as from a POST") {
  const PlainHash hash;
  const auto settings = with_policy(
      policy_of("  - {id: a, mode: enforce, force: {alarm: true}}\n"
                "  - {id: b, mode: enforce, rollout: 1%, force: {extra: true}}\n"
                "exceptions:\n  - {rule: a, device: \"" +
                hash.text("abc:def") + "\", until: 2026-12-31, owner: me, reason: why}\n"));
  const auto pipeline = make_pipeline(settings);
  TestExchange exchange("GET", good_query);
  exchange->now = today;
  exchange->identity.hash = &hash;
  REQUIRE(exchange.run(pipeline));
  exchange->response.status = 200;
  exchange->response.headers.append("Content-Type", "application/json");
  exchange->response.body = R"({"response":{"alarm":false}})";
  pipeline.on_answer(*exchange);
  CHECK(exchange.story() == "");
}

TEST_CASE("the findings of an answer fit the room that is promised for them, however long") {
  std::string map;
  const std::string long_id(56, 'i');
  for (int i = 0; i < 40; ++i)
    map += (i > 0 ? "," : "") + ("\"" + std::string(100, 'n') + std::to_string(i) + "\":false");
  const auto pipeline = make_pipeline(
      with_policy(policy_of("  - {id: " + long_id + ", why: \"" + std::string(300, 'w') +
                            "\", mode: enforce, forbid: [\"n*\"]}\n")));
  TestExchange exchange("GET", good_query);
  exchange->now = today;
  REQUIRE(exchange.run(pipeline));
  const auto before = record_bound(*exchange);
  exchange->response.status = 200;
  exchange->response.headers.append("Content-Type", "application/json");
  const auto body = "{\"response\":{" + map + "}}";
  exchange->response.body = body;
  pipeline.on_answer(*exchange);
  CHECK(exchange->journal.findings() == 40);
  CHECK(record_bound(*exchange) <= before + answer_findings_bound);
}
