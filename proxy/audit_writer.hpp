// AuditWriter: one thread that takes the records from the workers' rings, numbers them, and appends
// them to the audit segments. After each batch come its nodes of the tree, and at least once a
// second a signed checkpoint. Made by main before the workers and stopped after them; owns the
// rings, one a worker. Workers touch only their own ring and, rarely, `wake`. A record it has taken
// is never lost and never written twice, whatever the disk does: what could not be written is kept
// and tried again, and meanwhile the rings fill up and say so to their workers.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/audit_ring.hpp"
#include "proxy/audit_segments.hpp"
#include "proxy/evidence/audit_tree.hpp"

namespace proxy {

struct AuditSettings {
  std::filesystem::path directory;
  SigningKey signing_key;
  std::size_t rings = 1;                         // workers
  std::size_t ring_bytes = 16 * 1024 * 1024;     // each
  std::size_t segment_bytes = 64 * 1024 * 1024;  // a segment ends before it would grow beyond
  std::chrono::milliseconds round{20};           // the longest a record waits in its ring
  std::chrono::milliseconds seal{1000};          // the longest it waits to be durable and signed
  // Called on the writer's thread when writing begins to fail and when it works again.
  std::function<void(const std::string&)> warn = {};
  Write write = ::write;  // tests give another
};

struct AuditCounters {
  std::uint64_t written = 0;  // records, gap records among them
  std::uint64_t dropped = 0;  // exchanges without a record that are known from a gap record
  std::uint64_t failed_writes = 0;
};

class AuditWriter {
 public:
  // Opens the directory and starts the thread. Throws std::runtime_error.
  explicit AuditWriter(AuditSettings settings);
  ~AuditWriter();  // stops
  AuditWriter(const AuditWriter&) = delete;
  AuditWriter& operator=(const AuditWriter&) = delete;

  AuditRing& ring(std::size_t worker) { return *rings_[worker]; }
  // Asks for a round now. Any thread; costs a system call.
  void wake();
  // What was found and mended when the directory was opened, for the log.
  const std::vector<std::string>& notices() const { return notices_; }
  AuditCounters counters() const;
  // Of the last failed write, sync or checkpoint; empty while there was none.
  std::string last_error() const;

  // Writes everything committed, makes it durable, signs it, ends the thread. The workers must be
  // done. True where all of that was done. A second call returns the same.
  bool stop();

 private:
  void run();
  bool round();
  bool flush();
  bool rotate();
  void fill();
  bool take(std::string_view first, std::string_view second);
  void seal_if_due();
  bool seal(bool closed);
  void failed(const char* doing, std::error_code error);
  void worked();

  const AuditSettings settings_;
  AuditSegments segments_;
  AuditTree tree_;
  std::vector<std::string> notices_;
  std::vector<std::unique_ptr<AuditRing>> rings_;

  // The writer thread's own.
  std::uint64_t next_seq_;
  std::string pending_;      // whole lines, numbered
  std::size_t flushed_ = 0;  // bytes of them the file has
  std::uint64_t pending_lines_ = 0;
  std::uint64_t gap_ = 0;       // dropped and not yet in a gap record
  std::size_t first_ring_ = 0;  // where the next walk begins, so that no ring starves
  bool rotate_due_ = false;
  bool nodes_due_ = false;  // of lines that the file has, and not in their files yet
  bool unsealed_ = false;   // lines that are not durable and signed
  bool failing_ = false;
  bool seal_fails_ = false;
  std::chrono::steady_clock::time_point sealed_at_{};

  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> failed_writes_{0};
  mutable std::mutex error_mutex_;
  std::string error_;

  std::mutex mutex_;  // with wake_up_; never held while the disk is waited for
  std::condition_variable wake_up_;
  std::atomic<bool> wanted_{false};
  bool stopping_ = false;
  bool all_written_ = false;
  std::thread thread_;
};

}  // namespace proxy
