#include "proxy/query/record_query.hpp"

#include <doctest/doctest.h>

#include "tests/support/audit_log.hpp"
#include "tests/support/files.hpp"

using namespace proxy;
using namespace tests;

namespace {

// Whether the line is found; what is skipped as text must not match as a record.
bool finds(const RecordCriteria& criteria, const std::string& line) {
  const RecordQuery query(criteria);
  AuditRecord record;
  REQUIRE(record.read(line));
  const bool matches = query.matches(record);
  CHECK((query.may_match(line) || !matches));
  return query.may_match(line) && matches;
}

}  // namespace

TEST_CASE("statuses are asked for one by one, by class, as a range, or none") {
  struct Case {
    const char* text;
    std::uint64_t least, most;
  };
  for (const auto& [text, least, most] :
       {Case{"422", 422, 422}, Case{"4xx", 400, 499}, Case{"400-499", 400, 499},
        Case{"200-200", 200, 200}, Case{"none", 0, 0}}) {
    CAPTURE(text);
    const auto range = parse_status_range(text);
    REQUIRE(range);
    CHECK(range->least == least);
    CHECK(range->most == most);
  }
  for (const auto* text : {"", "4", "42", "4x", "xxx", "0xx", "4xxx", "4XX", "499-400", "400-",
                           "-400", "400-4xx", "1000", "-1", "99", "200 ", "all"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_status_range(text));
  }
}

TEST_CASE("every criterion finds what it should, and not its neighbour") {
  struct Case {
    RecordCriteria criteria;
    Wanted found;
    Wanted not_found;
  };
  const auto at = [](const char* time) { return parse_timestamp(time); };
  const std::vector<Case> cases{
      {{.since = at("2026-11-22T10:00:00Z")},
       {.time = "2026-11-22T10:00:00.000000Z"},
       {.time = "2026-11-22T09:59:59.999999Z"}},
      {{.until = at("2026-11-22T10:00:00Z")},
       {.time = "2026-11-22T09:59:59.999999Z"},
       {.time = "2026-11-22T10:00:00.000000Z"}},
      {{.rules = {"repair.alias"}}, {.rule = "repair.alias"}, {.rule = "repair.alias2"}},
      {{.rules = {"repair.alias"}}, {.rule = "repair.alias"}, {.rule = ""}},
      {{.rules = {"policy.*"}}, {.rule = "policy.x"}, {.rule = "repair.policy.x"}},
      {{.rules = {"*alias"}}, {.rule = "repair.alias"}, {.rule = "repair.value"}},
      {{.rules = {"x", "policy.*"}}, {.rule = "policy.x"}, {.rule = "y"}},
      {{.rules = {"*"}}, {.rule = "x"}, {.rule = ""}},
      {{.rules = {"\"*"}}, {.rule = "\\\"x"}, {.rule = "x"}},
      {{.rules = {"x/y"}}, {.rule = "x\\/y"}, {.rule = "x"}},
      {{.statuses = {{400, 499}}}, {.status = 422}, {.status = 500}},
      {{.statuses = {{400, 499}, {0, 0}}}, {.status = 0}, {.status = 200}},
      {{.statuses = {{200, 204}}}, {.status = 204}, {.status = 205}},
      {{.statuses = {{199, 200}}}, {.status = 200}, {.status = 198}},
      {{.statuses = {{200, 200}, {500, 599}}}, {.status = 503}, {.status = 404}},
      {{.methods = {"A/B"}}, {.method = "A\\/B"}, {.method = "A"}},
      {{.methods = {"POST", "PUT"}}, {.method = "PUT"}, {.method = "GET"}},
      {{.decision = "rejected"}, {.status = 422}, {.status = 200}},
      {{.decision = "forwarded"}, {.status = 200}, {.status = 422}},
      {{.device = "hmac-sha256:01234567:" + std::string(64, 'b')},
       {.device = std::string(64, 'b')},
       {.device = std::string(64, 'c')}},
      {{.rules = {"policy.*"}, .statuses = {{200, 200}}},
       {.status = 200, .rule = "policy.x"},
       {.status = 201, .rule = "policy.x"}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    CHECK(finds(cases[i].criteria, audit_line(1, cases[i].found)));
    CHECK_FALSE(finds(cases[i].criteria, audit_line(1, cases[i].not_found)));
    CHECK(finds({}, audit_line(1, cases[i].not_found)));
  }
}

TEST_CASE("rules are found wherever in the journal they stand, and each is told once") {
  AuditRecord record;
  const std::string line =
      R"({"seq":1,"time":"2026-11-22T10:00:00Z","edits":[{"rule":"a"},{"rule":"b"}],)"
      R"("findings":[{"rule":"a"},{"rule":"c"}],"violations":[{"rule":"d"}]})";
  REQUIRE(record.read(line));
  CHECK(record.rules() == std::vector<std::string_view>{"a", "b", "c", "d"});
  for (const auto* rule : {"a", "b", "c", "d"}) CHECK(finds({.rules = {rule}}, line));
  CHECK_FALSE(finds({.rules = {"e"}}, line));
}

TEST_CASE("another method than the known ones is found by its own name") {
  const std::string line =
      R"({"seq":1,"time":"2026-11-22T10:00:00Z","http.request.method":"_OTHER",)"
      R"("http.request.method_original":"PURGE"})";
  CHECK(finds({.methods = {"PURGE"}}, line));
  CHECK_FALSE(finds({.methods = {"GET"}}, line));
}

TEST_CASE("a gap is found by its time alone: nobody knows what was in it") {
  const std::string gap = R"({"seq":1,"time":"2026-11-22T10:00:00.000000Z","gap":{"dropped":7}})";
  AuditRecord record;
  REQUIRE(record.read(gap));
  CHECK(record.dropped() == 7);
  CHECK(finds({}, gap));
  CHECK(finds({.since = parse_timestamp("2026-11-22T10:00:00Z")}, gap));
  CHECK_FALSE(finds({.statuses = {{0, 0}}}, gap));
  CHECK_FALSE(finds({.decision = "rejected"}, gap));
}

TEST_CASE("what is not a record is told from one, whatever somebody has written") {
  AuditRecord record;
  for (const auto& line : std::vector<std::string>{
           "", "x", "{}", "[]", "null", R"({"seq":1})", R"({"time":"2026-11-22T10:00:00Z"})",
           R"({"seq":"1","time":"2026-11-22T10:00:00Z"})",
           R"({"seq":-1,"time":"2026-11-22T10:00:00Z"})", R"({"seq":1,"time":"yesterday"})",
           R"({"seq":1,"time":5})", R"({"seq":1,"time":"2026-11-22T10:00:00Z")",
           R"({"seq":1,"time":"2026-11-22T10:00:00Z"}x)",
           "{\"seq\":1,\"time\":\"2026-11-22T10:00:00Z\",\"x\":\"\xFF\"}",
           std::string(1'000'000, '['), R"({"seq":1,"x":)" + std::string(1'000'000, '[')}) {
    CAPTURE(line.substr(0, 100));
    CHECK_FALSE(record.read(line));
  }
  // Of the wrong type, and so not there.
  REQUIRE(
      record.read(R"({"seq":1,"time":"2026-11-22T10:00:00Z","a":5,"b":"5","edits":{"rule":"x"},)"
                  R"("findings":[5,{"rule":5},{}],"gap":5})"));
  CHECK(record.text("a").empty());
  CHECK_FALSE(record.number("b"));
  CHECK(record.rules().empty());
  CHECK(record.dropped() == 0);
}

TEST_CASE("rules of too many stars are refused") {
  std::string stars;
  for (int i = 0; i < 3000; ++i) stars += "*a*b";
  CHECK(message_of([&] { const RecordQuery query({.rules = {stars}}); }).find("--rule: ") == 0);
}
