#include "proxy/watchdog.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using proxy::Deadline;
using proxy::milliseconds;
using proxy::Watchdog;
using Clock = std::chrono::steady_clock;

// A deadline that notes when it expired, and may then do something.
struct Probe {
  explicit Probe(Watchdog& watchdog) : deadline(watchdog, this, on_expired) {}
  static void on_expired(void* self) {
    auto& probe = *static_cast<Probe*>(self);
    ++probe.times;
    probe.at = Clock::now();
    if (probe.then) probe.then();
  }

  int times = 0;
  Clock::time_point at{};
  std::function<void()> then = {};
  Deadline deadline;
};

struct Fixture {
  // Sets the wheel ten seconds ahead of the clock: what is armed with 0 ms then shares a slot.
  Clock::time_point go_ahead() {
    Probe probe(watchdog);
    const auto ahead = Clock::now() + 10s;
    probe.deadline.arm(0ms);
    watchdog.advance(ahead);
    return ahead;
  }

  proxy::asio::io_context context{1};
  Watchdog watchdog{context};
};

TEST_CASE_FIXTURE(Fixture, "a deadline expires once, never before its time") {
  for (const auto length : {0ms, 1ms, 19ms, 20ms, 21ms, 39ms, 40ms, 55ms}) {
    CAPTURE(length.count());
    Probe probe(watchdog);
    const auto begun = Clock::now();
    probe.deadline.arm(length);
    CHECK(probe.deadline.armed());
    context.restart();
    context.run_for(5s);  // ends when nothing is armed
    CHECK(probe.times == 1);
    CHECK(probe.at - begun >= length);
    CHECK(probe.deadline.expired());
    CHECK_FALSE(probe.deadline.armed());
  }
}

TEST_CASE_FIXTURE(Fixture, "the wheel meets each deadline in the tick after its time") {
  std::mt19937 random(60);
  // Up to five laps of the wheel; and a few of hours, which are met in every lap.
  std::vector<std::unique_ptr<Probe>> probes;
  std::vector<milliseconds> lengths;
  for (int i = 0; i < 500; ++i) lengths.emplace_back(random() % 100'000);
  for (const auto hours : {1h, 5h, 24h}) lengths.emplace_back(hours);
  const auto before = Clock::now();
  for (const auto length : lengths) {
    probes.push_back(std::make_unique<Probe>(watchdog));
    probes.back()->deadline.arm(length);
  }
  const auto after = Clock::now();
  CHECK(watchdog.armed() == lengths.size());
  bool never_early = true;
  bool never_late = true;
  for (auto passed = 0ms; passed <= 110s; passed += 7ms) {
    watchdog.advance(before + passed);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const bool late = before + passed >= after + lengths[i] + Watchdog::tick;
      if (passed < lengths[i]) never_early &= probes[i]->times == 0;
      if (late) never_late &= probes[i]->times == 1;
    }
  }
  CHECK(never_early);
  CHECK(never_late);
  CHECK(watchdog.armed() == 3);
  watchdog.advance(before + 24h - 1ms);
  CHECK(watchdog.armed() == 1);
  watchdog.advance(after + 24h + Watchdog::tick);
  CHECK(watchdog.armed() == 0);
  for (const auto& probe : probes) CHECK(probe->times == 1);
}

TEST_CASE_FIXTURE(Fixture, "a day is the longest") {
  Probe probe(watchdog);
  probe.deadline.arm(1000h);
  watchdog.advance(Clock::now() + 24h + Watchdog::tick);
  CHECK(probe.times == 1);
}

TEST_CASE_FIXTURE(Fixture, "arming again replaces the time and forgets the expiry") {
  Probe probe(watchdog);
  const auto begun = Clock::now();
  probe.deadline.arm(1s);
  probe.deadline.arm(10s);
  CHECK(watchdog.armed() == 1);
  watchdog.advance(begun + 9s);
  CHECK(probe.times == 0);
  watchdog.advance(begun + 11s);
  CHECK(probe.times == 1);
  CHECK(probe.deadline.expired());
  probe.deadline.arm(1s);
  CHECK_FALSE(probe.deadline.expired());
  watchdog.advance(begun + 30s);
  CHECK(probe.times == 2);
}

TEST_CASE_FIXTURE(Fixture, "a deadline disarmed does not expire, and keeps that it has expired") {
  Probe probe(watchdog);
  const auto begun = Clock::now();
  probe.deadline.disarm();  // never armed
  probe.deadline.arm(1s);
  probe.deadline.disarm();
  probe.deadline.disarm();
  watchdog.advance(begun + 2s);
  CHECK(probe.times == 0);
  CHECK_FALSE(probe.deadline.expired());
  probe.deadline.arm(1s);
  watchdog.advance(begun + 5s);
  probe.deadline.disarm();
  CHECK(probe.deadline.expired());
}

TEST_CASE_FIXTURE(Fixture, "a deadline leaves the wheel with its owner") {
  const auto ahead = go_ahead();
  auto first = std::make_unique<Probe>(watchdog);
  auto second = std::make_unique<Probe>(watchdog);
  auto third = std::make_unique<Probe>(watchdog);
  for (auto* probe : {first.get(), second.get(), third.get()}) probe->deadline.arm(0ms);
  second.reset();  // from the middle of a slot
  CHECK(watchdog.armed() == 2);
  third.reset();
  watchdog.advance(ahead + 1s);
  CHECK(first->times == 1);
  CHECK(watchdog.armed() == 0);
}

TEST_CASE_FIXTURE(Fixture, "what expires may arm, disarm and destroy others") {
  const auto ahead = go_ahead();
  Probe later(watchdog);
  auto doomed = std::make_unique<Probe>(watchdog);
  Probe spared(watchdog);
  Probe actor(watchdog);
  // A slot is walked from the one armed last.
  doomed->deadline.arm(0ms);
  spared.deadline.arm(0ms);
  actor.deadline.arm(0ms);
  actor.then = [&] {
    later.deadline.arm(0ms);
    spared.deadline.disarm();
    doomed.reset();
    if (actor.times < 3) actor.deadline.arm(0ms);
  };
  watchdog.advance(ahead + 1s);
  CHECK(actor.times == 3);
  CHECK(spared.times == 0);
  CHECK(later.times >= 1);
  CHECK(watchdog.armed() == 0);
}

TEST_CASE_FIXTURE(Fixture, "the loop has nothing to do once nothing is armed") {
  Probe probe(watchdog);
  probe.deadline.arm(1h);
  probe.deadline.disarm();
  context.run_for(5s);
  CHECK(context.stopped());
  // And begins again.
  probe.deadline.arm(0ms);
  context.restart();
  context.run_for(5s);
  CHECK(probe.times == 1);
}

// ---- Former bugs.

TEST_CASE_FIXTURE(Fixture, "a deadline armed by a loop that was busy does not expire early") {
  Probe keeper(watchdog);
  Probe probe(watchdog);
  keeper.deadline.arm(1h);  // the wheel is turning
  Clock::time_point begun;
  proxy::asio::post(context, [&] {
    // The work of a handler that takes several ticks.
    for (const auto until = Clock::now() + 10 * Watchdog::tick; Clock::now() < until;) {
    }
    begun = Clock::now();
    probe.deadline.arm(60ms);
    probe.then = [&] { keeper.deadline.disarm(); };
  });
  context.run_for(5s);
  CHECK(probe.times == 1);
  CHECK(probe.at - begun >= 60ms);
}

}  // namespace
