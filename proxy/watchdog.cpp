#include "proxy/watchdog.hpp"

#include <algorithm>

namespace proxy {

void Deadline::arm(milliseconds from_now) {
  disarm();
  expired_ = false;
  const auto bounded = std::clamp(from_now, milliseconds{0}, milliseconds{std::chrono::hours{24}});
  watchdog_.start();
  // One tick more than the quotient: the current tick is partly over.
  due_ = watchdog_.now_ + static_cast<std::uint64_t>(bounded / Watchdog::tick) + 1;
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
void Watchdog::start() {
  if (running_) return;
  running_ = true;
  next_tick_ = std::chrono::steady_clock::now() + tick;
  timer_.expires_at(next_tick_);
  timer_.async_wait([this](error_code error) {
    if (!error) on_tick();
  });
}

void Watchdog::on_tick() {
  // A loop that was busy for several ticks catches up here.
  const auto clock = std::chrono::steady_clock::now();
  while (next_tick_ <= clock) {
    next_tick_ += tick;
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
  running_ = armed_ > 0;
  if (!running_) return;
  timer_.expires_at(next_tick_);
  timer_.async_wait([this](error_code error) {
    if (!error) on_tick();
  });
}

}  // namespace proxy
