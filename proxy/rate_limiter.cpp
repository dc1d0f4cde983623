// The idea. GCRA remembers one time of each client, its theoretical arrival time: when it would be
// back at rest. A request moves it on by what one request costs; one that would move it further
// ahead of now than a whole burst costs is refused, and moves nothing.
//
// A client's place in the table is one word: a tag, 22 bits of its hash, and that time, in ticks
// since the start. Other bits of the hash choose its set of eight places, one line of the cache. A
// client that is found there has its word replaced by compare and exchange. One that is not takes
// over the place whose time is the least, the first of equals, *and that time with it*:
//
// - A time that is past is nobody's debt, so this is how a place becomes free again.
// - Where all eight clients are ahead of now, the newcomer inherits the least debt of them, and
//   the client that had it begins anew when it returns, in the same way. So a set full of live
//   clients errs towards refusing, and however many names somebody makes up, a set grants them no
//   more than eight clients would get.
// - The time in a place only ever grows, so a word never returns, and no client can come to have
//   two places, which would be two allowances. Say one thread put it into A and another into B.
//   Each compared and exchanged the least word that it saw: the first saw A's to be less than B's,
//   the second B's less than A's. What either saw of the other's place was there no later than
//   what was replaced there, or it would have seen the client itself; so it was no greater: A < B
//   as they were replaced, and B < A.
//
// Two clients whose 22 bits agree within a set of live places share an allowance: one newcomer in
// half a million, by chance alone, because the hash has a key.
#include "proxy/rate_limiter.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <stdexcept>

namespace proxy {
namespace {

using namespace std::chrono_literals;

// Of a word. At the least tick 42 bits last for eight years and a half; the process does not.
constexpr unsigned time_bits = 42;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;
constexpr std::chrono::nanoseconds least_tick{62'500};

// 16 at least, so that time is no coarser than a sixteenth of what passes between two requests; and
// more where requests are so rare that it costs none of the eight years. Whole ticks make a
// request, so the rate is exact in the long run, whatever fraction of a second that is.
std::uint64_t ticks_for_one(const filters::Rate& rate) {
  constexpr std::uint64_t least = 16, most = 64 * 1024;
  const auto interval = std::chrono::nanoseconds(rate.period) / rate.requests;
  std::uint64_t ticks = least;
  while (ticks < most && interval / (2 * ticks) >= least_tick) ticks *= 2;
  return ticks;
}

}  // namespace

RateLimiter::RateLimiter(const filters::RateLimitSettings& settings, const SipKey& key,
                         Clock::time_point begun)
    : key_(key),
      begun_(begun),
      period_(settings.rate.period),
      for_one_(ticks_for_one(settings.rate)),
      in_period_(settings.rate.requests * for_one_),
      most_(settings.burst * for_one_),
      // Half empty when as many clients are live as were asked for: few sets are full then.
      sets_count_(std::bit_ceil((2 * settings.keys + set_size - 1) / set_size)),
      sets_(std::make_unique<Set[]>(sets_count_)) {}

// In whole periods and a rest, so that nothing overflows: a period has at most 2^32 microseconds
// and 2^26 ticks.
RateLimiter::Word RateLimiter::tick_at(std::chrono::microseconds passed) const {
  const auto periods = static_cast<Word>(passed / period_);
  const auto rest = static_cast<Word>((passed % period_).count());
  return periods * in_period_ + rest * in_period_ / static_cast<Word>(period_.count());
}

std::chrono::microseconds RateLimiter::time_of(Word tick) const {
  const auto rest = tick % in_period_ * static_cast<Word>(period_.count());
  return static_cast<std::int64_t>(tick / in_period_) * period_ +
         std::chrono::microseconds((rest + in_period_ - 1) / in_period_);
}

RateLimiter::Found RateLimiter::find(Set& set, Word tag) {
  std::atomic<Word>* least = nullptr;
  Word least_word = 0;
  for (auto& place : set.places) {
    const Word word = place.load();
    if (word >> time_bits == tag) return {place, word};
    if (least != nullptr && (word & time_mask) >= (least_word & time_mask)) continue;
    least = &place;
    least_word = word;
  }
  return {*least, least_word};
}

RateLimiter::Wait RateLimiter::take(filters::Per per, std::string_view who, Clock::time_point now) {
  // A device named like somebody's address is not that address.
  const auto hash = siphash({key_[0] ^ static_cast<Word>(per), key_[1]}, who);
  const auto tag = std::max<Word>(hash >> time_bits, 1);  // 0 is a place that nobody has had
  auto& set = sets_[hash & (sets_count_ - 1)];
  const auto passed = std::max(std::chrono::floor<std::chrono::microseconds>(now - begun_), 0us);
  const auto tick = tick_at(passed);
  for (;;) {
    auto [place, word] = find(set, tag);
    const auto next = std::max(word & time_mask, tick) + for_one_;
    assert(next <= time_mask);
    if (next - tick > most_) return time_of(next - most_) - passed;
    // Fails only where another thread has had its way with this place.
    if (place.compare_exchange_strong(word, tag << time_bits | next)) return 0ns;
  }
}

std::unique_ptr<RateLimiter> make_rate_limiter(const filters::RateLimitSettings& settings) {
  if (settings.mode == filters::Mode::off) return nullptr;
  SipKey key;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), sizeof key) != 1)
    throw std::runtime_error("no random bytes for the rate limit's key");
  return std::make_unique<RateLimiter>(settings, key, RateLimiter::Clock::now());
}

}  // namespace proxy
