// What a record says at which level, and which level it has.
#include <doctest/doctest.h>

#include <initializer_list>

#include "filters/stored_preferences.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/policy.hpp"
#include "tests/support/records.hpp"

using namespace filters;
using namespace tests;

namespace {

constexpr std::initializer_list<RecordLevel> recorded_levels{
    RecordLevel::metadata, RecordLevel::request, RecordLevel::full};

// A POST that is repaired and changed by a policy, with values found nowhere else.
const std::string body =
    R"({"locale":"zz-QQ","device_token":"SECRET","device_type":"iOS-quaint","platform":"ios",)"
    R"("app_version":98.76,"notification_preferences":{"alarm":"false","odd_name":true}})";

const std::string digest = [] {
  std::string text = R"("answer.digest":"sha256:)";
  for (int i = 0; i < 32; ++i) text += "a5";
  return text + '"';
}();

// What the upstream answered, read for the record. `answer` is outcome's, too.
Outcome answered(TestExchange& exchange, RecordLevel level, std::string_view answer,
                 std::string_view type = "application/json") {
  exchange->response.headers.set(FieldId::content_type, "Content-Type", type);
  exchange->response.body = answer;
  auto outcome = forwarded();
  outcome.level = level;
  outcome.answer_preferences = read_stored_preferences(*exchange).holder;
  outcome.answer_digest.emplace().fill(0xA5);
  return outcome;
}

}  // namespace

TEST_CASE("each level adds to the one before") {
  const auto settings =
      with_policy(policy_of("  - {id: on, why: insured, mode: enforce, force: {alarm: true}}\n"));
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run(settings));
  const struct {
    std::string_view part;
    RecordLevel least;
  } parts[] = {
      {R"("decision":"forwarded")", RecordLevel::metadata},
      {R"("bearer_token":"hmac-sha256:)", RecordLevel::metadata},
      {R"("device_token":"hmac-sha256:)", RecordLevel::metadata},
      {R"("http.response.body.size":12)", RecordLevel::metadata},
      {R"({"rule":"policy.on","mode":"enforce","in":"body","op":"replace",)"
       R"("path":"/notification_preferences/alarm")",
       RecordLevel::metadata},
      {R"("message":"insured"})", RecordLevel::metadata},
      {R"("path":"/app_version")", RecordLevel::metadata},
      {R"("fields":{"locale":"zz-QQ")", RecordLevel::request},
      {R"("preferences":{"alarm":true,"odd_name":true})", RecordLevel::request},
      {R"("value":"98.76","before":98.76)", RecordLevel::request},
      {R"("value":true,"before":false,"message":"insured")", RecordLevel::request},
      {digest, RecordLevel::full},
      {R"("answer.preferences":{"stored":false})", RecordLevel::full},
  };
  for (const auto level : recorded_levels) {
    const auto record =
        render(*exchange, answered(exchange, level, R"({"response":{"stored":false}})"));
    CAPTURE(record);
    for (const auto& [part, least] : parts) {
      CAPTURE(part);
      CHECK(has(record, part) == (level >= least));
    }
    CHECK_FALSE(has(record, "SECRET"));
    CHECK(has(record, "level") == (level != RecordLevel::request));
    if (level != RecordLevel::request)
      CHECK(has(record, R"("level":")" + std::string(to_string(level)) + '"'));
  }
}

TEST_CASE("at level metadata there is no value, given, corrected or suggested") {
  const struct {
    std::string method, query, body;
  } requests[] = {
      {"POST", "", body},
      {"POST",
       "locale=zz-QQ&device_token=SECRET&device_type=iOS-quaint&platform=ios&app_version="
       "98.76&notification_preferences[odd_name]=1",
       "{}"},
      {"GET",
       "locale=zz-QQ&device_token=SECRET&device_type=iOS-quaint&platform=iso&app_version=98.76x",
       ""},
      {"GET",
       "locale=%20zz-QQ&device_token=SECRET&device_type=iOS-quaint&platfrom=IOS&app_version=98.76",
       ""},
  };
  for (const auto& [method, query, text] : requests)
    for (const auto mode : {Mode::enforce, Mode::observe}) {
      TestExchange exchange(method, query, text);
      Settings settings;
      settings.validate.all = settings.repair.value = settings.repair.type = mode;
      settings.repair.placement = mode;
      exchange.run(settings);
      auto outcome = forwarded();
      rapidjson::Document record;
      outcome.level = RecordLevel::request;
      const bool recorded = has(render(*exchange, outcome), "zz-QQ");
      if (mode == Mode::enforce) CHECK(recorded);  // or there would be nothing to look for
      outcome.level = RecordLevel::metadata;
      const auto line = render(*exchange, outcome, record);
      CAPTURE(line);
      for (const auto* value : {"zz-QQ", "SECRET", "quaint", "98.76"})
        CHECK_FALSE(has(line, value));
      for (const auto* list : {"edits", "findings", "violations"}) {
        if (!record.HasMember(list)) continue;
        for (const auto& entry : record[list].GetArray()) {
          CHECK(entry.HasMember("rule"));
          CHECK(entry.HasMember("path"));
          for (const auto* name : {"value", "before", "suggestion"})
            CHECK_FALSE(entry.HasMember(name));
        }
      }
    }
}

TEST_CASE(
    "of an answer the preferences are recorded, and nothing that the contract does not know") {
  const std::string json = "application/json";
  const struct {
    std::string answer, type, preferences;  // "": it has none
  } cases[] = {
      {R"({"response":{"alarm":true,"b":false}})", json, R"({"alarm":true,"b":false})"},
      {R"({"response":{}})", json, "{}"},
      {R"({"txid":"SECRET","response":{"alarm":"SECRET","b":1,"c":{"d":true},"e":[true],"f":true}})",
       json, R"({"f":true})"},
      {R"({"response":{"SECRET token":true,"f":true},"SECRET":true})", json, R"({"f":true})"},
      {R"({"response":null,"error":"SECRET"})", json, ""},
      {R"({"response":"SECRET"})", json, ""},
      {R"({"response":[{"alarm":true}]})", json, ""},
      {R"({"other":{"alarm":true}})", json, ""},
      {R"({"response":{"alarm":true,"alarm":false}})", json, ""},
      {R"({"response":{"alarm":true})", json, ""},
      {"SECRET", json, ""},
      {"", json, ""},
      {R"({"response":{"alarm":true}})", "text/plain", ""},
  };
  for (const auto& [answer, type, preferences] : cases) {
    CAPTURE(answer);
    TestExchange exchange("GET", good_query);
    REQUIRE(exchange.run());
    const auto record = render(*exchange, answered(exchange, RecordLevel::full, answer, type));
    CAPTURE(record);
    CHECK(has(record, digest));
    CHECK_FALSE(has(record, "SECRET"));
    CHECK(has(record, "answer.preferences") == !preferences.empty());
    CHECK(has(record, R"("answer.preferences":)" + preferences) == !preferences.empty());
  }
}

TEST_CASE("a long answer is recorded as far as its room goes, and the record says so") {
  for (const std::size_t names : {61UL, 62UL, 63UL, 500UL}) {
    CAPTURE(names);
    std::string answer = R"({"response":{)";
    for (std::size_t i = 0; i < names; ++i)
      answer +=
          (i == 0 ? "\"" : ",\"") + std::string(121, 'n') + std::to_string(100 + i) + "\":true";
    TestExchange exchange("GET", good_query);
    REQUIRE(exchange.run());
    rapidjson::Document record;
    render(*exchange, answered(exchange, RecordLevel::full, answer + "}}"), record);
    // 124 letters, and 9 bytes of quotes, value and comma, in 8 KiB.
    CHECK(record["answer.preferences"].MemberCount() == std::min(names, 62UL));
    CHECK(record.HasMember("cut") == (names > 62));
    if (names > 62) CHECK(std::string_view(record["cut"][0].GetString()) == "answer.preferences");
  }
}

TEST_CASE("room for a record grows with its level, whatever the answer will be") {
  TestExchange exchange("POST", "", app_body(105));
  REQUIRE(exchange.run());
  const auto bound = [&](RecordLevel level) { return record_bound(*exchange, level); };
  CHECK(bound(RecordLevel::metadata) < bound(RecordLevel::request));
  CHECK(bound(RecordLevel::request) + 8 * 1024 < bound(RecordLevel::full));
  CHECK(bound(RecordLevel::full) < bound(RecordLevel::request) + 9 * 1024);
}

TEST_CASE("the answer in a record asks the heap for nothing once the arena is warm") {
  TestExchange exchange("GET", good_query);
  std::string answer = R"({"response":{"alarm":true)";
  for (int i = 0; i < 100; ++i) answer += ",\"name_" + std::to_string(i) + "\":true";
  answer += "}}";
  std::size_t asked = 0;
  for (int round = 0; round < 2; ++round) {
    exchange.reset();
    REQUIRE(exchange.run());
    const auto before = tests::allocations();
    const auto outcome = answered(exchange, RecordLevel::full, answer);
    const auto record = render_record(*exchange, outcome, exchange.arena());
    asked = tests::allocations() - before;
    CHECK(has(record, R"("name_99":true})"));
  }
  CHECK(asked == 0);
}

TEST_CASE("a path has its own level or that of all others; a rule that acted can only raise it") {
  using enum RecordLevel;
  const std::string governed(path);
  const struct {
    LevelSettings settings;
    std::vector<std::string_view> rules;  // in the journal
    RecordLevel of, most, of_other_paths;
  } cases[] = {
      {{}, {}, request, request, request},
      {{none, {}}, {"repair.alias"}, none, none, none},
      {{full, {{governed, "", metadata}}}, {"repair.alias"}, metadata, metadata, full},
      {{none, {{governed, "", full}}}, {}, full, full, none},
      {{none, {{"/other", "", full}}}, {}, none, none, none},
      {{metadata, {{"", "repair.alias", request}}}, {}, metadata, request, metadata},
      {{metadata, {{"", "repair.alias", request}}}, {"repair.alias"}, request, request, metadata},
      {{metadata, {{"", "repair.alias", request}}},
       {"repair.aliases"},
       metadata,
       request,
       metadata},
      {{none, {{"", "policy.*", full}}}, {"repair.alias", "policy.x"}, full, full, none},
      {{none, {{"", "policy.*", full}}}, {"repair.alias"}, none, full, none},
      // The most detailed of those that apply.
      {{none, {{"", "*", metadata}, {"", "policy.*", full}, {"", "*.x", request}}},
       {"repair.x"},
       request,
       full,
       none},
      {{full, {{"", "policy.*", metadata}}}, {"policy.x"}, full, full, full},
      {{none, {{governed, "", request}, {"", "policy.*", metadata}}},
       {"policy.x"},
       request,
       request,
       none},
  };
  for (const auto& each : cases) {
    CAPTURE(&each - cases);
    TestExchange exchange("GET", good_query);
    for (const auto rule : each.rules)
      exchange->journal.write({.rule = rule, .mode = Mode::observe, .kind = Kind::finding});
    const RecordLevels levels(each.settings);
    const auto* const endpoint = exchange->endpoint;
    CHECK(levels.of(endpoint, exchange->journal) == each.of);
    CHECK(levels.most(endpoint) == each.most);
    CHECK(levels.of_path(nullptr) == each.of_other_paths);
    CHECK(levels.most(nullptr) == each.of_other_paths);
  }
}
