// AuditWriter: one thread that takes the records from the workers' rings, numbers them, and appends
// them to the audit segments. After each batch come its nodes of the tree, and at least once a
// second the AuditSealer is asked to make them durable and to sign a checkpoint. Made by main
// before the workers and stopped after them; owns the rings, one a worker. Workers touch only their
// own ring and, rarely, `wake`. A record it has taken is never lost and never written twice,
// whatever the disk does: what could not be written is kept and tried again, and meanwhile the
// rings fill up and say so to their workers.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/audit_archive.hpp"
#include "proxy/audit_promises.hpp"
#include "proxy/audit_ring.hpp"
#include "proxy/audit_sealer.hpp"
#include "proxy/audit_segments.hpp"
#include "proxy/audit_trouble.hpp"
#include "proxy/evidence/audit_tree.hpp"

namespace proxy {

struct AuditSettings {
  std::filesystem::path directory;
  SigningKey signing_key;
  std::size_t rings = 1;                      // workers
  std::size_t ring_bytes = 16 * 1024 * 1024;  // each
  Durability durability = Durability::batch;
  std::size_t segment_bytes = 64 * 1024 * 1024;  // a segment ends before it would grow beyond
  std::chrono::milliseconds segment_age = std::chrono::hours{24};  // and ends when it is that old
  std::optional<std::chrono::milliseconds> keep = {};  // ended segments, before they are removed
  std::chrono::milliseconds round{20};                 // the longest a record waits in its ring
  std::chrono::milliseconds seal{1000};  // the longest it waits to be durable and signed
  // Called when writing begins to fail and when that is over, on the writer's thread; and when a
  // segment that has ended cannot be compressed or removed, on the archive's.
  std::function<void(const std::string&)> warn = {};
  // Called when retention has removed records, on the archive's thread.
  std::function<void(const std::string&)> tell = {};
  Write write = ::write;  // tests give others
  Sync sync = ::fdatasync;
  WriteBack write_back = begin_write_back;  // under Durability::batch
};

// How long the writer is to wait for records when it has waited for `last`, in which so many bytes
// came: as long as 128 KiB take at that rate, 4 ms at least, `round` at most. A worker may want the
// core that a sixth of a millisecond of work then takes; and what has just been committed is still
// in a cache. Where more comes than that in 4 ms, the core is busy, and what counts is how seldom
// the two take turns on it: each time costs both what they had in its caches.
constexpr std::chrono::milliseconds next_pause(std::chrono::milliseconds last, std::int64_t came,
                                               std::chrono::milliseconds round) {
  constexpr std::chrono::milliseconds least{4};
  constexpr std::int64_t worth_a_round = 128 * 1024;
  return std::clamp(last * worth_a_round / std::max<std::int64_t>(came, 1), least,
                    std::max(round, least));
}

struct AuditCounters {
  std::uint64_t written = 0;  // records, gap records among them
  std::uint64_t dropped = 0;  // exchanges without a record, in a gap record or not yet
  std::uint64_t failed_writes = 0;
  std::uint64_t gap_records = 0;
  std::uint64_t syncs = 0;  // of segments
  std::chrono::nanoseconds sync_time{};
  std::size_t depth = 0;  // bytes in the rings, on their way to the writer
};

class AuditWriter {
 public:
  // Opens the directory and starts the thread. Throws std::runtime_error.
  explicit AuditWriter(AuditSettings settings);
  ~AuditWriter();  // stops
  AuditWriter(const AuditWriter&) = delete;
  AuditWriter& operator=(const AuditWriter&) = delete;

  AuditRing& ring(std::size_t worker) { return *rings_[worker]; }
  // Asks for a round now. Any thread; costs a system call where nobody has asked yet.
  void wake();
  // What was found and mended when the directory was opened, for the log.
  const std::vector<std::string>& notices() const { return notices_; }
  AuditCounters counters() const;
  // A write, sync or checkpoint has failed, and not everything has been written, made durable and
  // signed since.
  bool failing() const { return trouble_.lasts(); }
  // The last write, sync or checkpoint that failed; none while there was none.
  std::optional<AuditError> last_error() const { return trouble_.last(); }

  // Writes everything committed, makes it durable, signs it, ends the thread. The workers must be
  // done. True where all of that was done. A second call returns the same.
  bool stop();
  // After that: records that are in no file, and exchanges that are in no gap record.
  std::uint64_t lost() const { return lost_; }

 private:
  void run();
  void await_turn();
  bool round();
  bool flush();
  bool commit();
  bool write_nodes();
  void tell_waiting();
  void fail_waiting();
  bool rotate();
  void fill();
  void count_lost();
  bool take(std::string_view record);
  void seal_if_due();
  bool checkpoint_is_gone(std::chrono::steady_clock::time_point now);
  bool begin_seal(bool closed);
  bool learn(const std::optional<Sealed>& outcome);
  bool close();

  const AuditSettings settings_;
  AuditSegments segments_;
  AuditTree tree_;
  AuditSealer sealer_;
  AuditArchive archive_;
  AuditTrouble trouble_;
  std::vector<std::string> notices_;
  std::vector<std::unique_ptr<AuditRing>> rings_;

  // The writer thread's own.
  std::uint64_t next_seq_;
  std::string pending_;      // whole lines, numbered
  std::size_t flushed_ = 0;  // bytes of them the file has
  std::uint64_t pending_lines_ = 0;
  std::uint64_t told_ = 0;      // of those dropped: are in a gap record
  std::size_t first_ring_ = 0;  // where the next walk begins, so that no ring starves
  bool rotate_due_ = false;
  bool nodes_due_ = false;              // of lines that the file has, and not in their files yet
  std::vector<std::uint64_t> wrote_;    // by ring: the position behind its last record in the file
  std::int64_t came_ = 0;               // bytes of records since the last pause
  std::chrono::milliseconds pause_{4};  // its length
  bool all_written_ = false;            // the last round had no trouble
  std::uint64_t sealed_;                // records that are durable and signed
  std::chrono::steady_clock::time_point sealed_at_{};  // when the last seal was begun
  std::chrono::steady_clock::time_point
      looked_at_{};                  // for the checkpoint, when there was no more to do
  std::uint64_t failures_then_ = 0;  // how often the disk had failed by then

  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> gap_records_{0};

  Descriptor wake_up_;               // an eventfd
  std::atomic<bool> wanted_{false};  // somebody has written to it
  std::atomic<bool> stopping_{false};
  bool closed_ = false;  // at the end everything was written, durable and signed
  std::uint64_t lost_ = 0;
  std::thread thread_;
};

}  // namespace proxy
