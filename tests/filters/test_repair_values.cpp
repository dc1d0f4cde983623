#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

std::string with(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  REQUIRE(at != out.npos);
  return out.replace(at, from.size(), to);
}

struct Case {
  std::string_view from, came, goes;
  std::string_view story;  // empty: nothing happens, and the request is refused
};

}  // namespace

TEST_CASE("values in a query lose white space and wrong letter case, nothing else") {
  const Case cases[] = {
      {"platform=ios", "platform=iOS", "platform=ios", "repair.value /platform"},
      {"platform=ios", "platform=IOS", "platform=ios", "repair.value /platform"},
      {"platform=ios", "platform=+iOS%20", "platform=ios", "repair.value /platform"},
      {"platform=ios", "platform=%69OS", "platform=ios", "repair.value /platform"},
      {"platform=ios", "platform=%20%69os", "platform=%69os", "repair.value /platform"},
      {"device_type=ios", "device_type=Android-Beta", "device_type=android-beta",
       "repair.value /device_type"},
      {"locale=en_GB", "locale=+%09en_GB%0d%0A+", "locale=en_GB", "repair.value /locale"},
      {"app_version=4.17.0-1566", "app_version=%204.17.0-1566", "app_version=4.17.0-1566",
       "repair.value /app_version"},
      {"device_token=abc%3Adef", "device_token=%20abc%3Adef+", "device_token=abc%3Adef",
       "repair.value /device_token"},
      {"platform=ios", "platform=windows", "", ""},
      {"platform=ios", "platform=+windows+", "", ""},
      {"platform=ios", "platform=+", "", ""},
      {"platform=ios", "platform=i%20os", "", ""},
      {"locale=en_GB", "locale=%C2%A0en_GB", "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.came);
    TestExchange exchange("GET", with(tests::good_query, c.from, c.came));
    CHECK(exchange.run() == !c.story.empty());
    if (c.story.empty()) {
      CHECK(exchange->journal.edits() == 0);
      continue;
    }
    CHECK(exchange.story() == c.story);
    CHECK(exchange->outgoing_query == with(tests::good_query, c.from, c.goes));
  }
}

TEST_CASE("values in a body likewise, and types are mended") {
  const Case cases[] = {
      {R"("platform":"android")", R"("platform":"Android")", R"("platform":"android")",
       "repair.value /platform"},
      {R"("platform":"android")", R"("platform":" \t\u0020Android\u000A\n ")",
       R"("platform":"android")", "repair.value /platform"},
      {R"("locale":"en")", R"("locale":" \u0065n\r")", R"("locale":"\u0065n")",
       "repair.value /locale"},
      {R"("locale":"en")", R"("locale":"en-GB")", R"("locale":"en-GB")", "-"},
      {R"("app_version":"4.17.0")", R"("app_version":4.17)", R"("app_version":"4.17")",
       "repair.type /app_version"},
      {R"("app_version":"4.17.0")", R"("app_version" : 4 )", R"("app_version" : "4" )",
       "repair.type /app_version"},
      {R"("alarm":true)", R"("alarm":"true")", R"("alarm":true)",
       "repair.type /notification_preferences/alarm"},
      {R"("alarm":true)", R"("alarm":"f\u0061lse")", R"("alarm":false)",
       "repair.type /notification_preferences/alarm"},
      {R"("alarm":true)", R"("alarm":1,"car_active":0)", R"("alarm":true,"car_active":false)",
       "repair.type /notification_preferences/alarm; "
       "repair.type /notification_preferences/car_active"},
      {R"("alarm":true)", R"("alarm":"True")", "", ""},
      {R"("alarm":true)", R"("alarm":" true")", "", ""},
      {R"("alarm":true)", R"("alarm":1.0)", "", ""},
      {R"("alarm":true)", R"("alarm":2)", "", ""},
      {R"("alarm":true)", R"("alarm":null)", "", ""},
      {R"("alarm":true)", R"("alarm":{"x":"true"})", "", ""},
      {R"("app_version":"4.17.0")", R"("app_version":-4)", "", ""},
      {R"("app_version":"4.17.0")", R"("app_version":4e1)", "", ""},
      {R"("app_version":"4.17.0")", R"("app_version":true)", "", ""},
      {R"("platform":"android")", R"("platform":1)", "", ""},
      {R"("device_token":"abc:def")", R"("device_token":12345)", "", ""},
      {R"("locale":"en")", R"("locale":"\\n en")", "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.came);
    TestExchange exchange("POST", "", with(tests::good_body, c.from, c.came));
    CHECK(exchange.run() == !c.story.empty());
    if (c.story.empty()) {
      CHECK(exchange->journal.edits() == 0);
      continue;
    }
    CHECK(exchange.story() == (c.story == "-" ? "" : c.story));
    CHECK(exchange->outgoing_body == with(tests::good_body, c.from, c.goes));
  }
}

TEST_CASE("entries tell the value before and after, as JSON text") {
  TestExchange exchange("GET", with(tests::good_query, "platform=ios", "platform=+%69OS%09"));
  REQUIRE(exchange.run());
  const auto& entry = *exchange->journal.begin();
  CHECK(entry.operation == Operation::replace);
  CHECK(entry.before == R"(" iOS\t")");
  CHECK(entry.after == "\"ios\"");
}

TEST_CASE("the document shows what will be sent") {
  TestExchange exchange("POST", "",
                        with(with(tests::good_body, "\"4.17.0\"", "4.17"), "true", "\"false\""));
  REQUIRE(exchange.run());
  const auto& endpoint = Contract::builtin().endpoints()[0];
  const auto* version = exchange->field(endpoint.find("app_version"));
  CHECK(version->type == Type::string);
  CHECK(version->text == "4.17");
  const auto& alarm =
      exchange->body.members[exchange->fields[endpoint.find("notification_preferences")] + 1];
  CHECK(alarm.type == Type::boolean);
  CHECK(alarm.text == "false");
}

TEST_CASE("the device token is noted decoded and mended, and stays out of the journal") {
  TestExchange exchange(
      "GET", with(tests::good_query, "device_token=abc%3Adef", "device_token=+s%33cret%3A+"));
  REQUIRE(exchange.run());
  CHECK((exchange->identity.device_token == "s3cret:"));
  const auto& entry = *exchange->journal.begin();
  CHECK(entry.secret);
  CHECK((entry.before.empty() && entry.after.empty()));
}

TEST_CASE("below enforce values stay, and Validate judges them as they stand") {
  Settings settings;
  settings.repair.value = settings.repair.type = Mode::warn;
  const auto body =
      with(with(tests::good_body, "\"platform\":\"android\"", "\"platform\":\"Android\""),
           "\"4.17.0\"", "4.17");
  TestExchange exchange("POST", "", body);
  CHECK_FALSE(exchange.run(settings));
  CHECK(exchange.story() ==
        "finding repair.value /platform; finding repair.type /app_version; "
        "violation validate.enum /platform; violation validate.type /app_version");
  const auto& entry = *exchange->journal.begin();
  CHECK(entry.before == "\"Android\"");
  CHECK(entry.after == "\"android\"");
  settings.repair.value = settings.repair.type = Mode::off;
  TestExchange again("POST", "", body);
  CHECK_FALSE(again.run(settings));
  CHECK(again->journal.findings() == 0);
}

TEST_CASE("more preferences than the contract allows are not mended one by one") {
  std::string map;
  for (int i = 0; i < 513; ++i) map += (i ? ",\"p" : "\"p") + std::to_string(i) + "\":1";
  TestExchange exchange("POST", "", with(tests::good_body, "\"alarm\":true", map));
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.edits() == 0);
}
