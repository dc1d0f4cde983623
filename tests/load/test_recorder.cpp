// What a run is counted as, by times that are handed in; and whether the generator was to blame.
#include "bench/load/recorder.hpp"

#include <doctest/doctest.h>

#include "bench/load/bottleneck.hpp"

using namespace load;

namespace {

constexpr Nanoseconds ms(std::int64_t count) {
  return milliseconds(count);
}

// A generator that has computed for as long as it is told to.
struct Generator {
  Nanoseconds busy{0};
  Recorder recorder;
  explicit Generator(Nanoseconds warmup = {}) : recorder(warmup, ms(1), [this] { return busy; }) {}
};

// A request each millisecond for a second, on one connection, to a server that takes no time but
// once stalls for 200 ms.
Result stalled_once(bool closed) {
  Generator generator;
  Nanoseconds free{0};
  for (int i = 0; i < 1000; ++i) {
    const auto due = closed ? std::max(ms(i), free) : ms(i);
    const auto sent = std::max(due, free);
    const auto answered = sent + (i == 300 ? ms(200) : Nanoseconds(0));
    generator.recorder.sent(due, sent, sent);
    generator.recorder.answered(due, answered, 200, {});
    free = answered;
  }
  return generator.recorder.finish(ms(1000), 1);
}

}  // namespace

TEST_CASE("a stall counts for every request that was due meanwhile, not only for the one it hit") {
  const auto open = stalled_once(false);
  CHECK(open.answered == 1000);
  CHECK(open.latency.most() == ms(200));
  CHECK(open.latency.percentile(99) >= ms(190));
  CHECK(open.latency.percentile(90) >= ms(100));
  CHECK(open.latency.percentile(79) == ms(0));
  // What coordinated omission makes of the same stall.
  CHECK(stalled_once(true).latency.percentile(99.8) == ms(0));
}

TEST_CASE("a warm-up does not count, but for what it got wrong") {
  Generator generator(ms(1000));
  generator.recorder.sent(ms(999), ms(999), ms(999));
  generator.recorder.answered(ms(999), ms(2500), 500, "good GET answered 500, not 200");
  generator.recorder.sent(ms(1000), ms(1000), ms(1000));
  generator.recorder.answered(ms(1000), ms(1004), 200, {});
  const auto result = generator.recorder.finish(ms(2500), 2);
  CHECK(result.asked == 1);
  CHECK(result.answered == 1);
  CHECK(result.latency.most() == ms(4));
  CHECK(result.wrong() == 1);
  CHECK(result.lasted == doctest::Approx(1.5));
}

TEST_CASE("each second has what was due in it and what was answered in it") {
  Generator generator;
  std::vector<std::size_t> told;
  generator.recorder.on_second = [&](const Result& so_far) { told.push_back(so_far.answered); };
  generator.recorder.pass(ms(0));
  generator.recorder.sent(ms(100), ms(100), ms(100));
  generator.busy = ms(250);
  generator.recorder.answered(ms(100), ms(1100), 200, {});
  generator.recorder.sent(ms(1200), ms(1200), ms(1200));
  generator.busy = ms(300);
  generator.recorder.failed(ms(1200), ms(3200), Failure::timeout);
  const auto result = generator.recorder.finish(ms(3500), 1);
  REQUIRE(result.seconds.size() == 4);
  CHECK(told == std::vector<std::size_t>{0, 1, 1});
  CHECK(result.seconds[0].asked == 1);
  CHECK(result.seconds[0].answered == 0);
  CHECK(result.seconds[0].busy == doctest::Approx(0.25));
  CHECK(result.seconds[1].answered == 1);
  CHECK(result.seconds[1].p99 == ms(1000));
  CHECK(result.seconds[1].busy == doctest::Approx(0.05));
  CHECK(result.seconds[2].busy == 0);
  CHECK(result.seconds[3].failed == 1);
  CHECK(result.seconds[3].lasted == doctest::Approx(0.5));
}

TEST_CASE("what was given up for late is in the latencies, what failed at once is not") {
  Generator generator;
  generator.recorder.sent(ms(0), ms(0), ms(0));
  generator.recorder.failed(ms(0), ms(1), Failure::connect, "Connection refused");
  generator.recorder.sent(ms(0), ms(0), ms(0));
  generator.recorder.failed(ms(0), ms(500), Failure::timeout);
  generator.recorder.failed(ms(400), ms(700), Failure::unsent);
  const auto result = generator.recorder.finish(ms(700), 1);
  CHECK(result.asked == 3);
  CHECK(result.failed() == 3);
  CHECK(result.latency.count() == 2);
  CHECK(result.latency.most() == ms(500));
  CHECK(result.connect_fault == "Connection refused");
}

TEST_CASE("late is what leaves later than it could, not what waits for a connection") {
  Generator generator;
  generator.recorder.sent(ms(0), ms(50), ms(51));   // waited for one, then left in time
  generator.recorder.sent(ms(60), ms(60), ms(61));  // just in time
  generator.recorder.sent(ms(70), ms(70), ms(72));  // late
  CHECK(generator.recorder.finish(ms(100), 1).late == 1);
}

TEST_CASE("a run is refused where 1 % of its requests left late") {
  Result result;
  result.asked = 10'000;
  result.seconds = {{.busy = 0.5, .lasted = 1}};
  result.late = 100;
  CHECK(own_bottleneck(result, 0.95).empty());
  result.late = 101;
  CHECK(own_bottleneck(result, 0.95).find("1.0 % of the requests left late") != std::string::npos);
  // Those that never left were not late by its own fault.
  result.late = 100;
  result.failures.at(static_cast<std::size_t>(Failure::unsent)) = 5000;
  CHECK(own_bottleneck(result, 0.95).find("2.0 %") != std::string::npos);
}

TEST_CASE("a run is refused where the generator was busy all the time for a tenth of it") {
  Result result;
  result.asked = 1000;
  for (int i = 0; i < 10; ++i) result.seconds.push_back({.busy = i == 3 ? 1.0 : 0.94, .lasted = 1});
  CHECK(own_bottleneck(result, 0.95).empty());
  result.seconds[7].busy = 0.96;
  CHECK(own_bottleneck(result, 0.95).find("for 20.0 % of the time") != std::string::npos);
  // A last second that was cut short weighs as little as it lasted.
  result.seconds[7].lasted = 0.05;
  result.seconds[3].lasted = 0.05;
  CHECK(own_bottleneck(result, 0.95).empty());
}
