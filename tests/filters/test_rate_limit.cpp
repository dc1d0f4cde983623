#include "filters/rate_limit.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "filters/answer.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

using namespace filters;
using namespace std::chrono_literals;
using tests::TestExchange;

namespace {

// Remembers whom it was asked about, and grants each so many.
class CountingLimiter final : public RateLimiter {
 public:
  explicit CountingLimiter(int granted = 1'000'000, std::chrono::nanoseconds wait = 1ns)
      : granted_(granted), wait_(wait) {}
  std::chrono::nanoseconds take(Per per, std::string_view who) override {
    last.assign(to_string(per)).append(" ").append(who);
    ++asked;
    return ++taken_[last] <= granted_ ? 0ns : wait_;
  }

  std::string last;
  int asked = 0;

 private:
  int granted_;
  std::chrono::nanoseconds wait_;
  std::map<std::string, int> taken_;
};

Settings limited(Per per, Mode mode = Mode::enforce) {
  Settings settings;
  settings.rate_limit = {.mode = mode, .per = per, .rate = {60, 60s}, .burst = 20};
  return settings;
}

std::string field(Exchange& exchange, std::string_view name) {
  const auto* found = exchange.response.headers.find(name);
  return found == nullptr ? "(none)" : std::string(found->value);
}

}  // namespace

TEST_CASE("a client is its address, its bearer token or its device, asked about once") {
  const std::string misspelt =
      R"({"locale":"en","deviceToken":" abc:\u0064ef ","device_type":"ios","platform":"ios",)"
      R"("app_version":"4.17.0","notification_preferences":{"alarm":true}})";
  struct Case {
    Per per;
    std::string_view method;
    std::string query, body;
    std::string who;
  };
  const Case cases[] = {
      {Per::token, "GET", std::string(tests::good_query), "", "token abc.DEF-123=="},
      {Per::token, "POST", "", std::string(tests::good_body), "token abc.DEF-123=="},
      {Per::device, "GET", std::string(tests::good_query), "", "device abc:def"},
      {Per::device, "POST", "", std::string(tests::good_body), "device abc:def"},
      {Per::device, "POST", "", misspelt, "device abc:def"},  // as it will be sent
  };
  for (const auto& c : cases) {
    CAPTURE(c.who);
    CAPTURE(c.body);
    CountingLimiter limiter;
    TestExchange exchange(c.method, c.query, c.body);
    exchange->limiter = &limiter;
    exchange->identity.client_address = "192.0.2.7";
    CHECK(exchange.run(limited(c.per)));
    CHECK(limiter.last == c.who);
    CHECK(limiter.asked == 1);
  }
}

TEST_CASE("addresses of one IPv6 network of 64 bits are one client, those of IPv4 are each one") {
  const auto who = [](std::string_view address) {
    CountingLimiter limiter;
    TestExchange exchange("GET", tests::good_query);
    exchange->limiter = &limiter;
    exchange->identity.client_address = address;
    exchange.run(limited(Per::address));
    return limiter.last;
  };
  CHECK(who("192.0.2.7") == who("::ffff:192.0.2.7"));
  CHECK(who("192.0.2.7") != who("192.0.2.8"));
  CHECK(who("2001:db8:1:2::7") == who("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(who("2001:db8:1:2::7") != who("2001:db8:1:3::7"));
  CHECK(who("::1") != who("192.0.2.7"));
  CHECK(who("a pipe") == "address a pipe");
}

TEST_CASE("who has no token and no device is an address, in whatever mode the other rules are") {
  struct Case {
    Per per;
    std::string_view query;
  };
  const Case cases[] = {
      {Per::token, tests::good_query},
      {Per::device, "locale=en&device_type=ios&platform=ios&app_version=4.17"},
      {Per::device, "device_token="},
      {Per::device, ""},
      {Per::device, "%"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    auto settings = limited(c.per);
    settings.authenticate = settings.validate.all = Mode::observe;
    CountingLimiter limiter(0);
    TestExchange exchange("GET", c.query);
    exchange->request.headers.remove(FieldId::authorization);
    exchange->limiter = &limiter;
    exchange->identity.client_address = "not parsed";
    CHECK_FALSE(exchange.run(settings));
    CHECK(limiter.last == "address not parsed");
    CHECK(exchange->verdict.reason == Reason::rate_limit);
  }
}

TEST_CASE("by address and token it judges before a body is there, by device once Repair has read") {
  for (const auto per : {Per::address, Per::token, Per::device}) {
    CAPTURE(to_string(per));
    CountingLimiter limiter(0);
    TestExchange exchange("POST", "", tests::good_body);
    exchange->limiter = &limiter;
    const auto pipeline = make_pipeline(limited(per));
    CHECK(pipeline.on_head(*exchange) == (per == Per::device));
    CHECK(limiter.asked == (per == Per::device ? 0 : 1));
    if (per != Per::device) continue;
    CHECK_FALSE(pipeline.on_body(*exchange));
    CHECK(limiter.asked == 1);
  }
}

TEST_CASE("a request that nobody would take counts, one without a token does not come so far") {
  const auto asked = [](Per per, const char* method, std::string_view query, bool token) {
    CountingLimiter limiter;
    TestExchange exchange(method, query);
    if (!token) exchange->request.headers.remove(FieldId::authorization);
    exchange->limiter = &limiter;
    CHECK_FALSE(exchange.run(limited(per)));
    return limiter.asked;
  };
  CHECK(asked(Per::device, "GET", "device_token=abc&platform=windows", true) == 1);
  CHECK(asked(Per::address, "DELETE", "", true) == 1);
  CHECK(asked(Per::address, "GET", tests::good_query, false) == 0);
}

TEST_CASE("below enforce a client beyond its limit passes, and is counted all the same") {
  struct Case {
    Mode mode;
    int asked;
    std::string story, rules;
  };
  const Case cases[] = {
      {Mode::off, 0, "", ""},
      {Mode::observe, 1, "finding rate_limit.device /device_token", ""},
      {Mode::warn, 1, "finding rate_limit.device /device_token", "rate_limit.device"},
  };
  for (const auto& c : cases) {
    CAPTURE(to_string(c.mode));
    CountingLimiter limiter(0);
    TestExchange exchange("POST", "", tests::good_body);
    exchange->limiter = &limiter;
    CHECK(exchange.run(limited(Per::device, c.mode)));
    CHECK(limiter.asked == c.asked);
    CHECK(exchange.story() == c.story);
    CHECK(std::string(rules_header(exchange->journal, exchange.arena())) == c.rules);
  }
}

TEST_CASE("where nobody counts, as offline, nobody is refused") {
  for (const auto per : {Per::address, Per::token, Per::device}) {
    TestExchange exchange("GET", tests::good_query);
    CHECK(exchange.run(limited(per)));
    CHECK(exchange->journal.empty());
  }
}

TEST_CASE("who is refused is told for how long, rounded up, in the fields and in words") {
  struct Case {
    Per per;
    std::chrono::nanoseconds wait;
    std::string seconds, violation;
  };
  const std::string in = R"("violations":[{"in":)";
  const Case cases[] = {
      {Per::device, 1ns, "1",
       in + R"("query","pointer":"/device_token","rule":"rate_limit.device",)" +
           R"("message":"more requests of one device than 60/min"}])"},
      {Per::token, 2s, "2",
       in + R"("header","pointer":"/authorization","rule":"rate_limit.token",)" +
           R"("message":"more requests of one token than 60/min"}])"},
      {Per::address, 3599s + 1ns, "3600",
       in + R"("connection","pointer":"","rule":"rate_limit.address",)" +
           R"("message":"more requests of one address than 60/min"}])"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.seconds);
    CountingLimiter limiter(0, c.wait);
    TestExchange exchange("GET", tests::good_query);
    exchange->limiter = &limiter;
    CHECK_FALSE(exchange.run(limited(c.per)));
    make_answer(*exchange);
    CHECK(exchange->response.status == 429);
    CHECK(exchange->response.reason == "Too Many Requests");
    CHECK(field(*exchange, "Retry-After") == c.seconds);
    CHECK(field(*exchange, "RateLimit-Limit") == "20");
    CHECK(field(*exchange, "RateLimit-Remaining") == "0");
    CHECK(field(*exchange, "RateLimit-Reset") == c.seconds);
    const std::string body(exchange->response.body);
    CHECK(body.starts_with(R"({"response":null,"error":"too many requests: try again in )" +
                           c.seconds + R"( s","error_description":"1 violation")"));
    CHECK(body.find(c.violation) != body.npos);
    CHECK(body.find("abc") == body.npos);  // no part of a token
  }
}

TEST_CASE("who asks for application/problem+json gets a problem of its own type") {
  CountingLimiter limiter(0, 3s);
  TestExchange exchange("GET", tests::good_query, {}, {{"Accept", "application/problem+json"}});
  exchange->limiter = &limiter;
  CHECK_FALSE(exchange.run(limited(Per::token)));
  make_answer(*exchange);
  CHECK(field(*exchange, "Retry-After") == "3");
  CHECK(exchange->response.body.starts_with(
      R"({"type":"urn:prefgate:problem:rate_limit","title":"too many requests","status":429,)"
      R"("detail":"too many requests: try again in 3 s")"));
}

TEST_CASE("refusing asks the heap for nothing") {
  if (!tests::counts_allocations()) return;  // under a sanitizer
  class Refusing final : public RateLimiter {
   public:
    std::chrono::nanoseconds take(Per, std::string_view) override { return 5s; }
  } limiter;
  for (const auto per : {Per::address, Per::token, Per::device}) {
    const auto pipeline = make_pipeline(limited(per));
    TestExchange exchange("POST", "", tests::good_body);
    std::size_t asked = 0;
    for (int round = 0; round < 2; ++round) {
      exchange.reset();
      exchange->limiter = &limiter;
      exchange->identity.client_address = "2001:db8::7";
      const auto before = tests::allocations();
      const bool passed = exchange.run(pipeline);
      make_answer(*exchange);
      asked = tests::allocations() - before;
      REQUIRE_FALSE(passed);
    }
    CHECK(asked == 0);
  }
}

TEST_CASE("rates are read as they are written") {
  struct Case {
    std::string text, again;
  };
  const Case cases[] = {
      {"60/min", "60/min"},
      {"1/h", "1/h"},
      {"1000/s", "1000/s"},
      {"0/s", "0/s"},
      {"060/min", "60/min"},
      {"", ""},
      {"60", ""},
      {"/min", ""},
      {"60/", ""},
      {"60/m", ""},
      {"60/minute", ""},
      {"60/MIN", ""},
      {"60 /min", ""},
      {"60/ min", ""},
      {"-1/s", ""},
      {"1.5/s", ""},
      {"60/min/s", ""},
      {"1/d", ""},
      {"99999999999999999999/s", ""},
  };
  for (const auto& [text, again] : cases) {
    CAPTURE(text);
    const auto rate = parse_rate(text);
    CHECK(rate.has_value() == !again.empty());
    if (rate) CHECK(to_string(*rate) == again);
  }
}
