#include "proxy/audit_waits.hpp"

#include <algorithm>

namespace proxy {

AuditWaits::AuditWaits(asio::io_context& context, AuditRing& ring, Durability durability,
                       OnFull on_full)
    : context_(context), ring_(ring), durability_(durability), on_full_(on_full) {
  if (durability != Durability::request && on_full != OnFull::block) return;  // nothing to wait for
  ring_.news().listen([this] {
    if (told_.exchange(true)) return;
    asio::post(context_, [this] {
      told_.store(false);
      look();
    });
  });
}

AuditWaits::~AuditWaits() {
  ring_.news().listen({});
}

// A request that goes on now is forwarded before anyone knows whether its record can be made
// durable. Where the last ones could not, it must not even begin.
bool AuditWaits::refuses() const {
  return durability_ == Durability::request && on_full_ != OnFull::drop &&
         (stalled_ || ring_.news().failing());
}

bool AuditWaits::reserve(std::size_t bytes) {
  return !refuses() && ring_.reserve(bytes);
}

Task<bool> AuditWaits::wait_for_room(std::size_t bytes, milliseconds patience) {
  Waiter waiter(context_);
  waiter.bytes = bytes;
  for_room_.push_back(&waiter);
  look_at_room();
  co_await wait(for_room_, waiter, patience);
  co_return waiter.fulfilled;
}

Task<bool> AuditWaits::wait_for_disk(milliseconds patience) {
  Waiter waiter(context_);
  waiter.position = ring_.committed();
  if (ring_.news().durable() >= waiter.position) co_return true;
  if (stalled_ && on_full_ == OnFull::drop) co_return false;  // it would only be late as well
  for_disk_.push_back(&waiter);
  co_await wait(for_disk_, waiter, patience);
  if (!waiter.over && !stopped_) stalled_ = true;
  co_return waiter.fulfilled;
}

Task<> AuditWaits::wait(Line& line, Waiter& waiter, milliseconds patience) {
  if (!stopped_) waiter.wake.expires_after(patience);
  if (!stopped_ && !waiter.over) co_await waiter.wake.async_wait(as_result);
  if (!waiter.over) std::erase(line, &waiter);
}

void AuditWaits::end(Waiter& waiter, bool fulfilled) {
  waiter.fulfilled = fulfilled;
  waiter.over = true;
  waiter.wake.cancel();
}

void AuditWaits::look() {
  look_at_disk();
  look_at_room();
}

void AuditWaits::look_at_disk() {
  auto& news = ring_.news();
  const auto durable = news.durable();
  if (durable != std::exchange(durable_seen_, durable)) stalled_ = false;
  const auto waits_on = std::ranges::find_if(
      for_disk_, [&](const Waiter* waiter) { return waiter->position > durable; });
  std::for_each(for_disk_.begin(), waits_on, [](Waiter* waiter) { end(*waiter, true); });
  for_disk_.erase(for_disk_.begin(), waits_on);
  const auto failures = news.failures();
  if (failures == std::exchange(failures_seen_, failures) || on_full_ == OnFull::block) return;
  for (auto* waiter : for_disk_) end(*waiter, false);
  for_disk_.clear();
}

void AuditWaits::look_at_room() {
  if (for_room_.empty()) return;
  ring_.news().want_room();
  const auto waits_on = std::ranges::find_if(
      for_room_, [&](const Waiter* waiter) { return !reserve(waiter->bytes); });
  std::for_each(for_room_.begin(), waits_on, [](Waiter* waiter) { end(*waiter, true); });
  for_room_.erase(for_room_.begin(), waits_on);
}

void AuditWaits::stop() {
  stopped_ = true;
  for (auto* line : {&for_disk_, &for_room_}) {
    for (auto* waiter : *line) end(*waiter, false);
    line->clear();
  }
}

}  // namespace proxy
