// Which requests a rule matches: every condition, alone; then whom a rollout and an exception
// reach.
#include "filters/policy/matcher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/policy.hpp"

using namespace filters;
using tests::PlainHash;
using tests::TestExchange;
using tests::with_policy;

namespace {

struct Asked {
  std::string method = "POST", locale = "en_GB", type = "ios-beta", platform = "ios",
              version = "4.17.0-1566", token = "abc:def", address = "192.0.2.7";
  std::vector<std::string> names = {};
  std::string at = "2026-06-01";
  bool hashed = true;
};

// The story of the request under the policy, without what other filters say.
std::string story(const Settings& settings, const Asked& request) {
  const bool post = request.method == "POST";
  const std::string query = "locale=" + request.locale + "&device_token=" + request.token +
                            "&device_type=" + request.type + "&platform=" + request.platform +
                            "&app_version=" + request.version;
  const std::string body = R"({"locale":")" + request.locale + R"(","device_token":")" +
                           request.token + R"(","device_type":")" + request.type +
                           R"(","platform":")" + request.platform + R"(","app_version":")" +
                           request.version + R"(","notification_preferences":{"alarm":false}})";
  TestExchange exchange(request.method, post ? "" : query, post ? body : "");
  const PlainHash hash;
  exchange->now = *parse_moment(request.at);
  exchange->identity.client_address = request.address;
  exchange->identity.client_names = request.names;
  if (request.hashed) exchange->identity.hash = &hash;
  REQUIRE(exchange.run(settings));
  return exchange.story();
}

// A rule that matches leaves a finding.
bool matches(const std::string& when, const Asked& request, const tests::PolicyFiles& files = {},
             const std::string& groups = "{}") {
  const auto settings =
      with_policy("version: 1\ngroups: " + groups + "\nrules:\n  - {id: a, when: {" + when +
                      "}, deny: {message: no}}\n",
                  files);
  const auto told = story(settings, request);
  CHECK((told == "" || told == "finding policy.a "));
  return told != "";
}

std::string token(int number) {
  return "token-" + std::to_string(number);
}

// A real keyed hash spreads; PlainHash does not.
class SpreadHash final : public SecretHash {
 public:
  Digest mac(std::string_view secret) const override {
    std::uint64_t word = 0x243F6A8885A308D3;
    Digest digest{};
    for (auto& byte : digest) {
      for (const char c : secret)
        word = (word ^ static_cast<unsigned char>(c)) * 0x9E3779B97F4A7C15 + 1;
      byte = static_cast<unsigned char>(word >> 56);
    }
    return digest;
  }
};

// The devices, of `count`, that a rule reaches.
std::set<int> reached(const std::string& id, const std::string& share, int count) {
  const auto pipeline = make_pipeline(with_policy(
      "version: 1\nrules:\n  - {id: " + id + ", rollout: " + share + ", deny: {message: no}}\n"));
  const SpreadHash hash;
  std::set<int> devices;
  for (int i = 0; i < count; ++i) {
    TestExchange exchange("GET", "locale=en&device_token=" + token(i) +
                                     "&device_type=ios&platform=ios&app_version=4.17");
    exchange->identity.hash = &hash;
    REQUIRE(exchange.run(pipeline));
    if (!exchange->journal.empty()) devices.insert(i);
  }
  return devices;
}

}  // namespace

TEST_CASE("each condition holds for what it names, and for nothing else") {
  const struct {
    std::string when;
    Asked in, out;
  } cases[] = {
      {"method: POST", {}, {.method = "GET"}},
      {"method: [GET]", {.method = "GET"}, {}},
      {"platform: [ios]", {}, {.platform = "android"}},
      {"platform: ios", {.method = "GET"}, {.method = "GET", .platform = "android"}},
      {"device_type: [\"ios*\"]", {.type = "ios"}, {.type = "android"}},
      {"device_type: [ios, \"*-beta\"]", {}, {.type = "ios-production"}},
      {"locale: [\"en*\"]", {}, {.locale = "de"}},
      {"locale: [\"EN-gb\"]", {}, {.locale = "en_US"}},
      {"locale: [\"en_*\"]", {.locale = "EN-GB"}, {.locale = "en"}},
      {"app_version: \">=4.10 <5\"", {.version = "4.10"}, {.version = "4.9.9-77"}},
      {"app_version: [\"<4\", \">=5\"]", {.version = "5"}, {}},
      {"from: 2026-06-01", {}, {.at = "2026-05-31T23:59:59Z"}},
      {"until: 2026-06-02", {.at = "2026-06-01T23:59:59Z"}, {.at = "2026-06-02"}},
      {"platform: [ios], device_type: [ios-beta]", {}, {.type = "ios"}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.when);
    CHECK(matches(each.when, each.in));
    CHECK_FALSE(matches(each.when, each.out));
  }
}

TEST_CASE("a group is whom any of its lists names") {
  const PlainHash hash;
  const tests::PolicyFiles files{{{"bench.txt", "# the bench\n\n" + hash.text("bench:1") + "\r\n" +
                                                    hash.text("bench:2") + "\n"}}};
  const std::string groups =
      "{depot: {client_san: [\"*.depot.example\"], network: [10.0.0.0/8], devices: bench.txt}, "
      "site: {network: [\"2001:db8::/32\"]}}";
  const auto in = [&](const Asked& request) {
    return matches("group: [depot]", request, files, groups);
  };
  CHECK_FALSE(in({}));
  CHECK(in({.names = {"other.example", "Tablet7.depot.EXAMPLE"}}));
  CHECK_FALSE(in({.names = {"depot.example", "a.depot.example.com"}}));
  CHECK(in({.address = "10.1.2.3"}));
  CHECK(in({.address = "::ffff:10.1.2.3"}));
  CHECK_FALSE(in({.address = "2001:db8::1"}));
  CHECK_FALSE(in({.address = ""}));
  CHECK(in({.token = "bench:2"}));
  CHECK_FALSE(in({.token = "bench:3"}));
  CHECK_FALSE(in({.token = "bench:2", .hashed = false}));
  CHECK(matches("group: [site, depot]", {.address = "2001:db8::1"}, files, groups));
  CHECK_FALSE(matches("group: site", {.address = "10.1.2.3"}, files, groups));
}

TEST_CASE("a field that is missing or is no version is not what a rule asks for") {
  auto settings = with_policy(
      "version: 1\nrules:\n  - {id: a, when: {app_version: \">=0\"}, deny: {message: no}}\n"
      "  - {id: b, when: {platform: [ios]}, deny: {message: no}}\n");
  settings.validate.all = Mode::off;
  for (const std::string_view body : {R"({"app_version":"beta","platform":7})",
                                      R"({"app_version":["4.17"]})", "{}", "nonsense"}) {
    TestExchange exchange("POST", "", body);
    CHECK(exchange.run(settings));
    CHECK(exchange.story() == "");
  }
}

TEST_CASE("of 10,000 devices a rollout reaches its share, and as it grows nobody drops out") {
  constexpr int count = 10'000;
  const auto tenth = reached("a", "10%", count), quarter = reached("a", "25%", count);
  CHECK(tenth.size() >= 900);
  CHECK(tenth.size() <= 1100);
  CHECK(quarter.size() >= 2400);
  CHECK(quarter.size() <= 2600);
  CHECK(std::ranges::includes(quarter, tenth));
  CHECK(reached("a", "25%", count) == quarter);
  // Another rule begins with others: those reached by both are a quarter of a quarter.
  std::vector<int> both;
  std::ranges::set_intersection(quarter, reached("b", "25%", count), std::back_inserter(both));
  CHECK(both.size() >= 525);
  CHECK(both.size() <= 725);
}

TEST_CASE(
    "whom a rollout has reached is the same in every version: records were written under it") {
  const auto some = reached("a", "10%", 60);
  CHECK(some == std::set<int>{14, 22, 29, 49, 57});
}

TEST_CASE("without a token nobody is inside of a rollout, and without a hash it is said") {
  const auto settings = with_policy(
      "version: 1\nrules:\n  - {id: a, rollout: 50%, mode: enforce, force: {alarm: true}}\n");
  CHECK(story(settings, {.hashed = false}) ==
        "finding policy.a ; policy.a /notification_preferences/alarm");
  auto lax = settings;
  lax.validate.all = Mode::off;
  const PlainHash hash;
  TestExchange exchange("POST", "", R"({"notification_preferences":{}})");
  exchange->identity.hash = &hash;
  CHECK(exchange.run(lax));
  CHECK(exchange.story() == "");
}

TEST_CASE("an exception keeps a rule from one device until it ends, and the record says so") {
  const PlainHash hash;
  const auto settings = with_policy(
      "version: 1\nrules:\n  - {id: a, mode: warn, force: {alarm: true}}\n"
      "exceptions:\n  - {rule: a, device: \"" +
      hash.text("bench:1") +
      "\", until: 2026-07-01, owner: ops, reason: test bench}\n"
      "  - {rule: a, device: \"" +
      hash.text("bench:1") + "\", until: 2026-06-15, owner: ops, reason: shorter}\n");
  CHECK(story(settings, {}) == "finding policy.a /notification_preferences/alarm");
  CHECK(story(settings, {.token = "bench:1"}) == "finding policy.a ");
  CHECK(story(settings, {.token = "bench:1", .at = "2026-06-20"}) == "finding policy.a ");
  CHECK(story(settings, {.token = "bench:1", .at = "2026-07-01"}) ==
        "finding policy.a /notification_preferences/alarm");
  TestExchange exchange("POST", "", tests::body_with("{}"));
  exchange->identity.hash = &hash;
  exchange->now = tests::today;
  exchange->request.body = exchange.arena().copy(
      tests::body_with("{}").replace(tests::body_with("{}").find("abc:def"), 7, "bench:1"));
  REQUIRE(exchange.run(settings));
  const auto& entry = *exchange->journal.begin();
  CHECK(entry.mode == Mode::observe);
  CHECK(entry.message == "does not act: exception of ops until 2026-07-01: test bench");
}
