// What a worker counts of an exchange.
#include "proxy/meter.hpp"

#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"

using namespace proxy;
using filters::Decision;
using filters::Mode;
using std::chrono::microseconds;
using tests::TestExchange;

TEST_CASE("a duration falls into the first bucket that holds it") {
  const struct {
    long long took;
    std::size_t bucket;
  } cases[] = {{-1, 0},  {0, 0},     {250, 0},         {251, 1},         {500, 1},
               {501, 2}, {1'000, 2}, {10'000'000, 14}, {30'000'000, 15}, {30'000'001, 16}};
  for (const auto& [took, bucket] : cases) {
    CAPTURE(took);
    Histogram histogram;
    histogram.observe(microseconds{took});
    for (std::size_t i = 0; i <= Histogram::bounds.size(); ++i)
      CHECK(histogram.bucket(i) == (i == bucket ? 1 : 0));
    CHECK(histogram.microseconds() == static_cast<std::uint64_t>(std::max(took, 0LL)));
  }
}

TEST_CASE("a request counts once, by method, decision and status; what has no name is `other`") {
  const struct {
    std::string method;
    int status;
    Decision decision;
    std::size_t row;
  } cases[] = {
      {"GET", 200, Decision::forwarded, 0},   {"POST", 422, Decision::rejected, 1},
      {"HEAD", 100, Decision::forwarded, 2},  {"OPTIONS", 599, Decision::forwarded, 6},
      {"get", 400, Decision::rejected, 7},    {"PROPFIND", 207, Decision::forwarded, 7},
      {"other", 207, Decision::forwarded, 7}, {"", 400, Decision::rejected, 7},
      {"GET", 0, Decision::rejected, 0},      {"GET", 600, Decision::forwarded, 0},
  };
  for (const auto& [method, status, decision, row] : cases) {
    CAPTURE(method);
    CAPTURE(status);
    Meter meter;
    TestExchange exchange(method, "");
    filters::Outcome outcome;
    outcome.decision = decision;
    outcome.status = status;
    outcome.duration = microseconds{1};
    meter.count(*exchange, outcome);
    CHECK(meter.requests(row, static_cast<std::size_t>(decision), status) == 1);
    std::uint64_t all = 0;
    for (std::size_t m = 0; m < Meter::methods.size(); ++m)
      for (std::size_t d = 0; d < Meter::decisions.size(); ++d) {
        all += meter.requests(m, d, 0);
        for (int s = Meter::first_status; s <= Meter::last_status; ++s)
          all += meter.requests(m, d, s);
      }
    CHECK(all == 1);
    CHECK(meter.durations().bucket(0) == 1);
    CHECK(meter.upstream_durations().bucket(0) == 0);
  }
}

TEST_CASE(
    "a rule of the chain that acts often in a request has one hit, in each mode it acted in") {
  Meter meter;
  const auto alias = filters::chain_rule("repair.alias");
  for (int requests = 0; requests < 2; ++requests) {
    TestExchange exchange("GET", "");
    exchange->journal.write({.rule = "repair.alias"});
    exchange->journal.write({.rule = "repair.value"});
    exchange->journal.write({.rule = "repair.alias"});
    exchange->journal.write({.rule = "repair.alias", .mode = Mode::warn});
    exchange->journal.write({.rule = "policy.mine", .mode = Mode::observe});
    meter.count(*exchange, {});
  }
  CHECK(meter.hits(alias, 2) == 2);
  CHECK(meter.hits(alias, 1) == 2);
  CHECK(meter.hits(alias, 0) == 0);
  CHECK(meter.hits(filters::chain_rule("repair.value"), 2) == 2);
  std::uint64_t all = 0;
  for (std::size_t rule = 0; rule < filters::chain_rules.size(); ++rule)
    for (std::size_t mode = 0; mode < Meter::modes.size(); ++mode) all += meter.hits(rule, mode);
  CHECK(all == 6);
}

TEST_CASE("the words of a metric's mode, decision and rule are the record's") {
  for (const auto mode : {Mode::observe, Mode::warn, Mode::enforce})
    CHECK(Meter::modes[static_cast<std::size_t>(mode) - 1] == to_string(mode));
  CHECK(Meter::decisions[static_cast<std::size_t>(Decision::forwarded)] == "forwarded");
  CHECK(Meter::decisions[static_cast<std::size_t>(Decision::rejected)] == "rejected");
}
