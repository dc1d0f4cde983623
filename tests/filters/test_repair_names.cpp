#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "filters/contract/nearness.hpp"
#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

const std::vector<std::string> query_names = {"locale", "device_token", "device_type", "platform",
                                              "app_version"};
const std::vector<std::string> body_names = {
    "locale", "device_token", "device_type", "platform", "app_version", "notification_preferences"};

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  REQUIRE(at != out.npos);
  return out.replace(at, from.size(), to);
}

// Every text that one insertion, deletion, replacement or swap makes of `name`.
std::set<std::string> one_edit_from(const std::string& name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  std::set<std::string> all;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    for (const char c : letters) {
      all.insert(name.substr(0, i) + c + name.substr(i));
      if (i < name.size()) all.insert(name.substr(0, i) + c + name.substr(i + 1));
    }
    if (i < name.size()) all.insert(name.substr(0, i) + name.substr(i + 1));
    if (i + 1 < name.size())
      all.insert(name.substr(0, i) + name[i + 1] + name[i] + name.substr(i + 2));
  }
  all.erase(name);
  return all;
}

struct Result {
  bool passed;
  std::string query, body, story, detail;
};

Result run(TestExchange& exchange, const Settings& settings = {}) {
  const bool passed = exchange.run(settings);
  return {passed, std::string(exchange->outgoing_query), std::string(exchange->outgoing_body),
          exchange.story(), std::string(exchange->verdict.detail)};
}
Result get(std::string_view query, const Settings& settings = {}) {
  TestExchange exchange("GET", query);
  return run(exchange, settings);
}
Result post(std::string_view body, const Settings& settings = {}) {
  TestExchange exchange("POST", "", body);
  return run(exchange, settings);
}

}  // namespace

TEST_CASE("every misspelling of one edit is mended in a query, and nothing else is touched") {
  std::size_t tried = 0;
  for (const auto& name : query_names) {
    for (const auto& wrong : one_edit_from(name)) {
      const auto query = replaced(tests::good_query, name + "=", wrong + "=");
      const auto result = get(query);
      ++tried;
      if (result.passed && result.query == tests::good_query) continue;
      CAPTURE(wrong);
      FAIL_CHECK(result.story);
    }
  }
  CHECK(tried > 3000);
}

TEST_CASE("every misspelling of one edit is mended in a body, and nothing else is touched") {
  std::size_t tried = 0;
  for (const auto& name : body_names) {
    for (const auto& wrong : one_edit_from(name)) {
      const auto result = post(replaced(tests::good_body, '"' + name + '"', '"' + wrong + '"'));
      ++tried;
      if (result.passed && result.body == tests::good_body) continue;
      CAPTURE(wrong);
      FAIL_CHECK(result.story);
    }
  }
  CHECK(tried > 5000);
}

TEST_CASE("names two edits away are left alone, and the field is missed") {
  for (const auto& name : query_names) {
    for (const auto& once : one_edit_from(name)) {
      // One more insertion at the other end makes two edits of most.
      const auto wrong = once + "qz";
      if (edits_between(wrong, name, 3) < 2) continue;
      const auto query = replaced(tests::good_query, name + "=", wrong + "=");
      TestExchange exchange("GET", query);
      CHECK_FALSE(exchange.run());
      CHECK(exchange->journal.edits() == 0);
    }
  }
}

TEST_CASE("no name inside the preferences map is ever renamed") {
  std::vector<std::string> names;
  for (const std::string_view known : Contract::builtin().endpoints()[0].preferences().known)
    for (const auto& wrong : one_edit_from(std::string(known))) names.push_back(wrong);
  for (const auto& field : body_names) {
    for (const auto& wrong : one_edit_from(field)) names.push_back(wrong);
    names.push_back(field);
  }
  for (const auto alias : {"platfrom", "deviceToken", "appVersion"}) names.emplace_back(alias);
  // Up to 400 to a body.
  for (std::size_t from = 0; from < names.size(); from += 400) {
    std::set<std::string> some;
    for (auto i = from; i < std::min(from + 400, names.size()); ++i)
      if (names[i].find('-') == std::string::npos) some.insert(names[i]);
    std::string map;
    for (const auto& name : some) map += (map.empty() ? "\"" : ",\"") + name + "\":true";
    const auto body = replaced(tests::good_body, "\"alarm\":true", map);
    TestExchange exchange("POST", "", body);
    REQUIRE(exchange.run());
    CHECK(exchange->outgoing_body == body);
    CHECK(exchange->journal.edits() == 0);
  }
}

TEST_CASE("aliases are mended to the letter, letter case too") {
  for (const auto& [wrong, right] :
       std::map<std::string, std::string>{{"platfrom", "platform"},
                                          {"deviceToken", "device_token"},
                                          {"device-token", "device_token"},
                                          {"deviceType", "device_type"},
                                          {"device-type", "device_type"},
                                          {"appVersion", "app_version"},
                                          {"app-version", "app_version"}}) {
    const auto result = get(replaced(tests::good_query, right + "=", wrong + "="));
    CHECK(result.query == tests::good_query);
    CHECK(result.story == "repair.alias /" + right);
  }
  CHECK(post(replaced(tests::good_body, "notification_preferences", "notificationPreferences"))
            .body == tests::good_body);
  CHECK(get(replaced(tests::good_query, "platform", "PLATFORM")).story ==
        "repair.nearest /platform");
  CHECK(get(replaced(tests::good_query, "platform", "plat%66rom")).query == tests::good_query);
  CHECK(post(replaced(tests::good_body, "platform", "platf\\u0072om")).body == tests::good_body);
}

TEST_CASE("an exact name that is written with escapes stays as it is written") {
  const auto query = replaced(tests::good_query, "platform", "pl%61tform");
  CHECK(get(query).query == query);
  const auto body = replaced(tests::good_body, "platform", "pl\\u0061tform");
  CHECK(post(body).body == body);
}

TEST_CASE("a journal entry of a rename is a JSON Patch move") {
  TestExchange exchange("GET", replaced(tests::good_query, "platform", "platfrom"));
  REQUIRE(exchange.run());
  const auto& entry = *exchange->journal.begin();
  CHECK(entry.operation == Operation::move);
  CHECK(entry.place == Place::query);
  CHECK(entry.from == "/platfrom");
  CHECK(entry.pointer == "/platform");
  CHECK(exchange->field(Contract::builtin().endpoints()[0].find("platform"))->text == "ios");
}

TEST_CASE("wrong and right name together: equal values lose the wrong one, others are refused") {
  const std::string base = "locale=en&device_token=t&device_type=ios&app_version=4";
  const struct {
    std::string_view query, outgoing, story;
  } cases[] = {
      {"&platform=ios&platfrom=ios", "&platform=ios", "repair.duplicate /platfrom"},
      {"&platfrom=ios&platform=ios", "&platform=ios", "repair.duplicate /platfrom"},
      {"&platfrom=iOS&platform=ios", "&platform=ios", "repair.duplicate /platfrom"},
      {"&platfrom=ios&platform=iOS", "&platform=ios",
       "repair.duplicate /platfrom; repair.value /platform"},
      {"&platfrom=ios&platform=android", "", "violation repair.duplicate /platfrom"},
      {"&platform=ios&platfrom=", "", "violation repair.duplicate /platfrom"},
      // two wrong ones
      {"&platfrom=ios&plaform=ios", "&platform=ios",
       "repair.alias /platform; repair.duplicate /plaform"},
      {"&plaform=ios&&platfrom=ios&", "&platform=ios&",
       "repair.nearest /platform; repair.duplicate /platfrom"},
      {"&platfrom=ios&plaform=android", "",
       "repair.alias /platform; violation repair.duplicate /plaform"},
      // a near miss beside the right one is some other parameter
      {"&platform=ios&plaform=android", "&platform=ios&plaform=android",
       "finding validate.unknown_parameter /plaform"},
      // the same name twice
      {"&platform=ios&platform=ios", "", "violation repair.duplicate /platform"},
      {"&platform=ios&pl%61tform=ios", "", "violation repair.duplicate /platform"},
      {"&platfrom=ios&platfrom=ios", "",
       "repair.alias /platform; violation repair.duplicate /platfrom"},
      {"&platform=ios&x=1&x=1", "",
       "violation repair.duplicate /x; finding validate.unknown_parameter /x"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    const auto result = get(base + std::string(c.query));
    CHECK(result.story == c.story);
    CHECK(result.passed == !c.outgoing.empty());
    if (!c.outgoing.empty()) CHECK(result.query == base + std::string(c.outgoing));
  }
}

TEST_CASE("dropped members take their separators along, wherever they stand") {
  const std::string rest =
      R"("locale":"en","device_type":"ios","platform":"ios","notification_preferences":{})";
  const struct {
    std::string before, after;
  } cases[] = {
      {R"({"appVersion":"4","app-version":"4","app_version":"4","deviceToken":"t","device_token":"t",)" +
           rest + "}",
       R"({"app_version":"4","device_token":"t",)" + rest + "}"},
      {R"({"app_version":"4","device_token":"t",)" + rest +
           R"(,"appVersion":"4","app-version":"4" , "deviceToken":"t" })",
       R"({"app_version":"4","device_token":"t",)" + rest + " }"},
      {R"({ "app_version":"4", "appVersion":"4" , "device_token":"t", "app-version" : "4" ,)" +
           rest + "}",
       R"({ "app_version":"4", "device_token":"t", )" + rest + "}"},
      {"{\"app_version\":\"4\",\xE2\x80\x8B\"appVersion\":\"4\"\xE2\x80\x8B,\xE2\x80\x8B\"device_"
       "token\":\"t\"," +
           rest + "}\xE2\x80\x8B",
       R"({"app_version":"4","device_token":"t",)" + rest + "}"},
      {R"({"app_version":"4","appVersion":4,"device_token":"t","platfrom":"iOS",)" + rest + "}",
       R"({"app_version":"4","device_token":"t",)" + rest + "}"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.before);
    const auto result = post(c.before);
    CAPTURE(result.story);
    CHECK(result.passed);
    CHECK(result.body == c.after);
  }
}

TEST_CASE("rules below enforce say what they would do and do nothing") {
  Settings settings;
  settings.repair.alias = settings.repair.nearest = Mode::observe;
  settings.validate.all = Mode::observe;
  for (const std::string_view wrong : {"platfrom", "plaform"}) {
    const auto query = replaced(tests::good_query, "platform", wrong);
    TestExchange exchange("GET", query);
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_query == query);
    const auto& entry = *exchange->journal.begin();
    CHECK(entry.kind == Kind::finding);
    CHECK(entry.mode == Mode::observe);
    CHECK(entry.operation == Operation::move);
    CHECK(entry.pointer == "/platform");
    CHECK(exchange->journal.edits() == 0);
  }
  settings.validate.all = Mode::enforce;
  CHECK_FALSE(get(replaced(tests::good_query, "platform", "platfrom"), settings).passed);
  settings.repair.alias = Mode::off;
  settings.repair.nearest = Mode::enforce;
  CHECK(get(replaced(tests::good_query, "platform", "platfrom"), settings).story ==
        "repair.nearest /platform");
}

TEST_CASE("a token that is given twice is never shown") {
  const std::string query =
      "locale=en&device_type=ios&app_version=4&platform=ios&device_token=s3cret&deviceToken=";
  for (const std::string_view second : {"s3cret", "s3cret2"}) {
    TestExchange exchange("GET", query + std::string(second));
    exchange.run();
    REQUIRE_FALSE(exchange->journal.empty());
    for (const auto& entry : exchange->journal) {
      CHECK(entry.secret);
      for (const auto text : {entry.before, entry.after, entry.message, entry.pointer, entry.from})
        CHECK((text.find("s3cret") == std::string_view::npos));
    }
    CHECK((exchange->verdict.detail.find("s3cret") == std::string_view::npos));
  }
}

TEST_CASE("a dropped value is told in the journal only where it is one the contract accepts") {
  for (const auto& [value, told] :
       std::map<std::string, std::string>{{"iOS", "\"iOS\""}, {"s3cret", ""}}) {
    TestExchange exchange("GET", "platform=" + value + "&platfrom=" + value);
    exchange.run();
    const auto& entry = *exchange->journal.begin();
    CHECK(entry.rule == "repair.duplicate");
    CHECK(entry.operation == Operation::remove);
    CHECK((entry.before == told));
  }
}

TEST_CASE("former bugs") {
  // A field's name in other letters, beside the right one, was passed on as an unknown parameter:
  // servers that do not count case read the last of the two.
  const std::string query(tests::good_query);
  CHECK(get(query + "&Platform=ios").story == "repair.duplicate /Platform");
  CHECK(get(query + "&Platform=ios").query == query);
  CHECK(get(query + "&Platform=android").story == "violation repair.duplicate /Platform");
  CHECK(get(query + "&LOCALE=en_GB&Locale=en_GB").query == query);
  Settings settings;
  settings.repair.nearest = Mode::off;
  CHECK(get(query + "&Platform=ios", settings).story ==
        "violation validate.ambiguous_name /Platform");
}
