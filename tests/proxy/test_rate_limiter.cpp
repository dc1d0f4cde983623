// Time comes in by argument: nothing here waits, and nothing depends on when it runs.
#include "proxy/rate_limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/allocations.hpp"

using namespace std::chrono_literals;
using filters::Per;
using filters::Rate;
using proxy::RateLimiter;

namespace {

using Time = RateLimiter::Clock::time_point;
const Time start{1000h};
const proxy::SipKey key{1, 2};

filters::RateLimitSettings limit(Rate rate, std::uint64_t burst, std::size_t keys = 1024) {
  return {.mode = filters::Mode::enforce, .rate = rate, .burst = burst, .keys = keys};
}

bool passes(RateLimiter& limiter, std::string_view who, Time now) {
  return limiter.take(Per::device, who, now) == 0ns;
}

// How many of `tries` requests at one moment pass.
int passing(RateLimiter& limiter, std::string_view who, Time now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += passes(limiter, who, now) ? 1 : 0;
  return count;
}

// The definition, of one client: as real numbers are, and for ever.
class Definition {
 public:
  Definition(Rate rate, std::uint64_t burst)
      : interval_(std::chrono::duration<long double>(rate.period) / rate.requests),
        most_(interval_ * static_cast<long double>(burst)) {}
  bool passes(std::chrono::duration<long double> now) {
    const auto next = std::max(arrival_, now) + interval_;
    if (next - now > most_) return false;
    arrival_ = next;
    return true;
  }

 private:
  std::chrono::duration<long double> interval_, most_, arrival_{};
};

}  // namespace

TEST_CASE("a burst passes at once, then one request in each interval") {
  RateLimiter limiter(limit({60, 60s}, 20), key, start);
  CHECK(passing(limiter, "a", start, 30) == 20);
  CHECK(limiter.take(Per::device, "a", start) == 1s);
  CHECK(limiter.take(Per::device, "a", start + 300ms) == 700ms);
  for (int second = 1; second <= 100; ++second) {
    CHECK(passing(limiter, "a", start + second * 1s - 1ms, 2) == 0);
    CHECK(passing(limiter, "a", start + second * 1s, 2) == 1);
  }
  CHECK(passing(limiter, "a", start + 111s, 30) == 11);
  CHECK(passing(limiter, "a", start + 24h, 30) == 20);
}

TEST_CASE("who waits as long as it was told passes, whatever the rate") {
  for (const Rate rate : {Rate{1000, 1s}, Rate{999, 1s}, Rate{7, 1s}, Rate{60, 60s}, Rate{7, 60s},
                          Rate{1, 3600s}, Rate{3'600'000, 3600s}}) {
    CAPTURE(to_string(rate));
    RateLimiter limiter(limit(rate, 3), key, start);
    std::mt19937_64 random(7);
    auto now = start;
    for (int i = 0; i < 200; ++i) {
      const auto wait = limiter.take(Per::device, "a", now);
      if (wait == 0ns) {
        now += std::chrono::nanoseconds(random() % 1'000'000'000);
        continue;
      }
      CHECK(wait <= std::chrono::nanoseconds(rate.period) / rate.requests * 3 + 1ms);
      now += wait;
      CHECK(passes(limiter, "a", now));
    }
  }
}

TEST_CASE("in the long run no more pass than the rate allows, and hardly fewer") {
  for (const Rate rate :
       {Rate{1000, 1s}, Rate{999, 1s}, Rate{7, 1s}, Rate{60, 60s}, Rate{7, 60s}, Rate{1, 3600s}}) {
    CAPTURE(to_string(rate));
    constexpr int intervals = 2000;
    RateLimiter limiter(limit(rate, 5), key, start);
    const auto interval = std::chrono::nanoseconds(rate.period) / rate.requests;
    int count = 0;
    for (int i = 0; i <= 4 * intervals; ++i)
      count += passing(limiter, "a", start + i * interval / 4, 6);
    CHECK(count <= 5 + intervals);
    CHECK(count >= intervals);
  }
}

TEST_CASE("it decides as the definition does, for any sequence of requests of many clients") {
  constexpr Rate rate{60, 60s};
  constexpr std::chrono::microseconds step{15'625};  // whole ticks: see ticks_for_one
  RateLimiter limiter(limit(rate, 5), key, start);
  std::map<std::string, Definition> definitions;
  std::mt19937 random(20261122);
  std::chrono::microseconds now{};
  int passed = 0;
  for (int i = 0; i < 50'000; ++i) {
    now += step * (random() % 6);
    const auto who = "device " + std::to_string(random() % 12);
    auto& definition = definitions.try_emplace(who, rate, 5U).first->second;
    const auto wait = limiter.take(Per::device, who, start + now);
    passed += wait == 0ns ? 1 : 0;
    CAPTURE(i);
    REQUIRE((wait == 0ns) == definition.passes(now));
  }
  CHECK(passed > 10'000);
  CHECK(passed < 40'000);
}

TEST_CASE("clients have nothing to do with each other, and a device is no address of that name") {
  RateLimiter limiter(limit({1, 3600s}, 2), key, start);
  for (int i = 0; i < 200; ++i)
    CHECK(passing(limiter, "client " + std::to_string(i), start, 3) == 2);
  CHECK(limiter.take(Per::device, "192.0.2.7", start) == 0ns);
  CHECK(limiter.take(Per::device, "192.0.2.7", start) == 0ns);
  CHECK(limiter.take(Per::device, "192.0.2.7", start) > 0ns);
  CHECK(limiter.take(Per::address, "192.0.2.7", start) == 0ns);
}

TEST_CASE("it has two places for each client that it was asked to have room for") {
  CHECK(RateLimiter(limit({}, 1, 1024), key, start).places() == 2048);
  CHECK(RateLimiter(limit({}, 1, 1025), key, start).places() == 4096);
  CHECK(RateLimiter(limit({}, 1, 65'536), key, start).places() == 131'072);
  CHECK(RateLimiter(limit({}, 1, 4), key, start).places() == 8);
}

TEST_CASE("with as many live clients as it has room for, hardly any is granted more or less") {
  constexpr int clients = 1024;
  RateLimiter limiter(limit({1, 3600s}, 3, clients), key, start);
  int granted = 0;
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < clients; ++i) granted += passes(limiter, std::to_string(i), start) ? 1 : 0;
  CHECK(granted > 3 * clients * 98 / 100);
  CHECK(granted < 3 * clients * 102 / 100);
}

TEST_CASE("however many names somebody makes up, a set grants no more than its places do") {
  RateLimiter limiter(limit({60, 60s}, 5, 4), key, start);  // one set of eight places
  int granted = 0;
  for (int i = 0; i < 10'000; ++i)
    granted += passes(limiter, std::to_string(i), start + i * 1ms) ? 1 : 0;
  CHECK(granted <= 8 * (5 + 10));
  CHECK(granted >= 8 * (5 + 9));
  // And once these have rested, the places are anybody's.
  CHECK(passing(limiter, "another", start + 1h, 10) == 5);
}

TEST_CASE("a time before the start is the start") {
  RateLimiter limiter(limit({1, 1s}, 2), key, start);
  CHECK(passing(limiter, "a", start - 5h, 3) == 2);
  CHECK(passing(limiter, "a", start, 3) == 0);
}

TEST_CASE("it goes on for eight years") {
  RateLimiter limiter(limit({1000, 1s}, 20), key, start);
  for (const auto now : {start + 24h * 365, start + 24h * 365 * 8}) {
    CHECK(passing(limiter, "a", now, 100) == 20);
    CHECK(passing(limiter, "a", now + 2ms, 100) == 2);
  }
}

TEST_CASE("threads that ask for one client at one moment are granted exactly a burst") {
  constexpr int threads = 4, tries = 20'000, burst = 10'000;
  RateLimiter limiter(limit({1, 3600s}, burst), key, start);
  std::barrier together(threads);
  std::vector<int> granted(threads);
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      together.arrive_and_wait();
      granted[static_cast<std::size_t>(i)] = passing(limiter, "a", start, tries);
    });
  for (auto& thread : running) thread.join();
  CHECK(granted[0] + granted[1] + granted[2] + granted[3] == burst);
}

// What could give a client two places, and so two allowances: two threads that bring it in at once.
// They keep in step, one new client after another.
TEST_CASE("a client that is new to two threads at once has one allowance") {
  constexpr unsigned clients = 20'000;
  RateLimiter limiter(limit({1, 3600s}, 1, 64 * 1024), key, start);
  std::atomic<unsigned> arrived{0};
  const auto ask = [&](unsigned& granted) {
    for (unsigned i = 0; i < clients; ++i) {
      const auto who = std::to_string(i);
      ++arrived;
      while (arrived < 2 * (i + 1)) std::this_thread::yield();
      if (passes(limiter, who, start)) ++granted;
    }
  };
  unsigned here = 0, there = 0;
  std::thread other([&] { ask(there); });
  ask(here);
  other.join();
  CHECK(here + there == clients);
}

// The same where each set is fought for: what one thread takes over, another has just looked at.
TEST_CASE("threads in a set that is full are granted no more than its places are") {
  constexpr int threads = 4, rounds = 200, burst = 3;
  for (int round = 0; round < rounds; ++round) {
    RateLimiter limiter(limit({1, 3600s}, burst, 4), key, start);
    std::vector<int> granted(threads);
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        for (int j = 0; j < 100; ++j)
          granted[static_cast<std::size_t>(i)] +=
              passes(limiter, std::to_string((i + j) % 20), start) ? 1 : 0;
      });
    for (auto& thread : running) thread.join();
    CHECK(granted[0] + granted[1] + granted[2] + granted[3] == 8 * burst);
  }
}

TEST_CASE("where the limit is off there is none, else each has a key of its own") {
  filters::RateLimitSettings settings;
  CHECK(proxy::make_rate_limiter(settings) == nullptr);
  settings.mode = filters::Mode::observe;
  const auto limiter = proxy::make_rate_limiter(settings);
  REQUIRE(limiter);
  CHECK(limiter->take(Per::address, "a") == 0ns);
}

TEST_CASE("counting asks the heap for nothing") {
  RateLimiter limiter(limit({60, 60s}, 20), key, start);
  const std::string token(1200, 't');
  const auto before = tests::allocations();
  int granted = 0;
  for (int i = 0; i < 100; ++i) granted += limiter.take(Per::token, token) == 0ns ? 1 : 0;
  CHECK(tests::allocations() == before);
  CHECK(granted >= 20);
}
