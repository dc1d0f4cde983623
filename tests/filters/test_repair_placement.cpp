// The rule `placement`: fields of a POST in the query.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::moved;
using tests::TestExchange;
using tests::without;

namespace {

const Settings enforced = [] {
  Settings settings;
  settings.repair.placement = Mode::enforce;
  return settings;
}();

}  // namespace

TEST_CASE("a field in the query goes to the body that lacks it") {
  const struct {
    std::string_view query, name, goes, members;
  } cases[] = {
      {"locale=en", "locale", "", R"("locale":"en")"},
      {"platform=android&txid=1", "platform", "txid=1", R"("platform":"android")"},
      {"txid=1&platform=android", "platform", "txid=1", R"("platform":"android")"},
      {"a=%41&platform=android&&b=+", "platform", "a=%41&b=+", R"("platform":"android")"},
      {"&platform=android&", "platform", "&&", R"("platform":"android")"},
      {"device_token=abc%3Adef%22", "device_token", "", R"("device_token":"abc:def\"")"},
      {"app_version=4.17", "app_version", "", R"("app_version":"4.17")"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    TestExchange exchange("POST", c.query, without(c.name));
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_query == c.goes);
    CHECK(exchange->outgoing_body == moved(c.name, c.members));
    const auto entry = "repair.placement /" + std::string(c.name);
    CHECK(exchange.story().starts_with(entry + "; " + entry));
    CHECK(exchange->journal.edits() == 2);

    TestExchange again("POST", exchange->outgoing_query, exchange->outgoing_body);
    REQUIRE(again.run(enforced));
    CHECK(again->journal.edits() == 0);
  }
}

TEST_CASE("the journal tells what left the query and what came to the body, secrets unsaid") {
  TestExchange exchange("POST", "locale=en&device_token=s3cret",
                        R"({"device_type":"ios","platform":"ios","app_version":"4",)"
                        R"("notification_preferences":{}})");
  REQUIRE(exchange.run(enforced));
  CHECK(exchange->journal.edits() == 4);
  auto entry = exchange->journal.begin();
  CHECK((entry->operation == Operation::remove && entry->place == Place::query));
  CHECK((entry->before == "\"en\"" && entry->after == ""));
  ++entry;
  CHECK((entry->operation == Operation::add && entry->place == Place::body));
  CHECK((entry->before == "" && entry->after == "\"en\""));
  for (int i = 0; i < 2; ++i) {
    ++entry;
    CHECK(entry->pointer == "/device_token");
    CHECK(entry->secret);
    CHECK((entry->before == "" && entry->after == ""));
  }
  CHECK((exchange->identity.device_token == "s3cret"));
}

TEST_CASE("what comes from the query is mended like the rest") {
  const struct {
    std::string_view query, name, members, story;
  } cases[] = {
      {"platfrom=android", "platform", R"("platform":"android")",
       "repair.alias /platform; repair.placement /platform; repair.placement /platform"},
      {"plat%66orm=+Android%09", "platform", R"("platform":"android")",
       "repair.placement /platform; repair.placement /platform; repair.value /platform"},
      {"LOCALE=en", "locale", R"("locale":"en")",
       "repair.nearest /locale; repair.placement /locale; repair.placement /locale"},
      {"notificationPreferences[alarm]=1", "notification_preferences",
       R"("notification_preferences":{"alarm":true})",
       "repair.alias /notification_preferences; repair.placement /notification_preferences; "
       "repair.placement /notification_preferences/alarm; "
       "repair.placement /notification_preferences/alarm"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    TestExchange exchange("POST", c.query, without(c.name));
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_query == "");
    CHECK(exchange->outgoing_body == moved(c.name, c.members));
    CHECK(exchange.story() == c.story);
  }
}

TEST_CASE("a map in the query becomes one object, a member of it a boolean or refused") {
  TestExchange exchange("POST",
                        "notification_preferences[alarm]=true&x=y&"
                        "notification_preferences%5Bkey_added%5D=0",
                        without("notification_preferences"));
  REQUIRE(exchange.run(enforced));
  CHECK(exchange->outgoing_query == "x=y");
  CHECK(exchange->outgoing_body ==
        moved("notification_preferences",
              R"("notification_preferences":{"alarm":true,"key_added":false})"));
  CHECK(exchange->journal.begin()->after == "{}");
  CHECK((exchange->journal.begin() + 1)->before == "\"true\"");
  CHECK((exchange->journal.begin() + 2)->after == "true");

  TestExchange wrong("POST", "notification_preferences[alarm]=s3cret",
                     without("notification_preferences"));
  CHECK_FALSE(wrong.run(enforced));
  CHECK(wrong->verdict.detail == "notification_preferences/alarm must be true or false");
  for (const auto& entry : wrong->journal) CHECK((entry.before == "" && entry.after != "s3cret"));
}

TEST_CASE("a body of nothing becomes an object, and gets a type where it has none") {
  const std::string query = std::string(tests::good_query) + "&notification_preferences[alarm]=1";
  const std::string object =
      R"({"locale":"en_GB","device_token":"abc:def","device_type":"ios","platform":"ios",)"
      R"("app_version":"4.17.0-1566","notification_preferences":{"alarm":true}})";
  const struct {
    std::optional<std::string> type;
    std::string body, goes, header;
  } cases[] = {
      {"application/json", "", object, ""},
      {"application/json", "{}", object, ""},
      {"application/json", "\n", object + "\n", ""},
      {"application/json", " { } ", " " + object.substr(0, object.size() - 1) + " } ", ""},
      {std::nullopt, "", object, "repair.encoding"},
      {std::nullopt, "{}", object, "repair.encoding"},
      {"text/plain", "", object, "repair.encoding"},
      {"application/x-www-form-urlencoded", "", object, "repair.encoding"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    TestExchange exchange("POST", query, c.body);
    exchange.with_type(c.type);
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_query == "");
    CHECK(exchange->outgoing_body == c.goes);
    CHECK(exchange->request.headers.find(FieldId::content_type)->value == "application/json");
    for (const auto& entry : exchange->journal)
      if (entry.place == Place::header) CHECK(entry.rule == c.header);
  }
  // The type is the rule's own to add, where it makes the body.
  auto settings = enforced;
  settings.repair.encoding = Mode::off;
  TestExchange alone("POST", query, "");
  alone.with_type(std::nullopt);
  REQUIRE(alone.run(settings));
  CHECK(alone.story().ends_with("; repair.placement /content-type"));
  TestExchange other("POST", query, "{}");
  other.with_type(std::nullopt);
  CHECK_FALSE(other.run(settings));
  CHECK(other->verdict.reason == Reason::media_type);
  CHECK(other->verdict.detail == "none is given");
}

TEST_CASE("a form in the body gets the query's fields too") {
  TestExchange exchange("POST", "platfrom=ios&notification_preferences[alarm]=1",
                        "locale=en&device_token=a&device_type=iOS&app_version=4");
  exchange.with_type("application/x-www-form-urlencoded");
  REQUIRE(exchange.run(enforced));
  CHECK(exchange->outgoing_query == "");
  CHECK(exchange->outgoing_body ==
        R"({"locale":"en","device_token":"a","device_type":"ios","app_version":"4",)"
        R"("platform":"ios","notification_preferences":{"alarm":true}})");
}

TEST_CASE("a field in both places with one value is dropped from the query") {
  for (const std::string_view query :
       {"locale=en", "platform=Android", "platfrom=android", "app_version=%204.17.0",
        "platform=android&platfrom=ANDROID", "device_token=abc%3Adef"}) {
    CAPTURE(query);
    TestExchange exchange("POST", query, tests::good_body);
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_query == "");
    CHECK(exchange->outgoing_body.data() == exchange->request.body.data());
    for (const auto& entry : exchange->journal) {
      CHECK(entry.rule == "repair.placement");
      CHECK((entry.operation == Operation::remove && entry.place == Place::query));
    }
  }
  TestExchange number("POST", "app_version=4.17&x=1",
                      moved("app_version", R"("app_version":4.17)"));
  REQUIRE(number.run(enforced));
  CHECK(number->outgoing_query == "x=1");
  CHECK(number->outgoing_body == moved("app_version", R"("app_version":"4.17")"));
}

TEST_CASE("fields go in behind what is removed, and before what is invisible") {
  const struct {
    std::string_view query, body, goes;
  } cases[] = {
      {"app_version=4",
       R"({"locale":"en","device_token":"a","device_type":"ios",)"
       R"("notification_preferences":{},"platform":"ios","platfrom":"iOS"})",
       R"({"locale":"en","device_token":"a","device_type":"ios",)"
       R"("notification_preferences":{},"platform":"ios","app_version":"4"})"},
      {"app_version=4",
       "\xEF\xBB\xBF{\"locale\":\"en\",\"device_token\":\"a\",\"device_type\":\"ios\","
       "\"platform\":\"ios\",\n\xE2\x80\x8B "
       "\"notification_preferences\":{}\xE2\x80\x8B\n}\xE2\x80\x8B",
       "{\"locale\":\"en\",\"device_token\":\"a\",\"device_type\":\"ios\","
       "\"platform\":\"ios\",\n \"notification_preferences\":{}, \"app_version\":\"4\"\n}"},
      {"app_version=+4",
       "{\n  \"platfrom\": \"iOS\",\n  \"locale\": \"en\",\n  \"device_token\": \"a\",\n"
       "  \"device_type\": \"ios\",\n  \"notification_preferences\": {\"alarm\": 1}\n}\n",
       "{\n  \"platform\": \"ios\",\n  \"locale\": \"en\",\n  \"device_token\": \"a\",\n"
       "  \"device_type\": \"ios\",\n  \"notification_preferences\": {\"alarm\": true},\n"
       "  \"app_version\": \"4\"\n}\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    TestExchange exchange("POST", c.query, c.body);
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_body == c.goes);
  }
}
