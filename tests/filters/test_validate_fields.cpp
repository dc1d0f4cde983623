#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

std::string preferences(std::string_view map) {
  std::string body(tests::good_body);
  return body.replace(body.find("{\"alarm\":true}"), 14, map);
}

std::string numbered(int count, std::string_view value) {
  std::string map = "{";
  for (int i = 0; i < count; ++i)
    map.append(i ? ",\"p" : "\"p").append(std::to_string(i)).append("\":").append(value);
  return map + "}";
}

}  // namespace

TEST_CASE("each fault of a field is named at its place, in words that hold no value") {
  const struct {
    std::string_view from, to, story, message;
  } cases[] = {
      {R"("locale":"en",)", "", "violation validate.required /locale", "is required"},
      {R"("locale":"en")", R"("locale":"")", "violation validate.empty /locale", "is empty"},
      {R"("locale":"en")", R"("locale":" ")", "violation validate.pattern /locale",
       "must be a language tag such as en or en_GB"},
      {R"("locale":"en")", R"("locale":null)", "violation validate.type /locale",
       "must be a string"},
      {R"("locale":"en")", R"("locale":["en"])", "violation validate.type /locale",
       "must be a string"},
      {R"("locale":"en")", R"("locale":{"en":{"x":[1]}})", "violation validate.type /locale",
       "must be a string"},
      {R"("locale":"en")", R"("locale":true)", "violation validate.type /locale",
       "must be a string"},
      {R"("platform":"android")", R"("platform":"symbian")", "violation validate.enum /platform",
       "must be one of ios, android"},
      {R"("app_version":"4.17.0")", R"("app_version":"latest")",
       "violation validate.pattern /app_version",
       "must be a version such as 4.17.0 or 4.17.0-1566"},
      {R"("device_token":"abc:def")", R"("device_token":"a b")",
       "violation validate.pattern /device_token",
       "must be 1 to 4096 printable characters without spaces"},
      {R"({"alarm":true})", "null", "violation validate.type /notification_preferences",
       "must be an object"},
      {R"({"alarm":true})", "[true]", "violation validate.type /notification_preferences",
       "must be an object"},
      {R"({"alarm":true})", "\"alarm\"", "violation validate.type /notification_preferences",
       "must be an object"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    std::string body(tests::good_body);
    body.replace(body.find(c.from), c.from.size(), c.to);
    TestExchange exchange("POST", "", body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange.story() == c.story);
    CHECK(exchange->journal.begin()->message == c.message);
    CHECK(exchange->journal.begin()->place == Place::body);
  }
}

TEST_CASE("each preference that is no boolean, or has no proper name, is named") {
  TestExchange exchange("POST", "",
                        preferences(R"({"alarm":null,"car_active":{"x":{"y":1}},"a b":true,"":"x",)"
                                    R"("key_added":[true],"key_removed":false})"));
  CHECK_FALSE(exchange.run());
  CHECK(exchange.story() ==
        "violation validate.type /notification_preferences/alarm; "
        "violation validate.type /notification_preferences/car_active; "
        "violation validate.preference_name /notification_preferences/(name of 3 bytes); "
        "violation validate.preference_name /notification_preferences/(name of 0 bytes); "
        "violation validate.type /notification_preferences/(name of 0 bytes); "
        "violation validate.type /notification_preferences/key_added");
}

TEST_CASE("512 preferences are allowed, 513 are not; none is allowed too") {
  TestExchange most("POST", "", preferences(numbered(512, "true")));
  CHECK(most.run());
  TestExchange more("POST", "", preferences(numbered(513, "true")));
  CHECK_FALSE(more.run());
  CHECK(more->verdict.detail == "notification_preferences must have at most 512 members");
  TestExchange none("POST", "", preferences("{}"));
  CHECK(none.run());
}

TEST_CASE("unknown preferences are findings with a suggestion, or violations where so set") {
  const auto body = preferences(R"({"alarn":true,"brand_new_thing":false,"alarm":true})");
  TestExchange exchange("POST", "", body);
  CHECK(exchange.run());
  CHECK(exchange->outgoing_body == body);
  CHECK(exchange.story() ==
        "finding validate.unknown_preference /notification_preferences/alarn; "
        "finding validate.unknown_preference /notification_preferences/brand_new_thing");
  CHECK(exchange->journal.begin()->suggestion == "alarm");
  CHECK(exchange->journal.begin()->mode == Mode::observe);

  Settings settings;
  settings.validate.unknown_preferences = Mode::enforce;
  TestExchange strict("POST", "", body);
  CHECK_FALSE(strict.run(settings));
  CHECK(strict->journal.violations() == 2);
  settings.validate.unknown_preferences = Mode::off;
  TestExchange silent("POST", "", body);
  CHECK(silent.run(settings));
  CHECK(silent->journal.empty());
}

TEST_CASE("a wrong value of an enumeration is answered with the right one that is near") {
  std::string query(tests::good_query);
  query.replace(query.find("platform=ios"), 12, "platform=androd");
  TestExchange exchange("GET", query);
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.begin()->suggestion == "android");
}

TEST_CASE("a GET without parameters misses all five") {
  TestExchange exchange("GET", "");
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.violations() == 5);
}

TEST_CASE("a POST of an empty object misses all six") {
  TestExchange exchange("POST", "", "{}");
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.violations() == 6);
}
