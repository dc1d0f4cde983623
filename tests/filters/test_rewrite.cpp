#include "filters/rewrite.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

std::string named(std::string_view platform) {
  std::string query(tests::good_query);
  return query.replace(query.find("platform="), 9, std::string(platform) + "=");
}

Settings documented() {
  Settings settings;
  settings.rewrite.parameter_names = ParameterNames::documented;
  return settings;
}

}  // namespace

TEST_CASE("documented names: a query leaves with the page's spelling, however it came") {
  const struct {
    std::string_view came, story;
  } cases[] = {
      {"platform", "rewrite.parameter_names /platfrom"},
      {"platfrom", ""},
      {"plat%66rom", ""},
      {"plaform", "repair.nearest /platform; rewrite.parameter_names /platfrom"},
      {"PLATFORM", "repair.nearest /platform; rewrite.parameter_names /platfrom"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.came);
    TestExchange exchange("GET", named(c.came));
    CHECK(exchange.run(documented()));
    CHECK(exchange.story() == c.story);
    CHECK(exchange->outgoing_query == (c.came == "plat%66rom" ? named(c.came) : named("platfrom")));
    TestExchange again("GET", exchange->outgoing_query);
    CHECK(again.run(documented()));
    CHECK(again->journal.empty());
  }
}

TEST_CASE("documented names: both spellings are one field, which can be given once") {
  TestExchange same("GET", std::string(tests::good_query) + "&platfrom=ios");
  CHECK(same.run(documented()));
  CHECK(same->outgoing_query == named("platfrom"));
  TestExchange other("GET", std::string(tests::good_query) + "&platfrom=android");
  CHECK_FALSE(other.run(documented()));
}

TEST_CASE("documented names do not reach into a body") {
  TestExchange exchange("POST", "", tests::good_body);
  CHECK(exchange.run(documented()));
  CHECK(exchange->outgoing_body == tests::good_body);
}

TEST_CASE("canonical names are what Repair leaves") {
  TestExchange exchange("GET", named("platfrom"));
  CHECK(exchange.run());
  CHECK(exchange->outgoing_query == tests::good_query);
  CHECK(exchange.story() == "repair.alias /platform");
}

TEST_CASE("header fields are removed and set, named in the journal without their values") {
  Settings settings;
  settings.rewrite.remove = {"x-debug", "x-absent"};
  settings.rewrite.set = {{"X-Api-Key", "s3cret"}, {"X-Team", "b"}, {"X-Same", "1"}};
  TestExchange exchange("GET", tests::good_query, "",
                        {{"X-Debug", "1"}, {"x-debug", "2"}, {"x-team", "a"}, {"x-same", "1"}});
  CHECK(exchange.run(settings));
  CHECK(exchange.story() ==
        "rewrite.headers /x-debug; rewrite.headers /X-Api-Key; rewrite.headers /X-Team");
  const auto& headers = exchange->request.headers;
  CHECK(headers.find("x-debug") == nullptr);
  CHECK(headers.find("x-api-key")->value == "s3cret");
  CHECK(headers.find("x-team")->value == "b");
  CHECK(headers.find("x-same")->value == "1");
  for (const auto& entry : exchange->journal) CHECK((entry.secret && entry.after.empty()));
}
