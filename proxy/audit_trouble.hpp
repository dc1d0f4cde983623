// AuditTrouble: what has gone wrong with the audit's disk, and whether that is over. Said once as
// it begins and once as it ends, however often the disk fails in between. Owned by the AuditWriter;
// its thread reports, any thread asks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace proxy {

struct AuditError {
  std::chrono::system_clock::time_point at;
  std::string what;
};

class AuditTrouble {
 public:
  // `who` begins every message. `warn` is called on the thread that reports; it may be empty.
  AuditTrouble(std::string who, std::function<void(const std::string&)> warn)
      : who_(std::move(who)), warn_(std::move(warn)) {}

  // ---- The writer's thread.
  void failed(const char* doing, std::error_code error) {
    const auto what = who_ + ": " + doing + " failed: " + error.message();
    {
      const std::scoped_lock lock(mutex_);
      last_ = AuditError{std::chrono::system_clock::now(), what};
    }
    failures_.fetch_add(1, std::memory_order_relaxed);
    if (!lasts_.exchange(true) && warn_) warn_(what);
  }
  // Everything that was to be written has been, is durable and signed.
  void over() {
    if (lasts_.exchange(false) && warn_) warn_(who_ + ": records are written again");
  }

  // ---- Any thread.
  bool lasts() const { return lasts_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::optional<AuditError> last() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

 private:
  const std::string who_;
  const std::function<void(const std::string&)> warn_;
  std::atomic<bool> lasts_{false};
  std::atomic<std::uint64_t> failures_{0};
  mutable std::mutex mutex_;
  std::optional<AuditError> last_;
};

}  // namespace proxy
