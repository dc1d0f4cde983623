#include "proxy/audit_archive.hpp"

#include <sched.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "proxy/evidence/compress_segment.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/segment_file.hpp"
#include "proxy/evidence/segments.hpp"

namespace proxy {
namespace {

constexpr std::chrono::milliseconds longest_pause = std::chrono::hours{1};

// Segments grow old without anything happening.
std::chrono::milliseconds pause(const ArchiveSettings& settings) {
  return std::clamp(settings.keep.value_or(longest_pause) / 10, std::chrono::milliseconds{100},
                    longest_pause);
}

}  // namespace

AuditArchive::AuditArchive(ArchiveSettings settings, std::uint64_t open)
    : settings_(std::move(settings)), open_(open), thread_([this] { run(); }) {}

AuditArchive::~AuditArchive() {
  stop();
}

void AuditArchive::segment_begun(std::uint64_t open) {
  open_ = open;
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_one();
}

void AuditArchive::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AuditArchive::run() {
  // Of this thread alone. A low priority would not do: its time slices would still keep a worker
  // waiting for milliseconds; these end when anybody wants the core.
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_IDLE, &none);
  while (!stopping_) {
    tidy();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause(settings_),
                      [this] { return stopping_ || std::exchange(wanted_, false); });
  }
}

// What fails is tried again the next time.
void AuditArchive::tidy() {
  try {
    remove_old();
    compress_ended();
    warned_.clear();
  } catch (const std::exception& error) {
    if (warned_ != error.what() && settings_.warn) settings_.warn(error.what());
    warned_ = error.what();
  }
}

void AuditArchive::remove_old() {
  if (!settings_.keep) return;
  const auto removed = retire_segments(settings_.directory, settings_.signing_key,
                                       std::chrono::system_clock::now() - *settings_.keep, open_);
  if (removed == 0 || !settings_.tell) return;
  const auto first = unverified_retention(settings_.directory).first;
  settings_.tell("audit " + settings_.directory.string() + ": removed " +
                 counted(removed, "record") + ", up to seq " + std::to_string(first - 1) +
                 ", as older than audit.keep");
}

void AuditArchive::compress_ended() {
  for (const auto& segment : list_segments(settings_.directory)) {
    if (stopping_ || segment.first_seq >= open_) return;
    if (segment.file.extension() != SegmentFile::compressed_end)
      compress_segment(segment.file, [this] { return !stopping_; });
  }
}

}  // namespace proxy
