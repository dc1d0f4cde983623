// AuditNews: what the audit writer tells one worker about the records in its ring: how far they are
// durable, that the disk fails, that there is room again. Part of the AuditRing. Atomics; the one
// lock is taken by the writer, once a commit, and by the worker as it begins and ends to listen:
// never on the path of a request.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace proxy {

class AuditNews {
 public:
  // ---- The worker's side.
  // `tell` is called on the writer's thread whenever something below has changed. Empty: nobody
  // listens; then no call is under way when this returns.
  void listen(std::function<void()> tell) {
    const std::scoped_lock lock(mutex_);
    tell_ = std::move(tell);
  }
  // Records that end at or before this position of the ring are durable.
  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  // How often the disk has failed, and whether it did last.
  std::uint64_t failures() const { return failures_.load(std::memory_order_acquire); }
  bool failing() const { return failing_.load(std::memory_order_acquire); }
  // Asks to be told when records have left the ring. Then look once more before waiting: they may
  // have left in between.
  void want_room() { room_wanted_.store(true); }

  // ---- The writer's side.
  void made_durable(std::uint64_t position) {
    const bool worked = failing_.exchange(false, std::memory_order_acq_rel);
    if (durable_.exchange(position, std::memory_order_release) != position || worked) tell();
  }
  void failed() {
    failing_.store(true, std::memory_order_release);
    failures_.fetch_add(1, std::memory_order_release);
    tell();
  }
  void made_room() {
    if (room_wanted_.exchange(false)) tell();
  }

 private:
  void tell() {
    const std::scoped_lock lock(mutex_);
    if (tell_) tell_();
  }

  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<bool> failing_{false};
  std::atomic<bool> room_wanted_{false};
  std::mutex mutex_;
  std::function<void()> tell_;
};

}  // namespace proxy
