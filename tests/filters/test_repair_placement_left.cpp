// The rule `placement`: what it leaves in the query of a POST, for Validate to refuse.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::moved;
using tests::TestExchange;
using tests::without;

namespace {

Settings with_placement(Mode mode) {
  Settings settings;
  settings.repair.placement = mode;
  return settings;
}

}  // namespace

TEST_CASE("what contradicts stays where it is and is refused, in enforce as below it") {
  const std::string disagrees = "belongs in the body, and disagrees with another value given";
  const std::string belongs = "belongs in the body";
  const struct {
    std::string_view what;
    std::string query, body;
    std::string pointer, message;  // of the first violation; "" where that is another rule's
  } cases[] = {
      {"another value", "platform=ios", std::string(tests::good_body), "/platform", disagrees},
      {"another value, misspelt", "platfrom=ios", std::string(tests::good_body), "/platfrom",
       disagrees},
      {"another type", "locale=en", moved("locale", R"("locale":{})"), "/locale", disagrees},
      {"two in the query", "platform=ios&platfrom=android", without("platform"), "/platform",
       belongs},
      {"one right, one wrong", "platform=android&platfrom=ios", std::string(tests::good_body),
       "/platform", belongs},
      {"a list", "platform=android&platform[]=ios", without("platform"), "/platform", belongs},
      {"an object", "platform[x]=android", without("platform"), "(name", belongs},
      {"a blank before", "platform=android&+platform=ios", without("platform"), "/platform",
       belongs},
      {"a near miss of a name that is there", "plaform=android", std::string(tests::good_body),
       "/plaform", belongs},
      {"a map where the body has one", "notification_preferences[alarm]=true",
       std::string(tests::good_body), "(name", belongs},
      {"a map under two names",
       "notification_preferences[alarm]=true&notificationPreferences[x]=true",
       without("notification_preferences"), "(name", belongs},
      {"a map as a value", "notification_preferences={}", without("notification_preferences"),
       "/notification_preferences", belongs},
      {"a map and a value", "notification_preferences[alarm]=true&notification_preferences=1",
       without("notification_preferences"), "(name", belongs},
      {"the same name twice", "platform=android&platform=android", without("platform"), "", ""},
      {"a name twice in the body", "platform=android", R"({"locale":"en","locale":"en"})", "", ""},
      {"spellings that disagree in the body", "locale=en",
       R"({"platform":"ios","platfrom":"android"})", "/locale", belongs},
  };
  for (const auto& c : cases)
    for (const Mode mode : {Mode::off, Mode::observe, Mode::warn, Mode::enforce}) {
      CAPTURE(c.what);
      TestExchange exchange("POST", c.query, c.body);
      CHECK_FALSE(exchange.run(with_placement(mode)));
      CHECK(exchange->verdict.reason == Reason::contract);
      CHECK(exchange->query_edits.empty());
      CHECK(exchange->body_edits.empty());
      CHECK(exchange->body.source == c.body);
      const auto& journal = exchange->journal;
      const auto first = std::find_if(journal.begin(), journal.end(), [](const Entry& entry) {
        return entry.kind == Kind::violation;
      });
      REQUIRE(first != journal.end());
      if (c.message.empty()) {
        CHECK(first->rule == "repair.duplicate");
        continue;
      }
      CHECK(first->rule == "validate.misplaced");
      CHECK(first->pointer.find(c.pointer) != std::string_view::npos);
      if (mode != Mode::off) CHECK(first->message == c.message);

      auto loose = with_placement(mode);
      loose.validate.all = Mode::observe;
      TestExchange passing("POST", c.query, c.body);
      REQUIRE(passing.run(loose));
      CHECK(passing->outgoing_query == c.query);
      CHECK(passing->outgoing_body == c.body);
    }
}

TEST_CASE(
    "names that a rule below enforce would mend stay in the query, with that rule's finding") {
  auto settings = with_placement(Mode::enforce);
  settings.repair.alias = Mode::warn;
  TestExchange query("POST", "platfrom=android", without("platform"));
  CHECK_FALSE(query.run(settings));
  CHECK(query.story() ==
        "finding repair.alias /platfrom; violation validate.misplaced /platfrom; "
        "violation validate.required /platform");
  // Nor is a second spelling put beside one that the body has.
  const auto body = moved("platform", R"("platfrom":"android")");
  TestExchange both("POST", "platform=android", body);
  CHECK_FALSE(both.run(settings));
  CHECK(both->body_edits.empty());
  CHECK(both->query_edits.empty());
}

TEST_CASE("below enforce the rule tells of fields in the query, and Validate refuses them") {
  const struct {
    std::string_view query, body, message, suggestion;
  } cases[] = {
      {"platform=android", "{}", "belongs in the body", ""},
      {"platfrom=android", "{}", "belongs in the body", "platform"},
      {"notification_preferences[alarm]=1&notification_preferences[x]=1", "{}",
       "belongs in the body", ""},
      {"platform=Android", tests::good_body, "stands in the body, too", ""},
  };
  for (const auto& c : cases)
    for (const Mode mode : {Mode::observe, Mode::warn}) {
      CAPTURE(c.query);
      TestExchange exchange("POST", c.query, c.body);
      CHECK_FALSE(exchange.run(with_placement(mode)));
      const auto& entry = *exchange->journal.begin();
      CHECK(entry.rule == "repair.placement");
      CHECK(entry.mode == mode);
      CHECK(entry.kind == Kind::finding);
      CHECK(entry.place == Place::query);
      CHECK(entry.message == c.message);
      CHECK(entry.suggestion == c.suggestion);
      CHECK(exchange->journal.findings() == 1);
      CHECK(rules_header(exchange->journal, exchange.arena()).starts_with("repair.placement,") ==
            (mode == Mode::warn));
      CHECK(exchange->verdict.reason == Reason::contract);
    }
}
