// RateLimiter: who has asked how often, of all workers together, in memory that is fixed at the
// start: GCRA (ITU-T I.371) over a table of atomic words. Owned by the Server; any thread, without
// a lock, and exact: of requests that come at once on several threads as many pass as the limit
// says. It forgets when the process ends, and never holds a token: a client is some bits of a keyed
// hash.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "filters/rate_limit.hpp"
#include "proxy/siphash.hpp"

namespace proxy {

class RateLimiter final : public filters::RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  using Wait = std::chrono::nanoseconds;

  // `key`: random, and nobody else's. `begun`: no later time counts as before it.
  RateLimiter(const filters::RateLimitSettings& settings, const SipKey& key,
              Clock::time_point begun);

  Wait take(filters::Per per, std::string_view who) override {
    return take(per, who, Clock::now());
  }
  Wait take(filters::Per per, std::string_view who, Clock::time_point now);

  // Clients that it has a place for: at least twice as many as were asked for.
  std::size_t places() const { return sets_count_ * set_size; }

 private:
  using Word = std::uint64_t;
  static constexpr std::size_t set_size = 8;
  struct alignas(64) Set {
    std::array<std::atomic<Word>, set_size> places;
  };
  struct Found {
    std::atomic<Word>& place;
    Word word;
  };

  static Found find(Set& set, Word tag);
  // Time since the start, in whole ticks, and the first microsecond of a tick.
  Word tick_at(std::chrono::microseconds passed) const;
  std::chrono::microseconds time_of(Word tick) const;

  SipKey key_;
  Clock::time_point begun_;
  std::chrono::microseconds period_;  // of the rate
  Word for_one_;                      // ticks that a request costs
  Word in_period_;                    // ticks
  Word most_;                         // ticks that a client may be ahead
  std::size_t sets_count_;
  std::unique_ptr<Set[]> sets_;
};

// With a key of its own, from now on; null where the limit is off.
std::unique_ptr<RateLimiter> make_rate_limiter(const filters::RateLimitSettings& settings);

}  // namespace proxy
