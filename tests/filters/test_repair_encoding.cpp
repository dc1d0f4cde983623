// The rule `encoding`: what the head says of a body that is JSON, and forms.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view good_form =
    "locale=en&device_token=abc%3Adef&device_type=android&platform=android&app_version=4.17.0&"
    "notification_preferences[alarm]=true&notification_preferences%5Bkey_added%5D=0";
constexpr std::string_view form_as_json =
    R"({"locale":"en","device_token":"abc:def","device_type":"android","platform":"android",)"
    R"("app_version":"4.17.0","notification_preferences":{"alarm":true,"key_added":false}})";
const std::string both = "repair.encoding /content-type; repair.encoding ";

struct Posted : TestExchange {
  Posted(std::optional<std::string> type, std::string_view body) : TestExchange("POST", "", body) {
    with_type(std::move(type));
  }
};

Posted posted_form(std::string_view form) {
  return {std::string(form_type), form};
}

std::string type_of(TestExchange& exchange) {
  const auto* field = exchange->request.headers.find(FieldId::content_type);
  return field ? std::string(field->value) : "none";
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  REQUIRE(at != out.npos);
  return out.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a JSON body under a missing or wrong type gets the right one, and no byte changes") {
  for (const std::string type :
       {"text/plain", "text/plain;charset=UTF-8", "application/json;", "json", "",
        "application/json; charset=us-ascii", "application/octet-stream",
        "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"}) {
    CAPTURE(type);
    Posted exchange(type, tests::good_body);
    REQUIRE(exchange.run());
    CHECK(type_of(exchange) == "application/json");
    CHECK(exchange->request.headers.count(FieldId::content_type) == 1);
    CHECK(exchange.story() == "repair.encoding /content-type");
    CHECK(exchange->journal.begin()->place == Place::header);
    CHECK(exchange->journal.begin()->operation == Operation::replace);
    CHECK(exchange->journal.begin()->after == "\"application/json\"");
    CHECK(exchange->outgoing_body.data() == exchange->request.body.data());
  }
  Posted missing(std::nullopt, tests::good_body);
  REQUIRE(missing.run());
  CHECK(type_of(missing) == "application/json");
  CHECK(missing->journal.begin()->operation == Operation::add);
  CHECK(missing->journal.begin()->before == "");
}

TEST_CASE("the old type is told where it is a familiar one") {
  const struct {
    std::string type;
    std::string_view before;
  } cases[] = {
      {"text/plain; charset=utf-8", R"("text/plain; charset=utf-8")"},
      {"0123456789abcdef", ""},
      {"Text/Plain;charset=\"UTF-8\"", R"("Text/Plain;charset=\"UTF-8\"")"},
      {"token/abc", ""},
      {"text/plain; token=abc", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.type);
    Posted exchange(c.type, tests::good_body);
    REQUIRE(exchange.run());
    CHECK(exchange->journal.begin()->before == c.before);
  }
}

TEST_CASE("no rule makes JSON of other types, of several, or of what is no JSON: 415") {
  const struct {
    std::optional<std::string> type;
    std::string_view body, detail;
  } cases[] = {
      {"multipart/form-data; boundary=x", tests::good_body, ""},
      {"application/json; charset=utf-16", tests::good_body, ""},
      {"application/x-www-form-urlencoded; charset=latin1", good_form, ""},
      {"application/json, text/plain", tests::good_body, "more than one is given"},
      {"text/plain", good_form,
       "another type is given, and the body is not JSON: line 1, column 1: Invalid value."},
      {"text/plain", "",
       "another type is given, and the body is not JSON: line 1, column 1: The document is empty."},
      {"application/octet-stream", "[1]",
       "another type is given, and the body is not JSON: line 1, column 1: the root must be an "
       "object"},
      {std::nullopt, "{\n]",
       "none is given, and the body is not JSON: line 2, column 1: Missing a name for object "
       "member."},
      {std::string(form_type), " {\"a\"}",
       "another type is given, and the body is not JSON: line 1, column 6: Missing a colon after a "
       "name of object member."},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    Posted exchange(c.type, c.body);
    CHECK_FALSE(exchange.run());
    CHECK(exchange->verdict.reason == Reason::media_type);
    CHECK(exchange->verdict.detail == c.detail);
    CHECK(exchange->journal.edits() == 0);
  }
  TestExchange twice("POST", "", tests::good_body, {{"Content-Type", "text/plain"}});
  CHECK_FALSE(twice.run());
  CHECK(twice->verdict.detail == "more than one is given");
  TestExchange packed("POST", "", tests::good_body, {{"Content-Encoding", "gzip"}});
  packed.with_type(std::nullopt);
  CHECK_FALSE(packed.run());
  CHECK(packed->verdict.reason == Reason::content_encoding);
}

TEST_CASE("a form becomes JSON, as one edit without its text") {
  auto exchange = posted_form(good_form);
  REQUIRE(exchange.run());
  CHECK(exchange->outgoing_body == form_as_json);
  CHECK(type_of(exchange) == "application/json");
  CHECK(exchange.story() == both);
  const auto& entry = *(exchange->journal.begin() + 1);
  CHECK((entry.place == Place::body && entry.operation == Operation::replace));
  CHECK((entry.before.empty() && entry.after.empty()));
  CHECK((exchange->identity.device_token == "abc:def"));

  TestExchange again("POST", "", exchange->outgoing_body);
  REQUIRE(again.run());
  CHECK(again->journal.empty());
}

TEST_CASE("the other rules mend a form's names and values as they do JSON's") {
  const struct {
    std::string_view from, to, from_json, to_json, story;
  } cases[] = {
      {"platform=", "platfrom=", "", "", "repair.alias /platform"},
      {"device_token=", "deviceToken=", "", "", "repair.alias /device_token"},
      {"locale=", "local%65s=", "", "", "repair.nearest /locale"},
      {"platform=android", "platform=+Android", "", "", "repair.value /platform"},
      {"&platform=android", "&platform=android&platfrom=Android", "", "",
       "repair.duplicate /platfrom"},
      {"=4.17.0", "=4", R"("4.17.0")", R"("4")", ""},
      {"notification_preferences[alarm]=true&notification_preferences%5Bkey_added%5D=0",
       "notificationPreferences[key_added]=false&notificationPreferences[alarm]=1",
       R"("alarm":true,"key_added":false)", R"("key_added":false,"alarm":true)",
       "repair.alias /notification_preferences"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    auto exchange = posted_form(replaced(good_form, c.from, c.to));
    REQUIRE(exchange.run());
    CHECK(exchange->outgoing_body == replaced(form_as_json, c.from_json, c.to_json));
    CHECK(exchange.story() == both + (c.story.empty() ? "" : "; " + std::string(c.story)));
  }
}

TEST_CASE("what is wrong in a form is said of the JSON it became") {
  const struct {
    std::string_view from, to, story;
  } cases[] = {
      {"[alarm]=true", "[alarm]=yes", "violation validate.type /notification_preferences/alarm"},
      {"locale=en&", "", "violation validate.required /locale"},
      {"locale=en", "locale[x]=en", "violation validate.type /locale"},
      {"platform=android", "platform=android&platfrom=ios", "violation repair.duplicate /platfrom"},
      {"[alarm]=true&notification_preferences%5Bkey_added%5D=0", "=true",
       "violation validate.type /notification_preferences"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    auto exchange = posted_form(replaced(good_form, c.from, c.to));
    CHECK_FALSE(exchange.run());
    CHECK(exchange->verdict.reason == Reason::contract);
    CHECK(exchange.story() == both + "; " + std::string(c.story));
  }
  auto empty = posted_form("");
  CHECK_FALSE(empty.run());
  CHECK(empty->journal.violations() == 6);
}

TEST_CASE("a form with two readings is malformed, at its place") {
  const struct {
    std::string_view from, to, detail;
  } cases[] = {
      {"locale=en", "locale=%e", "line 1, column 8: a percent sign without two hex digits"},
      {"locale=en", "locale=en&locale=en", "line 1, column 11: locale appears more than once"},
      {"[alarm]", "[]", "line 1, column 90: brackets other than name[member]"},
      {"[alarm]", "[alarm][on]", "line 1, column 90: brackets other than name[member]"},
      {"[alarm]", "",
       "line 1, column 120: notification_preferences stands with brackets and without"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    auto exchange = posted_form(replaced(good_form, c.from, c.to));
    CHECK_FALSE(exchange.run());
    CHECK(exchange->verdict.reason == Reason::malformed_form);
    CHECK(exchange->verdict.detail == c.detail);
    CHECK(exchange->journal.edits() == 0);
  }
}

TEST_CASE("below enforce the type is refused at the head, and the rule tells of it") {
  const struct {
    std::optional<std::string> type;
    std::string_view message;
  } cases[] = {{std::nullopt, "is missing"},
               {"text/plain", "is of another type"},
               {std::string(form_type), "names a form"}};
  for (const auto& c : cases)
    for (const Mode mode : {Mode::off, Mode::observe, Mode::warn}) {
      CAPTURE(c.message);
      Settings settings;
      settings.repair.encoding = mode;
      const auto pipeline = make_pipeline(settings);
      Posted exchange(c.type, tests::good_body);
      CHECK_FALSE(pipeline.on_head(*exchange));
      CHECK(exchange->verdict.reason == Reason::media_type);
      CHECK(exchange->journal.findings() == (mode == Mode::off ? 0 : 1));
      if (mode == Mode::off) continue;
      const auto& entry = *exchange->journal.begin();
      CHECK(exchange.story() == "finding repair.encoding /content-type");
      CHECK(entry.mode == mode);
      CHECK(entry.message == c.message);
      CHECK(entry.suggestion == "application/json");
    }
}

TEST_CASE("where Validate only observes, what no rule mends goes as it came") {
  Settings settings;
  settings.validate.all = Mode::observe;
  const std::string doubled = std::string(good_form) + "&locale=en";
  auto form = posted_form(doubled);
  REQUIRE(form.run(settings));
  CHECK(form->outgoing_body == doubled);
  CHECK(type_of(form) == form_type);
  CHECK(form.story() == "finding validate.syntax ");

  Posted text("text/plain", "hello");
  REQUIRE(text.run(settings));
  CHECK(text->outgoing_body == "hello");
  CHECK(type_of(text) == "text/plain");
  CHECK(text.story() == "finding validate.media_type /content-type; finding validate.syntax ");

  settings.repair.encoding = Mode::off;
  auto off = posted_form(good_form);
  REQUIRE(off.run(settings));
  CHECK(off->outgoing_body == good_form);
  CHECK(type_of(off) == form_type);
}
