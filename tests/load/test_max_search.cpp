// The search for the highest rate, against targets whose limit is known.
#include "bench/load/max_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace load;

namespace {

// Against a target that holds up to `limit`.
struct Searched {
  std::vector<std::uint64_t> tried;
  std::uint64_t holds = 0;
};
Searched search(std::uint64_t first, std::uint64_t limit) {
  MaxSearch search(first);
  Searched searched;
  while (const auto rate = search.next()) {
    REQUIRE(searched.tried.size() < 100);
    searched.tried.push_back(*rate);
    search.tell(*rate <= limit);
  }
  searched.holds = search.holds();
  return searched;
}

Result answered(std::uint64_t asked, std::uint64_t count, Nanoseconds latency) {
  Result result;
  result.asked = asked;
  result.answered = count;
  for (std::uint64_t i = 0; i < count; ++i) result.latency.add(latency);
  return result;
}

}  // namespace

TEST_CASE("the search doubles, then halves, and ends within 5 % below the limit") {
  CHECK(search(1000, 5200).tried ==
        std::vector<std::uint64_t>{1000, 2000, 4000, 8000, 6000, 5000, 5500, 5250});
  for (const std::uint64_t limit :
       {40ULL, 999ULL, 1000ULL, 1001ULL, 4096ULL, 60'123ULL, 777'777ULL}) {
    CAPTURE(limit);
    const auto found = search(1000, limit);
    CHECK(found.holds <= limit);
    CHECK(static_cast<double>(found.holds) * MaxSearch::close_enough >= static_cast<double>(limit));
    CHECK(found.tried.size() <= MaxSearch::most_trials);
  }
}

TEST_CASE("the search ends where nothing holds, and where everything does") {
  const auto none = search(1000, 0);
  CHECK(none.holds == 0);
  CHECK(none.tried.size() <= MaxSearch::most_trials);
  CHECK(search(1, 0).tried == std::vector<std::uint64_t>{1});
  const auto all = search(1000, ~std::uint64_t{0});
  CHECK(all.holds == 10'000'000);
}

TEST_CASE("the search tries no rate twice") {
  for (std::uint64_t limit = 0; limit < 200; ++limit) {
    CAPTURE(limit);
    auto tried = search(3, limit).tried;
    std::ranges::sort(tried);
    CHECK(std::ranges::adjacent_find(tried) == tried.end());
  }
}

TEST_CASE("a rate holds where all is answered, as expected and in time") {
  CHECK(why_not(answered(1000, 1000, milliseconds(5)), milliseconds(5)).empty());
  CHECK(why_not(answered(1000, 1000, milliseconds(6)), milliseconds(5)) == "p99 6.00 ms");
  CHECK(why_not(answered(1000, 979, milliseconds(1)), milliseconds(5)) ==
        "only 979 of 1,000 were answered");
  CHECK(why_not(answered(0, 0, milliseconds(1)), milliseconds(5)) == "only 0 of 0 were answered");
  auto failed = answered(1000, 999, milliseconds(1));
  failed.failures[0] = 1;
  CHECK(why_not(failed, milliseconds(5)) == "1 failed");
  auto wrong = answered(1000, 1000, milliseconds(1));
  wrong.unexpected["good GET answered 500, not 200"] = 2;
  CHECK(why_not(wrong, milliseconds(5)) == "2 were answered otherwise than expected");
}
