#include "filters/repair.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

TEST_CASE("the API page's own example is mended to valid JSON, with nothing else changed") {
  const std::string body = tests::page_body();
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run());
  const std::string_view mangled = "\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9";
  auto expected = body;
  expected.erase(expected.find(mangled), mangled.size());
  CHECK(exchange->outgoing_body == expected);
  CHECK(exchange.story() == "repair.invisible ");
  CHECK(exchange->journal.begin()->message ==
        "invisible characters outside strings: 1, the first at line 18, column 27");
}

TEST_CASE("an invisible character between the letters of a word joins nothing") {
  for (const std::string_view wrong : {"tr\xE2\x80\x8Bue",
                                       "1\xE2\x80\x8B"
                                       "2",
                                       "\xE2\x80\x8B"}) {
    std::string body(tests::good_body);
    body.replace(body.find("true"), 4, wrong);
    TestExchange exchange("POST", "", body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->verdict.reason == Reason::malformed_body);
    CHECK(exchange->journal.edits() == 0);
  }
}

TEST_CASE("below enforce the rule tells of the character, and the body is no JSON") {
  Settings settings;
  settings.repair.invisible = Mode::observe;
  TestExchange exchange("POST", "", tests::page_body());
  CHECK_FALSE(exchange.run(settings));
  CHECK(exchange->verdict.reason == Reason::malformed_body);
  CHECK(exchange.story() == "finding repair.invisible ");
}

TEST_CASE("what is no query or no JSON is left for Validate to refuse, with its place") {
  TestExchange query("GET", "locale=en;platform=ios");
  CHECK_FALSE(query.run());
  CHECK(query->verdict.reason == Reason::malformed_query);
  CHECK(query->verdict.detail.starts_with("line 1, column 10: "));
  TestExchange body("POST", "", "{\n\"a\":}");
  CHECK_FALSE(body.run());
  CHECK(body->verdict.reason == Reason::malformed_body);
  CHECK(body->verdict.detail.starts_with("line 2, column 5: "));
}

TEST_CASE("a real app's body passes byte for byte") {
  for (const bool pretty : {false, true}) {
    const auto body = tests::app_body(105, pretty);
    TestExchange exchange("POST", "", body);
    REQUIRE(exchange.run());
    CHECK(exchange->outgoing_body == body);
    CHECK(exchange->outgoing_body.data() == exchange->request.body.data());  // not even copied
    CHECK(exchange->journal.empty());
  }
}
