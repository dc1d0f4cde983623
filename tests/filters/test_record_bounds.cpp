#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <random>
#include <string>

#include "filters/record.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/records.hpp"

using namespace filters;
using namespace tests;

TEST_CASE("long texts are cut, and the record says which") {
  TestExchange exchange("GET", "");
  const std::string url_path = "/" + std::string(511, 'p'), agent(128, 'a');
  exchange->request.path = url_path;
  exchange->request.headers.append("User-Agent", agent);
  const auto whole = render(*exchange, {});
  CHECK(has(whole, url_path));
  CHECK(has(whole, agent));
  CHECK_FALSE(has(whole, "cut"));

  const auto longer_path = url_path + "X", longer_agent = agent + "X";
  exchange->request.path = longer_path;
  exchange->request.headers.set(FieldId::user_agent, "User-Agent", longer_agent);
  const auto cut = render(*exchange, {});
  CHECK(has(cut, R"("url.path":")" + url_path + "\""));
  CHECK(has(cut, R"("user_agent.original":")" + agent + "\""));
  CHECK(has(cut, R"("cut":["url.path","user_agent.original"])"));
}

TEST_CASE("of an edited value that is long, as much as fits is kept, as text") {
  TestExchange exchange("POST", "");
  const std::string before = "\"" + std::string(600, ' ') + "ios\"";
  Entry entry;
  entry.rule = "repair.value";
  entry.operation = Operation::replace;
  entry.pointer = "/platform";
  entry.before = before;
  entry.after = R"("ios")";
  exchange->journal.write(entry);
  rapidjson::Document record;
  render(*exchange, {}, record);
  const auto& edit = record["edits"][0];
  CHECK(std::string_view(edit["value"].GetString()) == "ios");
  CHECK(std::string_view(edit["before"].GetString()).starts_with("\"    "));
  CHECK(edit["before"].GetStringLength() == 511);  // the quote is written with its escape
}

TEST_CASE("entries beyond those kept are counted") {
  TestExchange exchange("POST", "");
  for (int i = 0; i < 40; ++i) {
    Entry entry;
    entry.rule = "validate.unknown";
    entry.mode = Mode::observe;
    entry.kind = Kind::finding;
    exchange->journal.write(entry);
    entry.kind = Kind::violation;
    exchange->journal.write(entry);
  }
  rapidjson::Document record;
  render(*exchange, {}, record);
  CHECK(record["findings"].Size() == Journal::findings_kept);
  CHECK(record["findings_count"].GetInt() == 40);
  CHECK(record["violations"].Size() == Journal::violations_kept);
  CHECK(record["violations_count"].GetInt() == 40);
}

TEST_CASE("any bytes in any place make a valid record within its bound") {
  std::mt19937 random(20261122);
  const auto junk = [&](std::size_t most) {
    std::string text(random() % most, ' ');
    const auto kind = random() % 3;
    for (auto& c : text)
      c = static_cast<char>(kind == 0 ? random() % 256 : kind == 1 ? '\x01' : 'a' + random() % 26);
    return text;
  };
  for (int run = 0; run < 2000; ++run) {
    const std::string url_path = junk(2000), agent = junk(500), host = junk(500), id = junk(300);
    const std::string method = junk(100), detail = junk(600), small = junk(200), words = junk(600);
    const std::string before = junk(1200), pointer = junk(600);
    TestExchange exchange(method, "", {}, {{"User-Agent", agent}});
    exchange->request.path = url_path;
    exchange->request.authority = host;
    exchange->request_id = id;
    exchange->verdict = {static_cast<Reason>(1 + random() % 20), detail};
    Outcome outcome;
    outcome.status = outcome.upstream_status = 599;
    outcome.failure = outcome.client_address = outcome.scheme = outcome.protocol_version = small;
    outcome.upstream_address = outcome.bearer_hash = outcome.device_hash = words;
    outcome.client_port = 65535;
    outcome.request_body_bytes = outcome.response_body_bytes = ~std::uint64_t{0};
    outcome.duration = outcome.upstream_duration = std::chrono::microseconds::max();
    CHECK(render(*exchange, outcome).size() + spare <= least_record);
    for (auto entries = random() % 8; entries > 0; --entries) {
      Entry entry;
      entry.rule = small;
      entry.kind = static_cast<Kind>(random() % 3);
      entry.operation = static_cast<Operation>(random() % 5);
      entry.place = static_cast<Place>(random() % 4);
      entry.pointer = entry.from = pointer;
      entry.before = before;
      entry.after = small;
      entry.message = entry.suggestion = words;
      entry.secret = random() % 4 == 0;
      exchange->journal.write(entry);
    }
    render(*exchange, outcome);
  }
}

TEST_CASE("real requests with any slip stay within their bound") {
  std::mt19937 random(7);
  for (int run = 0; run < 3000; ++run) {
    auto body =
        random() % 2 == 0 ? tests::app_body(random() % 123, random() % 2 == 0) : tests::page_body();
    for (auto slips = random() % 6; slips > 0; --slips) {
      const auto at = random() % body.size();
      switch (random() % 4) {
        case 0:
          body.erase(at, 1);
          break;
        case 1:
          body.insert(at, 1, "\"{}:,1a "[random() % 8]);
          break;
        case 2:
          body[at] = static_cast<char>(random() % 256);
          break;
        default:
          body.insert(at, body.substr(random() % body.size(), random() % 60));
      }
    }
    TestExchange exchange("POST", "", body);
    Settings settings;
    if (random() % 2 == 0) settings.validate.all = Mode::observe;
    exchange.run(settings);
    render(*exchange, forwarded());
  }
}

TEST_CASE("requests refused at the head, and those passed through, fit the least record") {
  TestExchange exchange("DELETE", "", {},
                        {{"Content-Encoding", "gzip"},
                         {"Content-Type", "text/plain"},
                         {"X-HTTP-Method-Override", "PUT"},
                         {"Expect", "nothing"}});
  class Refusing final : public RateLimiter {
   public:
    std::chrono::nanoseconds take(Per, std::string_view) override {
      return std::chrono::hours{1'000'000};
    }
  } limiter;
  for (const auto mode : {Mode::enforce, Mode::observe}) {
    exchange.reset();
    exchange->request.headers.remove(FieldId::authorization);
    exchange->limiter = &limiter;
    Settings settings;
    settings.authenticate = settings.validate.all = settings.repair.encoding = mode;
    settings.rate_limit = {.mode = mode, .per = Per::address, .rate = {1, std::chrono::hours{1}}};
    make_pipeline(settings).on_head(*exchange);
    CHECK(render(*exchange, forwarded()).size() + spare <= least_record);
    CHECK(record_bound(*exchange) <= least_record);
  }
}

TEST_CASE("a record asks the heap for nothing once the arena is warm") {
  TestExchange exchange("POST", "", tests::app_body(105));
  const auto outcome = forwarded();
  std::size_t asked = 0;
  for (int round = 0; round < 2; ++round) {
    exchange.reset();
    REQUIRE(exchange.run());
    const auto before = tests::allocations();
    render_record(*exchange, outcome, exchange.arena());
    asked = tests::allocations() - before;
  }
  CHECK(asked == 0);
}
