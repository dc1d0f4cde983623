#include "proxy/watchdog.hpp"

#include <algorithm>

namespace proxy {

void Deadline::arm(milliseconds from_now) {
  disarm();
  expired_ = false;
  const auto bounded = std::clamp(from_now, milliseconds{0}, milliseconds{std::chrono::hours{24}});
  // From the clock and not from the last tick: a loop that was busy has met that long ago.
  const auto clock = std::chrono::steady_clock::now();
  watchdog_.start(clock);
  const auto ticks = std::chrono::ceil<milliseconds>(clock - watchdog_.origin_) + bounded +
                     Watchdog::tick - milliseconds{1};
  due_ = std::max(static_cast<std::uint64_t>(ticks / Watchdog::tick), watchdog_.now_ + 1);
  watchdog_.link(*this);
}

void Deadline::disarm() {
  if (armed()) watchdog_.unlink(*this);
}

void Watchdog::link(Deadline& deadline) {
  auto& slot = wheel_[deadline.due_ % slots];
  deadline.next_ = slot;
  deadline.previous_ = &slot;
  if (slot) slot->previous_ = &deadline.next_;
  slot = &deadline;
  ++armed_;
}

void Watchdog::unlink(Deadline& deadline) {
  *deadline.previous_ = deadline.next_;
  if (deadline.next_) deadline.next_->previous_ = deadline.previous_;
  deadline.next_ = nullptr;
  deadline.previous_ = nullptr;
  --armed_;
}

// The timer runs only while something is armed, so that an idle worker sleeps.
void Watchdog::start(std::chrono::steady_clock::time_point clock) {
  if (running_) return;
  running_ = true;
  now_ = std::max(now_, static_cast<std::uint64_t>((clock - origin_) / tick));
  wait();
}

void Watchdog::wait() {
  timer_.expires_at(origin_ + tick * static_cast<std::int64_t>(now_ + 1));
  timer_.async_wait([this](error_code error) {
    if (error) return;
    advance(std::chrono::steady_clock::now());
    running_ = armed_ > 0;
    if (running_) wait();
  });
}

// A loop that was busy for several ticks catches up here.
void Watchdog::advance(std::chrono::steady_clock::time_point clock) {
  const auto target = static_cast<std::uint64_t>((clock - origin_) / tick);
  while (now_ < target) {
    ++now_;
    Deadline* at = wheel_[now_ % slots];
    while (at) {
      if (at->due_ > now_) {  // of a later lap
        at = at->next_;
        continue;
      }
      unlink(*at);
      at->expired_ = true;
      at->expire_(at->owner_);
      at = wheel_[now_ % slots];  // `expire` may have relinked anything
    }
  }
}

}  // namespace proxy
