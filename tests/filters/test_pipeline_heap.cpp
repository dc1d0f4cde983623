// A warm exchange asks the heap for nothing, whatever the chain does with it.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

TEST_CASE("a warm exchange asks the heap for nothing" *
          doctest::skip(!tests::counts_allocations())) {
  const auto form = std::string(tests::good_query) +
                    "&notification_preferences[alarm]=1&notification_preferences[key_added]=false&";
  std::string misspelt(tests::good_query);
  misspelt.replace(misspelt.find("platform="), 9, "platfrom=");
  struct Case {
    std::string_view what, method;
    std::string query, body;
    std::string type = "application/json";
  };
  const Case cases[] = {
      {"clean GET", "GET", std::string(tests::good_query), ""},
      {"mended GET", "GET", misspelt, ""},
      {"refused GET", "GET", "a=1&b=2", ""},
      {"clean POST", "POST", "", tests::app_body(105)},
      {"pretty POST", "POST", "", tests::app_body(105, true)},
      {"mended POST", "POST", "", tests::page_body()},
      {"refused POST", "POST", "platform=ios",
       R"({"a":1,"a":2,"notification_preferences":{"x":null}})"},
      {"malformed POST", "POST", "", "{\"a\""},
      {"text that is JSON", "POST", "", tests::app_body(105), "text/plain"},
      {"form", "POST", "", form, "application/x-www-form-urlencoded"},
      {"malformed form", "POST", "", form + form, "application/x-www-form-urlencoded"},
      {"fields in the query", "POST", form, "{}"},
      {"fields in both", "POST", form, tests::app_body(17)},
  };
  Settings settings;
  settings.repair.placement = Mode::enforce;
  const auto pipeline = make_pipeline(settings);
  for (const auto& c : cases) {
    CAPTURE(c.what);
    TestExchange exchange(c.method, c.query, c.body);
    exchange.with_type(c.type);
    for (int warm = 0; warm < 2; ++warm) {
      exchange.reset();
      exchange.run(pipeline);
    }
    const auto before = tests::allocations();
    exchange.reset();
    exchange.run(pipeline);
    CHECK(tests::allocations() == before);
  }
}
