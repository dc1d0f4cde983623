#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "filters/answer.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

namespace {

using namespace filters;
using tests::TestExchange;

std::string field(const Exchange& exchange, std::string_view name) {
  const auto* found = exchange.response.headers.find(name);
  return found == nullptr ? "(none)" : std::string(found->value);
}

void answer(TestExchange& exchange) {
  REQUIRE(exchange->verdict.rejected());
  make_answer(*exchange);
}

void answer(TestExchange& exchange, Verdict verdict) {
  exchange->verdict = verdict;
  answer(exchange);
}

Entry entry_of(std::string_view rule, Mode mode, Kind kind = Kind::edit) {
  Entry entry;
  entry.rule = rule;
  entry.mode = mode;
  entry.kind = kind;
  entry.pointer = "/x";
  return entry;
}

}  // namespace

TEST_CASE("a contract violation is answered in the upstream's envelope, with all violations") {
  TestExchange exchange("GET", "locale=en&device_token=abc&device_type=ios&platform=windows");
  CHECK_FALSE(exchange.run());
  answer(exchange);
  CHECK(exchange->response.status == 422);
  CHECK(exchange->response.reason == "Unprocessable Content");
  CHECK(field(*exchange, "content-type") == "application/json");
  rapidjson::Document body;
  body.Parse(exchange->response.body.data(), exchange->response.body.size());
  REQUIRE(body.IsObject());
  CHECK(body["response"].IsNull());
  CHECK(std::string(body["error"].GetString()).starts_with("validation failed: "));
  CHECK(std::string(body["error_description"].GetString()) == "2 violations");
  REQUIRE(body["messages"]["platform"].IsArray());
  CHECK(std::string(body["messages"]["platform"][0].GetString()) == "must be one of ios, android");
  CHECK(body["messages"].HasMember("app_version"));
  REQUIRE(body["violations"].Size() == 2);
  for (const auto& violation : body["violations"].GetArray())
    for (const auto* name : {"in", "pointer", "rule", "message"}) CHECK(violation.HasMember(name));
  CHECK(std::string_view(exchange->response.body).find("windows") == std::string_view::npos);
}

TEST_CASE("the envelope is the one on the contract's page, byte for byte") {
  TestExchange exchange("GET", "");
  Entry entry;
  entry.rule = "validate.enum";
  entry.kind = Kind::violation;
  entry.place = Place::query;
  entry.pointer = "/platform";
  entry.message = "must be one of ios, android";
  entry.suggestion = "ios";
  exchange->journal.write(entry);
  answer(exchange, {Reason::contract, "platform must be one of ios, android"});
  const std::string_view expected =
      R"({"response":null,"error":"validation failed: platform must be one of ios, android",)"
      R"("error_description":"1 violation","messages":{"platform":["must be one of ios, android"]},)"
      R"("violations":[{"in":"query","pointer":"/platform","rule":"validate.enum",)"
      R"("message":"must be one of ios, android","suggestion":"ios"}]})";
  CHECK(exchange->response.body == expected);
  exchange->verdict.detail = {};  // the first violation says it as well
  answer(exchange);
  CHECK(exchange->response.body == expected);
}

TEST_CASE("messages are grouped by field; nested names are joined by dots, the whole is the body") {
  TestExchange exchange("POST", "", "{}");
  const auto write = [&](std::string_view pointer, std::string_view message) {
    auto entry = entry_of("validate.x", Mode::enforce, Kind::violation);
    entry.place = Place::body;
    entry.pointer = pointer;
    entry.message = message;
    exchange->journal.write(entry);
  };
  write("/notification_preferences/alarm", "must be a boolean");
  write("/locale", "one");
  write("", "must be an object");
  write("/locale", "two");
  write("/a~1b~0c", "odd");
  answer(exchange, {Reason::contract});
  CHECK(exchange->response.body.find(
            R"("messages":{"notification_preferences.alarm":["must be a boolean"],)"
            R"("locale":["one","two"],"body":["must be an object"],"a/b~c":["odd"]})") !=
        std::string_view::npos);
  CHECK(exchange->response.body.find(R"("error_description":"5 violations")") !=
        std::string_view::npos);
}

TEST_CASE("more violations than are kept are counted") {
  TestExchange exchange("GET", "");
  for (int i = 0; i < 20; ++i)
    exchange->journal.write(entry_of("validate.x", Mode::enforce, Kind::violation));
  answer(exchange, {Reason::contract});
  rapidjson::Document body;
  body.Parse(exchange->response.body.data(), exchange->response.body.size());
  CHECK(std::string(body["error_description"].GetString()) == "20 violations");
  CHECK(body["violations"].Size() == Journal::violations_kept);
}

TEST_CASE("every reason has its status, phrase, words and fields") {
  for (int i = 1; i <= static_cast<int>(Reason::upstream_timeout); ++i) {
    const auto& row = info(static_cast<Reason>(i));
    CAPTURE(row.token);
    TestExchange exchange("GET", "");
    exchange->allowance = {20, std::chrono::seconds{7}};
    answer(exchange, {row.reason, {}});
    const auto& response = exchange->response;
    CHECK(response.status == row.status);
    CHECK(response.reason == status_phrase(row.status));
    CHECK_FALSE(response.reason.empty());
    rapidjson::Document body;
    body.Parse(response.body.data(), response.body.size());
    REQUIRE(body.IsObject());
    CHECK(body["response"].IsNull());
    CHECK(std::string_view(body["error"].GetString()) == row.message);
    CHECK(std::string_view(body["error_description"].GetString()).empty());
    CHECK_FALSE(body.HasMember("violations"));
    CHECK((field(*exchange, "allow") == "GET, POST") == (row.status == 405));
    CHECK(field(*exchange, "retry-after") == (row.status == 503   ? "1"
                                              : row.status == 429 ? "7"
                                                                  : "(none)"));
    CHECK((field(*exchange, "ratelimit-limit") == "20") == (row.status == 429));
    CHECK((field(*exchange, "www-authenticate") != "(none)") == (row.status == 401));
    CHECK(field(*exchange, "content-length") == "(none)");
  }
}

TEST_CASE("a detail follows the message, and is the description") {
  TestExchange exchange("POST", "");
  answer(exchange, {Reason::malformed_body, "line 1, column \"2\""});
  CHECK(exchange->response.body ==
        R"({"response":null,"error":"malformed JSON body: line 1, column \"2\"",)"
        R"("error_description":"line 1, column \"2\""})");
}

TEST_CASE("an answer replaces what an upstream had begun") {
  TestExchange exchange("GET", "");
  exchange->response.status = 200;
  exchange->response.headers.append("Set-Cookie", "a=b");
  answer(exchange, {Reason::upstream_garbled});
  CHECK(exchange->response.status == 502);
  CHECK(field(*exchange, "set-cookie") == "(none)");
}

TEST_CASE("the challenge has an error code only where a bearer token was tried") {
  struct Case {
    std::string_view authorization, challenge;
  };
  const Case cases[] = {
      {"", R"(Bearer realm="prefgate")"},
      {"Basic YTpi", R"(Bearer realm="prefgate")"},
      {"BearerX abc", R"(Bearer realm="prefgate")"},
      {"Bearer", R"(Bearer realm="prefgate", error="invalid_token")"},
      {"bearer a b", R"(Bearer realm="prefgate", error="invalid_token")"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.authorization);
    TestExchange exchange("GET", tests::good_query);
    exchange->request.headers.remove(FieldId::authorization);
    if (!c.authorization.empty())
      exchange->request.headers.append("Authorization", c.authorization);
    CHECK_FALSE(exchange.run());
    answer(exchange);
    CHECK(exchange->response.status == 401);
    CHECK(field(*exchange, "www-authenticate") == c.challenge);
  }
}

TEST_CASE("who names application/problem+json gets RFC 9457") {
  TestExchange exchange("GET", "locale=en&device_token=abc&device_type=ios&platform=ios", {},
                        {{"Accept", "application/problem+json"}});
  CHECK_FALSE(exchange.run());
  answer(exchange);
  CHECK(field(*exchange, "content-type") == "application/problem+json");
  rapidjson::Document body;
  body.Parse(exchange->response.body.data(), exchange->response.body.size());
  REQUIRE(body.IsObject());
  CHECK(std::string_view(body["type"].GetString()) == "urn:prefgate:problem:contract");
  CHECK(std::string_view(body["title"].GetString()) == "validation failed");
  CHECK(body["status"].GetInt() == 422);
  CHECK(std::string_view(body["instance"].GetString()) == "urn:prefgate:request:test-1");
  CHECK(body["violations"].Size() == 1);
  CHECK(std::string_view(body["detail"].GetString()).starts_with("validation failed: app_version"));
  CHECK_FALSE(body.HasMember("response"));

  exchange->request_id = "not/for a URI";
  answer(exchange);
  CHECK(exchange->response.body.find("instance") == std::string_view::npos);
}

TEST_CASE("Accept decides the form") {
  struct Case {
    std::string_view accept;
    bool problem;
  };
  const Case cases[] = {
      {"*/*", false},
      {"application/json", false},
      {"application/*", false},
      {"application/problem+jsonx", false},
      {"text/html;a=\"application/problem+json", false},
      {"application/problem+json", true},
      {"Application/Problem+JSON ;q=0.1", true},
      {"application/json, application/problem+json;charset=utf-8", true},
      {"application/problem+json;q=0", false},
      {"application/problem+json; q=0.000", false},
      {"application/problem+json;x=1;Q=0.0", false},
      {",, ,application/problem+json", true},
      {"", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.accept);
    TestExchange exchange("GET", "", {}, {{"Accept", "text/plain"}, {"Accept", c.accept}});
    answer(exchange, {Reason::internal});
    CHECK((field(*exchange, "content-type") == "application/problem+json") == c.problem);
  }
}

TEST_CASE("answering asks the heap for nothing once the arena is warm") {
  TestExchange exchange("GET", "locale=1&device_token=&device_type=ios&platform=windows");
  std::size_t asked = 0;
  for (int round = 0; round < 2; ++round) {
    exchange.reset();
    CHECK_FALSE(exchange.run());
    const auto before = tests::allocations();
    make_answer(*exchange);
    decorate(*exchange, Origin::gateway, Delivery::no);
    asked = tests::allocations() - before;
  }
  CHECK(asked == 0);
}

TEST_CASE("no value and no token of the client's is in an answer") {
  TestExchange exchange(
      "POST", "locale=SECRET-1",
      R"({"locale":"SECRET-2 ","device_token":"SECRET 3","device_type":"SECRET4",)"
      R"("platform":"SECRET-5","app_version":{"SECRET_6":1},)"
      R"("notification_preferences":{"alarm":"SECRET-7"}})");
  exchange->request.headers.set(FieldId::authorization, "Authorization", "Bearer SECRET-0");
  CHECK_FALSE(exchange.run());
  for (const bool problem : {false, true}) {
    if (problem) exchange->request.headers.append("Accept", "application/problem+json");
    answer(exchange);
    decorate(*exchange, Origin::gateway, Delivery::no);
    CHECK(exchange->response.body.find("SECRET") == std::string_view::npos);
    for (const auto& f : exchange->response.headers)
      CHECK(f.value.find("SECRET") == std::string_view::npos);
  }
}
