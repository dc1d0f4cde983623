// The whole of it against a second interpreter, on random policies and requests: what leaves, who
// acted, and that its own output passes again unchanged.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>

#include "tests/support/draws.hpp"
#include "tests/support/naive_policy.hpp"
#include "tests/support/policy.hpp"

using namespace filters;
using namespace tests;

namespace {

std::string query_of(const NaiveRequest& request) {
  return "locale=" + request.locale + "&device_token=" + request.token +
         "&device_type=" + request.device_type + "&platform=" + request.platform +
         "&app_version=" + request.version;
}

// Laid out at random: on one line, with blanks, or on lines of its own.
std::string body_of(const NaiveRequest& request, unsigned layout) {
  const std::string gap = layout % 3 == 0 ? "" : layout % 3 == 1 ? " " : "\n    ";
  const std::string colon = layout % 2 == 0 ? ":" : ": ";
  std::string map = "{";
  for (const auto& [name, value] : request.preferences)
    map +=
        (map.size() > 1 ? "," : "") + gap + "\"" + name + "\"" + colon + (value ? "true" : "false");
  map += (layout % 3 == 2 ? "\n  }" : layout % 3 == 1 ? " }" : "}");
  return "{\"locale\":\"" + request.locale + "\",\"device_token\":\"" + request.token +
         "\",\"device_type\":\"" + request.device_type + "\"," + gap +
         "\"notification_preferences\"" + colon + map + ",\"platform\":\"" + request.platform +
         "\",\"app_version\":\"" + request.version + "\"}";
}

PreferenceTexts preferences_in(std::string_view body) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseValidateEncodingFlag>(body.data(), body.size());
  REQUIRE_FALSE(json.HasParseError());
  PreferenceTexts values;
  for (const auto& member : json["notification_preferences"].GetObject()) {
    const bool is_new = values.try_emplace(member.name.GetString(), member.value.GetBool()).second;
    CHECK(is_new);
  }
  return values;
}

// Ids in order of appearance, each once.
std::vector<std::string> rules_in(const Journal& journal) {
  std::vector<std::string> ids;
  for (const auto& entry : journal) {
    const std::string id(entry.rule.substr(entry.rule.find('.') + 1));
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

void set_client(TestExchange& exchange, const NaiveRequest& request, const PlainHash& hash) {
  exchange->now = today + std::chrono::days(request.day - 1);
  exchange->identity.client_address = request.address;
  exchange->identity.hash = &hash;
}

}  // namespace

TEST_CASE("random policies do to random requests what a plain interpreter does") {
  std::mt19937 random(31);
  const PlainHash hash;
  int loaded = 0, denied = 0, changed = 0, quiet = 0;
  for (int i = 0; i < draws(1500); ++i) {
    const auto policy = random_policy(random, 1 + random() % 5, false);
    CAPTURE(policy.text());
    const auto rules = load(policy.text(), {{{"bench.txt", naive_bench()}}}).rules;
    if (!rules) continue;  // a contradiction; which ones are, is the proof's test
    ++loaded;
    Settings settings;
    settings.policy = rules;
    settings.validate.unknown_preferences = Mode::off;
    const auto pipeline = make_pipeline(settings);
    for (int j = 0; j < 10; ++j) {
      const auto request = random_request(random);
      const bool post = request.method == "POST";
      const auto body = post ? body_of(request, static_cast<unsigned>(random())) : "";
      CAPTURE(body);
      const auto expected = policy.apply(request);
      TestExchange exchange(request.method, post ? "" : query_of(request), body);
      set_client(exchange, request, hash);
      REQUIRE(exchange.run(pipeline) != expected.denied);
      REQUIRE(rules_in(exchange->journal) == expected.rules);
      denied += expected.denied;
      if (expected.denied || !post) continue;
      const std::string sent(exchange->outgoing_body);
      CAPTURE(sent);
      REQUIRE(preferences_in(sent) == expected.preferences);
      // Never a byte where nothing was to be done, never an edit without a change.
      REQUIRE((sent == body) == (expected.preferences == request.preferences));
      REQUIRE(exchange->body_edits.empty() == (sent == body));
      (sent == body ? quiet : changed) += 1;

      TestExchange again("POST", "", sent);
      set_client(again, request, hash);
      REQUIRE(again.run(pipeline));
      REQUIRE(again->journal.edits() == 0);
      REQUIRE(again->outgoing_body == sent);
    }
  }
  CHECK(loaded > draws(400));
  CHECK(denied > draws(200));
  CHECK(changed > draws(500));
  CHECK(quiet > draws(500));
}
