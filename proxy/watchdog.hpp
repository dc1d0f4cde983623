// Watchdog: all deadlines of one worker behind one timer. A wheel of slots, one a tick; arming and
// disarming a deadline is relinking a list node, so it may be done several times a request.
// (A timer of its own for each operation costs half the throughput: see the README.)
// Owned by a Worker, used on its thread only. Never early, and at most one tick late while the loop
// is free.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "proxy/net.hpp"

namespace proxy {

using std::chrono::milliseconds;

class Watchdog;

// One thing that can be late. Lives inside its owner and leaves the wheel with it.
class Deadline {
 public:
  using Expire = void (*)(void* owner);
  // `expire(owner)` is called at most once per `arm`, from the worker's loop.
  Deadline(Watchdog& watchdog, void* owner, Expire expire)
      : watchdog_(watchdog), owner_(owner), expire_(expire) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Forgets an earlier expiry. The longest duration is 24 hours.
  void arm(milliseconds from_now);
  // Keeps `expired`.
  void disarm();
  bool armed() const { return previous_ != nullptr; }
  bool expired() const { return expired_; }

 private:
  friend class Watchdog;

  Watchdog& watchdog_;
  void* owner_;
  Expire expire_;
  Deadline* next_ = nullptr;
  Deadline** previous_ = nullptr;  // the pointer that points here
  std::uint64_t due_ = 0;          // tick
  bool expired_ = false;
};

class Watchdog {
 public:
  static constexpr milliseconds tick{20};

  explicit Watchdog(asio::io_context& context)
      : timer_(context), origin_(std::chrono::steady_clock::now()) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  std::size_t armed() const { return armed_; }
  // Expires what is due at `clock`, in order. The timer calls it with the time it is; a test may
  // with a time to come.
  void advance(std::chrono::steady_clock::time_point clock);

 private:
  friend class Deadline;
  static constexpr std::size_t slots = 1024;  // a lap is 20 s; longer deadlines are met each lap

  void link(Deadline& deadline);
  void unlink(Deadline& deadline);
  void start(std::chrono::steady_clock::time_point clock);
  void wait();

  Timer timer_;
  std::array<Deadline*, slots> wheel_{};
  std::chrono::steady_clock::time_point origin_;  // of tick 0
  std::uint64_t now_ = 0;  // the last tick met; behind the clock while the loop is busy
  std::size_t armed_ = 0;
  bool running_ = false;
};

}  // namespace proxy
