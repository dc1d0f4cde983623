// Percentiles, as exactly as they are kept.
#include "bench/load/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace load;

TEST_CASE("of nothing every percentile is nothing") {
  const Histogram none;
  CHECK(none.percentile(99) == Nanoseconds(0));
  CHECK(none.most() == Nanoseconds(0));
  CHECK(none.mean() == Nanoseconds(0));
}

TEST_CASE("a percentile is the least value that so many have at most") {
  Histogram hundred;
  for (int i = 1; i <= 100; ++i) hundred.add(Nanoseconds(i));
  CHECK(hundred.percentile(0) == Nanoseconds(1));
  CHECK(hundred.percentile(50) == Nanoseconds(50));
  CHECK(hundred.percentile(50.5) == Nanoseconds(51));
  CHECK(hundred.percentile(99) == Nanoseconds(99));
  CHECK(hundred.percentile(100) == Nanoseconds(100));
  CHECK(hundred.mean() == Nanoseconds(51));  // 50.5, rounded
}

TEST_CASE("percentiles are at most 0.8 % above what sorting finds, over all orders of magnitude") {
  std::mt19937_64 random(7);  // NOLINT: the same values each time
  Histogram histogram;
  std::vector<std::int64_t> sorted;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() >> (24 + random() % 38));
    sorted.push_back(std::min(value, Histogram::longest.count()));
    histogram.add(Nanoseconds(value));
  }
  std::ranges::sort(sorted);
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    CAPTURE(percent);
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 20'000 - 1e-9)) - 1;
    const auto exact = static_cast<double>(sorted[rank]);
    const auto found = static_cast<double>(histogram.percentile(percent).count());
    CHECK(found >= exact);
    CHECK(found <= exact * 1.008);
  }
  CHECK(histogram.most().count() == sorted.back());
}

TEST_CASE("what is out of range counts at its end") {
  Histogram histogram;
  histogram.add(Nanoseconds(-5));
  histogram.add(std::chrono::hours(100));
  CHECK(histogram.count() == 2);
  CHECK(histogram.percentile(50) == Nanoseconds(0));
  CHECK(histogram.most() == Histogram::longest);
}

TEST_CASE("two that are merged are as one") {
  Histogram one, other, both;
  for (int i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? one : other).add(Nanoseconds(i * 977));
    both.add(Nanoseconds(i * 977));
  }
  one.merge(other);
  for (const double percent : {1.0, 50.0, 99.0, 100.0})
    CHECK(one.percentile(percent) == both.percentile(percent));
  CHECK(one.count() == 1000);
  CHECK(one.mean() == both.mean());
}
