// The rule `placement`: fields of a POST in the query.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

Settings with_placement(Mode mode) {
  Settings settings;
  settings.repair.placement = mode;
  return settings;
}
const Settings enforced = with_placement(Mode::enforce);

// The good body without one of its members.
std::string without(std::string_view name) {
  std::string body(tests::good_body);
  const auto begin = body.find("\"" + std::string(name) + "\":");
  REQUIRE(begin != body.npos);
  if (const auto comma = body.find(",\"", begin); comma != body.npos)
    return body.erase(begin, comma + 1 - begin);
  return body.erase(begin - 1, body.size() - begin);
}

// The good body with `members` behind the others, in place of `name`.
std::string moved(std::string_view name, std::string_view members) {
  auto body = without(name);
  return body.insert(body.size() - 1, "," + std::string(members));
}

std::string moved_story(std::string_view pointer) {
  const std::string name(pointer);
  return "repair.placement " + name + "; repair.placement " + name;
}

}  // namespace

TEST_CASE("a field in the query goes to the body that lacks it") {
  const struct {
    std::string_view query, name, goes, members, story;
  } cases[] = {
      {"locale=en", "locale", "", R"("locale":"en")", ""},
      {"platform=android&txid=1", "platform", "txid=1", R"("platform":"android")", ""},
      {"txid=1&platform=android", "platform", "txid=1", R"("platform":"android")", ""},
      {"a=%41&platform=android&&b=+", "platform", "a=%41&b=+", R"("platform":"android")", ""},
      {"&platform=android&", "platform", "&&", R"("platform":"android")", ""},
      {"device_token=abc%3Adef%22", "device_token", "", R"("device_token":"abc:def\"")", ""},
      {"app_version=4.17", "app_version", "", R"("app_version":"4.17")", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    TestExchange exchange("POST", c.query, without(c.name));
    REQUIRE(exchange.run(enforced));
    CHECK(exchange->outgoing_query == c.goes);
    CHECK(exchange->outgoing_body == moved(c.name, c.members));
    const auto story = moved_story("/" + std::string(c.name));
    CHECK(exchange.story().starts_with(story));
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
    CHECK(exchange->outgoing_body == tests::good_body);
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
  auto settings = enforced;
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
