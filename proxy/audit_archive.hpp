// AuditArchive: what becomes of segments that have ended: they are compressed, and removed when
// they are older than `audit.keep`. One thread of the lowest priority, so that neither costs the
// workers or the audit writer their time. Owned by the AuditWriter, which tells it when a segment
// has ended; touches no open segment and nothing in memory that is another thread's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "proxy/evidence/signing_key.hpp"

namespace proxy {

struct ArchiveSettings {
  std::filesystem::path directory;
  SigningKey signing_key;
  std::optional<std::chrono::milliseconds> keep;
  std::function<void(const std::string&)> warn;  // on its thread
  std::function<void(const std::string&)> tell;  // what was removed; the same
};

class AuditArchive {
 public:
  // `open`: the number of the segment that is being written. It and what comes behind is let be.
  AuditArchive(ArchiveSettings settings, std::uint64_t open);
  ~AuditArchive();  // stops
  AuditArchive(const AuditArchive&) = delete;
  AuditArchive& operator=(const AuditArchive&) = delete;

  // And that before it has ended. Any thread.
  void segment_begun(std::uint64_t open);
  // Breaks off what it is at, which the next start begins anew. A second call does nothing.
  void stop();

 private:
  void run();
  void tidy();
  void remove_old();
  void compress_ended();

  const ArchiveSettings settings_;
  std::string warned_;  // the last; said once
  std::mutex mutex_;    // with changed_; never held while the disk is waited for
  std::condition_variable changed_;
  bool wanted_ = false;
  std::atomic<std::uint64_t> open_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace proxy
