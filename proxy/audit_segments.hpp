// AuditSegments: the files of the audit directory, `records-<first seq>.jsonl`, the newest open for
// appending. Locks the directory against a second process, and on start mends what a crash left: a
// torn last line is cut. Knows nothing of threads, rings and rounds: AuditWriter, which owns it,
// does, and calls it from one thread at a time; only `sync_first` may be another's meanwhile. Never
// rewrites a byte of a whole line.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "proxy/evidence/durable_file.hpp"

namespace proxy {

class AuditSegments {
 public:
  // Makes the directory (0700) where it is not there. Without a `write_back` the disk gets what is
  // appended when it is made durable, or when the kernel likes. Throws std::runtime_error naming
  // the file.
  explicit AuditSegments(std::filesystem::path directory, Write write = ::write,
                         Sync sync = ::fdatasync, WriteBack write_back = {});
  AuditSegments(const AuditSegments&) = delete;
  AuditSegments& operator=(const AuditSegments&) = delete;
  ~AuditSegments();

  // Number of the first record to come, from what was found at the start; records count from 0.
  std::uint64_t next_seq() const { return next_seq_; }
  // What was found amiss and mended at the start, for the log.
  const std::vector<std::string>& notices() const { return notices_; }
  // Of the open segment: the number in its name, bytes, and when its first record was made, or it
  // was opened.
  std::uint64_t first_seq() const { return first_seq_; }
  std::size_t size() const { return size_; }
  std::chrono::system_clock::time_point begun() const { return begun_; }

  // Appends and returns how many bytes the file took: fewer than all is no error yet; none is, and
  // then `error` says why. Nothing goes into a file that was removed, moved away or made shorter
  // meanwhile.
  std::size_t append(std::string_view text, std::error_code& error);
  // Why nothing may be written or signed: the open segment was removed, moved away or made shorter.
  std::error_code missing() const;
  // Everything appended is durable. Not while `sync_first` is another thread's.
  bool durable() const { return synced_ == size_ && !sync_failed_; }
  // Makes everything appended durable. After an error it begins anew with all that was appended
  // since it last worked.
  std::error_code sync();
  // The same of the segment's first `bytes`, without a look at its name. Another thread may do it
  // while this one appends: one at a time, and not while a segment begins.
  std::error_code sync_first(std::size_t bytes);
  // Makes the open segment durable, closes it, and goes on in a new one. On an error the old one
  // stays open.
  std::error_code rotate(std::uint64_t first_seq);

  // Times that a segment was made durable, or that was tried, and what it took in all. Any thread.
  std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  std::chrono::nanoseconds sync_time() const {
    return std::chrono::nanoseconds(sync_time_.load(std::memory_order_relaxed));
  }

 private:
  void lock();
  void resume(const std::filesystem::path& newest);
  void close();
  std::error_code shortened() const;
  void set_blocks_aside(std::size_t more);
  void begin_write_back();
  std::error_code open(std::uint64_t first_seq);

  const std::filesystem::path directory_;
  const Write write_;
  const Sync sync_;
  const WriteBack write_back_;
  std::vector<std::string> notices_;
  std::uint64_t next_seq_ = 0;
  std::uint64_t first_seq_ = 0;
  std::size_t size_ = 0;
  std::size_t set_aside_ = 0;     // the disk has blocks for so many bytes
  std::size_t written_back_ = 0;  // and has them, or has begun to take them
  std::chrono::system_clock::time_point begun_ = std::chrono::system_clock::now();
  std::size_t synced_ = 0;  // bytes of the open segment that are durable
  bool sync_failed_ = false;
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::chrono::nanoseconds::rep> sync_time_{0};
  int folder_ = -1;
  int lock_ = -1;
  int file_ = -1;
};

}  // namespace proxy
