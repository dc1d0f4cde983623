#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

TEST_CASE("unknown parameters go on with a finding, or are refused where so set") {
  const auto query = std::string(tests::good_query) + "&utm=x&platforn=ios";
  TestExchange exchange("GET", query);
  CHECK(exchange.run());
  CHECK(exchange->outgoing_query == query);
  CHECK(exchange.story() ==
        "finding validate.unknown_parameter /utm; finding validate.unknown_parameter /platforn");
  CHECK(exchange->journal.begin()->suggestion == "");
  CHECK((exchange->journal.begin() + 1)->suggestion == "platform");

  Settings settings;
  settings.validate.unknown_parameters = Mode::enforce;
  TestExchange strict("GET", query);
  CHECK_FALSE(strict.run(settings));
  CHECK(strict->verdict.detail == "utm is not a known parameter");
  settings.validate.all = Mode::observe;
  TestExchange loose("GET", query);
  CHECK(loose.run(settings));
  settings.validate = {};
  settings.validate.unknown_parameters = Mode::off;
  TestExchange silent("GET", query);
  CHECK(silent.run(settings));
  CHECK(silent->journal.empty());
}

TEST_CASE("names that some servers take for a field are refused in a query") {
  for (const std::string_view name : {"platform[]",        "platform%5B%5D",
                                      "platform[x]",       "platform[x][y]",
                                      "[platform]",        "platform]",
                                      "%20%20platform",    "platform%00",
                                      "platform%20%20",    "platform%00[]",
                                      "platfrom[]",        "deviceToken[a]",
                                      "platfor[]",         "notification_preferences[alarm]",
                                      "device[type",       "app%5Bversion",
                                      "platform.",         "platform.x",
                                      "platform%E2%80%8B", "%EF%BB%BFplatform"}) {
    CAPTURE(name);
    TestExchange exchange("GET", std::string(tests::good_query) + "&" + std::string(name) + "=x");
    CHECK_FALSE(exchange.run());
    CHECK(exchange->journal.violations() == 1);
    CHECK(exchange->journal.begin()->rule == "validate.ambiguous_name");
    CHECK_FALSE(exchange->journal.begin()->suggestion.empty());
  }
  for (const std::string_view name : {"filter[]", "x[platform]", "[]"}) {
    CAPTURE(name);
    TestExchange exchange("GET", std::string(tests::good_query) + "&" + std::string(name) + "=x");
    CHECK(exchange.run());
  }
}

TEST_CASE("a POST has its fields in the body, under no spelling in the query") {
  for (const std::string_view name : {"platform", "platfrom", "PLATFORM", "plaform", "platform[]",
                                      "deviceToken", "notification_preferences[alarm]"}) {
    CAPTURE(name);
    TestExchange exchange("POST", std::string(name) + "=ios", tests::good_body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->journal.begin()->rule == "validate.misplaced");
    CHECK(exchange->journal.begin()->place == Place::query);
    CHECK(exchange->journal.violations() == 1);
  }
  TestExchange other("POST", "txid=1", tests::good_body);
  CHECK(other.run());
  CHECK(other.story() == "finding validate.unknown_parameter /txid");
  TestExchange twice("POST", "txid=1&txid=1", tests::good_body);
  CHECK_FALSE(twice.run());
  CHECK(twice.story() ==
        "violation repair.duplicate /txid; finding validate.unknown_parameter /txid");
}

TEST_CASE("a name given twice is refused at any depth of a body, with equal values too") {
  const struct {
    std::string_view from, to, pointer;
  } cases[] = {
      {R"("locale":"en")", R"("locale":"en","locale":"en")", "/locale"},
      {R"("locale":"en")", R"("locale":"en","loc\u0061le":"de")", "/locale"},
      {R"("locale":"en")", R"("locale":"en","x":1,"x":1)", "/x"},
      {R"("alarm":true)", R"("alarm":true,"alarm":true)", "/notification_preferences/alarm"},
      {R"("alarm":true)", R"("alarm":true,"\u0061larm":false)", "/notification_preferences/alarm"},
      {R"("locale":"en")", R"("locale":"en","x":{"y":[[{"z":1,"z":1}]]})", "/x/y/z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    std::string body(tests::good_body);
    body.replace(body.find(c.from), c.from.size(), c.to);
    TestExchange exchange("POST", "", body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->journal.begin()->rule == "repair.duplicate");
    CHECK(exchange->journal.begin()->pointer == c.pointer);
    CHECK(exchange->journal.violations() == 1);
  }
}

TEST_CASE("a name that could be a token is not repeated in any entry") {
  const std::string token(64, 'f');
  for (const auto& query : {token, token + "=" + token, token + "&" + token, "[" + token + "]=1"}) {
    TestExchange exchange("GET", query);
    CHECK_FALSE(exchange.run());
    for (const auto& entry : exchange->journal)
      for (const auto text :
           {entry.pointer, entry.from, entry.before, entry.after, entry.message, entry.suggestion})
        CHECK((text.find(token) == std::string_view::npos));
    CHECK((exchange->verdict.detail.find(token) == std::string_view::npos));
  }
}

TEST_CASE("ten thousand repeated names are counted in no time worth mention") {
  std::string query(tests::good_query);
  for (int i = 0; i < 10'000; ++i) query += "&x";
  TestExchange exchange("GET", query);
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.violations() == 9'999);
}

TEST_CASE("former bugs") {
  // Names that some server reads as a field that is there already, or as the method, were unknown
  // parameters, and so passed on.
  const struct {
    std::string_view name, rule;
  } cases[] = {
      {"device.type", "validate.ambiguous_name"},
      {"device type", "validate.ambiguous_name"},
      {"Device-Type", "validate.ambiguous_name"},
      {"DEVICE.TOKEN", "validate.ambiguous_name"},
      {"device_to\xE2\x84\xAA\145n", "validate.ambiguous_name"},       // the Kelvin sign
      {"notification_preference\xC5\xBF", "validate.ambiguous_name"},  // a long s
      {"platform[]", "validate.ambiguous_name"},
      {"platform[0]", "validate.ambiguous_name"},
      {"platform[", "validate.ambiguous_name"},
      {"platform.", "validate.ambiguous_name"},
      {"platform.x", "validate.ambiguous_name"},
      {" platform", "validate.ambiguous_name"},
      {"platform\\n", "validate.ambiguous_name"},
      {"platform\\u0000", "validate.ambiguous_name"},
      {"\xEF\xBB\xBFplatform", "validate.ambiguous_name"},
      {"device[type", "validate.ambiguous_name"},
      {"notification_preferences[alarm]", "validate.ambiguous_name"},
      {"notification_preferences.alarm", "validate.ambiguous_name"},
      {"notification_preferences\\u0000", "validate.ambiguous_name"},
      {"_method", "validate.method_override"},
      {"_Method", "validate.method_override"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    std::string body(tests::good_body);
    body.insert(1, "\"" + std::string(c.name) + "\":\"x\",");
    TestExchange exchange("POST", "", body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->journal.begin()->rule == c.rule);
    CHECK(exchange->journal.violations() == 1);
  }
  TestExchange misplaced("POST", "app+version=4", tests::good_body);
  CHECK_FALSE(misplaced.run());
  CHECK(misplaced.story() == "violation validate.misplaced /(name of 11 bytes)");
  for (const std::string_view query : {"_method=DELETE", "_method[]=DELETE", "%5Fmethod=DELETE"}) {
    CAPTURE(query);
    TestExchange exchange("POST", query, tests::good_body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->journal.begin()->rule == "validate.method_override");
  }
}
