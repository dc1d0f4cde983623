// When each request is to leave.
#include "bench/load/schedule.hpp"

#include <doctest/doctest.h>

using namespace load;
using std::chrono::seconds;

namespace {

Schedule schedule(std::string_view rates, Nanoseconds whole, Nanoseconds warmup = {}) {
  return {*parse_rates(rates), whole, warmup};
}

double due(const Schedule& schedule, std::uint64_t number) {
  return in_seconds(schedule.due(number).value());
}

}  // namespace

TEST_CASE("a rate is a number, a ramp or steps") {
  CHECK(parse_rates("5000") == std::vector<Rate>{{5000, 5000}});
  CHECK(parse_rates("1000..5000") == std::vector<Rate>{{1000, 5000}});
  CHECK(parse_rates("1000,2000,4000") ==
        std::vector<Rate>{{1000, 1000}, {2000, 2000}, {4000, 4000}});
  for (const auto* bad : {"", "0", "-1", "1.5", "5k", "1..", "..2", "1..2..3", "1,", ",1", "1,,2",
                          "1 2", "10000001", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_rates(bad));
  }
}

TEST_CASE("at one rate requests are equally far apart, to the end of the time") {
  const auto even = schedule("1000", seconds(2));
  CHECK(due(even, 0) == 0);
  CHECK(due(even, 1) == doctest::Approx(0.001));
  CHECK(due(even, 1999) == doctest::Approx(1.999));
  CHECK_FALSE(even.due(2000));
  CHECK(even.count() == 2000);
}

TEST_CASE(
    "on a ramp a quarter of the requests is due in the first half when it begins at nothing") {
  const auto ramp = schedule("1..1999", seconds(10));
  CHECK(ramp.count() == 10'000);
  // The area under the ramp: 1 t + 199.8 t^2 / 2.
  CHECK(due(ramp, 2503) == doctest::Approx(5).epsilon(0.001));
  CHECK(due(ramp, 9999) < 10);
  CHECK(ramp.rate_at(seconds(0)) == doctest::Approx(1));
  CHECK(ramp.rate_at(seconds(5)) == doctest::Approx(1000));
  CHECK(ramp.rate_at(seconds(10)) == doctest::Approx(1999));
}

TEST_CASE("a ramp may go down") {
  const auto ramp = schedule("3000..1000", seconds(1));
  CHECK(ramp.count() == 2000);
  CHECK(due(ramp, 1) == doctest::Approx(1 / 3000.0).epsilon(0.001));
  CHECK(due(ramp, 1999) - due(ramp, 1998) == doctest::Approx(1 / 1000.0).epsilon(0.01));
}

TEST_CASE("steps last equally long") {
  const auto steps = schedule("1000,2000,4000", seconds(3));
  CHECK(steps.count() == 7000);
  CHECK(due(steps, 999) == doctest::Approx(0.999));
  CHECK(due(steps, 1000) == doctest::Approx(1));
  CHECK(due(steps, 1002) == doctest::Approx(1.001));
  CHECK(due(steps, 3000) == doctest::Approx(2));
  CHECK(due(steps, 3004) == doctest::Approx(2.001));
  CHECK(steps.rate_at(milliseconds(1500)) == 2000);
}

TEST_CASE("the warm-up comes before, at the rate that the first step begins with") {
  const auto warmed = schedule("1000..3000", seconds(1), milliseconds(500));
  CHECK(due(warmed, 499) == doctest::Approx(0.499));
  CHECK(due(warmed, 500) == doctest::Approx(0.5));
  CHECK(warmed.count() == 2500);
  CHECK(warmed.end() == milliseconds(1500));
}

TEST_CASE("no request is due before the one before it, whatever the rates") {
  for (const auto* rates : {"7", "1..9973", "9973..1", "3,5000,1,77", "10000000"}) {
    CAPTURE(rates);
    const auto each = schedule(rates, milliseconds(700), milliseconds(33));
    Nanoseconds last{0};
    const auto count = std::min<std::uint64_t>(each.count(), 20'000);
    CHECK(each.count() > 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto next = each.due(i).value();
      REQUIRE(next >= last);
      last = next;
    }
  }
}
