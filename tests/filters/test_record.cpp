#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "filters/record.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/records.hpp"

using namespace filters;
using namespace tests;

TEST_CASE("a forwarded request is recorded as it came, as it left, and as it ended") {
  TestExchange exchange(
      "GET", "locale=en&device_token=abc%3Adef&device_type=ios&platfrom=ios&app_version=4.17.0", {},
      {{"User-Agent", "TeslaApp/4.17.0-1566"}});
  exchange->now = std::chrono::system_clock::from_time_t(1795374164) + std::chrono::microseconds(5);
  REQUIRE(exchange.run());
  CHECK(render(*exchange, forwarded()) ==
        R"({"time":"2026-11-22T19:02:44.000005Z","id":"test-1",)"
        R"("decision":"forwarded","ending":"answered",)"
        R"("delivery":"yes","governed":true,"duration_us":1234,)"
        R"("client.address":"192.0.2.7","client.port":50000,"network.protocol.version":"1.1",)"
        R"("url.scheme":"https","http.request.method":"GET",)"
        R"("url.path":"/api/1/notification_preferences",)"
        R"("server.address":"owner-api.teslamotors.com",)"
        R"("user_agent.original":"TeslaApp/4.17.0-1566","http.request.body.size":700,)"
        R"("http.response.status_code":200,"http.response.body.size":12,)"
        R"("upstream.address":"198.51.100.1:443","upstream.status":200,)"
        R"("upstream.reused":true,)"
        R"("upstream.duration_us":1000,)"
        R"("bearer_token":"hmac-sha256:01234567:aa",)"
        R"("device_token":"hmac-sha256:01234567:bb",)"
        R"("fields":{"locale":"en","device_type":"ios","platform":"ios",)"
        R"("app_version":"4.17.0"},)"
        R"("edits":[{"rule":"repair.alias","mode":"enforce","in":"query","op":"move",)"
        R"("from":"/platfrom","path":"/platform"}]})");
}

TEST_CASE("the preferences of a body are recorded as they leave") {
  const auto body = tests::app_body(105);
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run());
  rapidjson::Document record;
  render(*exchange, forwarded(), record);
  CHECK(record["preferences"].MemberCount() == 105);
  rapidjson::Document sent;
  sent.Parse(body.data(), body.size());
  CHECK(record["preferences"] == sent["notification_preferences"]);
  CHECK_FALSE(record.HasMember("edits"));
  CHECK(std::string_view(record["fields"]["device_type"].GetString()) ==
        "android-production-firebase");
  CHECK_FALSE(record["fields"].HasMember("device_token"));
}

TEST_CASE("an edit is a patch operation with the value before it; the record has the value after") {
  TestExchange exchange(
      "POST", "",
      R"({"locale":"en","device_token":"abc","device_type":"iOS","platform":"ios",)"
      R"("app_version":4.17,"notification_preferences":{"alarm":"true","key_added":0}})");
  REQUIRE(exchange.run());
  rapidjson::Document record;
  const auto text = render(*exchange, forwarded(), record);
  CHECK(has(text,
            R"("in":"body","op":"replace","path":"/device_type","value":"ios","before":"iOS")"));
  CHECK(has(text, R"("op":"replace","path":"/app_version","value":"4.17","before":4.17)"));
  CHECK(has(text, R"("path":"/notification_preferences/alarm","value":true,"before":"true")"));
  CHECK(has(text, R"("preferences":{"alarm":true,"key_added":false})"));
  CHECK(has(text, R"("device_type":"ios","platform":"ios","app_version":"4.17"})"));
}

TEST_CASE("a rejected request is recorded with its reason and violations") {
  TestExchange exchange("GET", "locale=en&device_token=abc&device_type=ios&platform=windows");
  CHECK_FALSE(exchange.run());
  auto outcome = outcome_of(Decision::rejected);
  outcome.status = 422;
  rapidjson::Document record;
  const auto text = render(*exchange, outcome, record);
  CHECK(std::string_view(record["decision"].GetString()) == "rejected");
  CHECK(std::string_view(record["reason"].GetString()) == "contract");
  CHECK(record["violations"].Size() == 2);
  CHECK_FALSE(has(text, "upstream."));
  // The value that the contract did not accept is nowhere; those it did are.
  CHECK_FALSE(has(text, "windows"));
  CHECK(has(text, R"("fields":{"locale":"en","device_type":"ios"})"));
}

TEST_CASE("words of a record are stable") {
  TestExchange exchange("GET", "");
  struct Case {
    Ending ending;
    Delivery delivery;
    std::string_view written;
  };
  for (const auto& c :
       {Case{Ending::none, Delivery::none, R"("none","delivery":"none")"},
        Case{Ending::answered, Delivery::no, R"("answered","delivery":"no")"},
        Case{Ending::client_aborted, Delivery::unknown, R"("client_aborted","delivery":"unknown")"},
        Case{Ending::upstream_aborted, Delivery::yes, R"("upstream_aborted","delivery":"yes")"}}) {
    Outcome outcome;
    outcome.ending = c.ending;
    outcome.delivery = c.delivery;
    CHECK(has(render(*exchange, outcome), c.written));
  }
}

TEST_CASE("an upstream's failure is recorded, with no address where none was chosen") {
  TestExchange exchange("GET", "");
  Outcome outcome;
  outcome.failure = "resolve_failed";
  outcome.retried = true;
  const auto record = render(*exchange, outcome);
  CHECK(has(record, R"("upstream.failure":"resolve_failed")"));
  CHECK(has(record, R"("upstream.retried":true)"));
  CHECK_FALSE(has(record, "upstream.address"));
  CHECK_FALSE(has(record, "http.response"));
}

TEST_CASE("methods are those of the conventions, or _OTHER beside their name") {
  for (const auto* method : {"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"})
    CHECK(has(render(*TestExchange(method, ""), {}),
              R"("http.request.method":")" + std::string(method) + "\""));
  CHECK(has(render(*TestExchange("get", ""), {}),
            R"("http.request.method":"_OTHER","http.request.method_original":"get")"));
  CHECK_FALSE(has(render(*TestExchange("", ""), {}), "http.request.method"));
}

TEST_CASE("the query of a target is never recorded") {
  TestExchange exchange("GET", "q=SECRET&locale=SECRET1");
  CHECK_FALSE(exchange.run());
  CHECK_FALSE(has(render(*exchange, {}), "SECRET"));
}

TEST_CASE("no secret, and nothing the contract did not accept, is in a record") {
  const std::string bodies[] = {
      R"({"locale":"en","deviceToken":"SECRET-3","device_type":"ios","platform":"ios",)"
      R"("app_version":"4.17.0","notification_preferences":{"alarm":true}})",
      R"({"locale":"SECRET-2 ","device_token":"SECRET 3","device_type":"SECRET4",)"
      R"("platform":"SECRET-5","app_version":{"SECRET_6":1},)"
      R"("notification_preferences":{"alarm":"SECRET-7","SECRET 8":true,"key_added":true}})",
      R"({"device_token":"SECRET-3","device_token":"SECRET-4","devicetoken":"SECRET-5"})",
      R"({"device_token":["SECRET"],"notification_preferences":["SECRET"]})",
      R"({"device_token":" SECRET-3 ","device_token_":"SECRET-6","locale":1)",
  };
  for (const auto& body : bodies)
    for (const auto mode : {Mode::enforce, Mode::observe}) {
      CAPTURE(body);
      TestExchange exchange("POST", "device_token=SECRET-9", body);
      exchange->request.headers.set(FieldId::authorization, "Authorization", "Bearer SECRET-0");
      Settings settings;
      settings.validate.all = mode;
      exchange.run(settings);
      const auto record = render(*exchange, forwarded());
      CAPTURE(record);
      CHECK_FALSE(has(record, "SECRET"));
    }
}
