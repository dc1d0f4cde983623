#include "proxy/audit_writer.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "filters/json_text.hpp"

namespace proxy {
namespace {

// What one write takes at most, a last record aside: enough to make the calls few, little enough
// to stay in the cache.
constexpr std::size_t batch = 1024 * 1024;

std::string_view digits_of(std::uint64_t number, std::array<char, 20>& digits) {
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

std::string gap_record(std::uint64_t dropped) {
  const auto now = filters::rfc3339(std::chrono::system_clock::now());
  return R"({"time":")" + std::string(now.data(), now.size()) + R"(","gap":{"dropped":)" +
         std::to_string(dropped) + "}}";
}

}  // namespace

AuditWriter::AuditWriter(AuditSettings settings)
    : settings_(std::move(settings)),
      segments_(settings_.directory, settings_.write, settings_.sync),
      tree_(settings_.directory, settings_.signing_key, segments_.next_seq(), settings_.write),
      archive_({settings_.directory, settings_.signing_key, settings_.keep, settings_.warn,
                settings_.tell},
               segments_.first_seq()),
      notices_(segments_.notices()),
      next_seq_(segments_.next_seq()),
      wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_up_) throw std::runtime_error("audit: no eventfd: " + proxy::last_error().message());
  notices_.insert(notices_.end(), tree_.notices().begin(), tree_.notices().end());
  for (std::size_t i = 0; i < settings_.rings; ++i)
    rings_.push_back(std::make_unique<AuditRing>(
        settings_.ring_bytes, [this] { wake(); },
        settings_.durability == Durability::request ? AuditRing::Wake::for_each
                                                    : AuditRing::Wake::when_half_full));
  wrote_.resize(settings_.rings);
  thread_ = std::thread([this] { run(); });
}

AuditWriter::~AuditWriter() {
  stop();
}

void AuditWriter::wake() {
  if (wanted_.exchange(true)) return;  // and the thread has not looked since
  const std::uint64_t one = 1;
  (void)!::write(wake_up_.number(), &one, sizeof one);  // it fails only where it is full: then, too
}

bool AuditWriter::stop() {
  stopping_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  archive_.stop();
  return all_written_;
}

AuditCounters AuditWriter::counters() const {
  AuditCounters counters{
      .written = written_.load(std::memory_order_relaxed),
      .failed_writes = failed_writes_.load(std::memory_order_relaxed),
      .gap_records = gap_records_.load(std::memory_order_relaxed),
      .syncs = syncs_.load(std::memory_order_relaxed),
      .sync_time = std::chrono::nanoseconds(sync_time_.load(std::memory_order_relaxed)),
      .depth = 0};
  for (const auto& ring : rings_) {
    counters.depth += ring->depth();
    counters.dropped += ring->dropped();
  }
  return counters;
}

std::string AuditWriter::last_error() const {
  const std::lock_guard lock(error_mutex_);
  return error_;
}

void AuditWriter::run() {
  for (bool last = false; !last;) {
    await_turn();
    last = stopping_;  // set after the workers' last commit: this round sees everything
    const bool done = round();
    if (!last)
      seal_if_due();
    else  // what is missing will be written by the next run: the log is closed only where nothing
          // is
      all_written_ = seal(done) && done;
  }
  if (!all_written_) count_lost();
}

// At the end of everything: a line of which the file has a part is cut at the next start.
void AuditWriter::count_lost() {
  lost_ = static_cast<std::uint64_t>(
      std::count(pending_.begin() + static_cast<std::ptrdiff_t>(flushed_), pending_.end(), '\n'));
  for (const auto& ring : rings_) {
    ring->drain([this](std::string_view, std::string_view) {
      ++lost_;
      return true;
    });
    lost_ += ring->dropped();
  }
  lost_ -= told_;
}

// For a round's time, or until it is wanted.
void AuditWriter::await_turn() {
  pollfd wake{wake_up_.number(), POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(settings_.round.count(), 60'000)));
  std::uint64_t ignored = 0;
  (void)!::read(wake_up_.number(), &ignored, sizeof ignored);
  wanted_.exchange(false);  // and then to the rings: who finds it unset has it to set, and wakes
}

// Moves everything committed so far into the file. False where the disk did not take it all.
bool AuditWriter::round() {
  for (;;) {
    if (!flush() || !commit() || !write_nodes() || (rotate_due_ && !rotate())) return false;
    tell_waiting();  // also those who were told of a failure that is over
    fill();
    if (pending_.empty() && !rotate_due_) return true;
    seal_if_due();
  }
}

bool AuditWriter::flush() {
  while (flushed_ < pending_.size()) {
    std::error_code error;
    const auto took = segments_.append(std::string_view(pending_).substr(flushed_), error);
    if (took == 0) {
      failed("writing", error);
      fail_waiting();
      return false;
    }
    flushed_ += took;
    unsealed_ = unsynced_ = true;
  }
  for (std::size_t i = 0; i < rings_.size(); ++i) wrote_[i] = rings_[i]->taken();
  if (pending_.empty()) return true;
  tree_.append(pending_);
  nodes_due_ = true;
  written_.fetch_add(std::exchange(pending_lines_, 0), std::memory_order_relaxed);
  pending_.clear();
  flushed_ = 0;
  return true;
}

// Under `durability: request`: one fdatasync for all records of the batch, then those who wait for
// them are told.
bool AuditWriter::commit() {
  if (settings_.durability != Durability::request || !unsynced_) return true;
  if (const auto error = sync()) {
    failed("making records durable", error);
    fail_waiting();
    return false;
  }
  return true;
}

bool AuditWriter::write_nodes() {
  if (!nodes_due_) return true;
  if (const auto error = tree_.write()) {
    failed("writing the tree", error);
    fail_waiting();
    return false;
  }
  nodes_due_ = false;
  if (!seal_fails_) worked();
  return true;
}

std::error_code AuditWriter::sync() {
  const auto began = std::chrono::steady_clock::now();
  const auto error = segments_.sync();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
  syncs_.fetch_add(1, std::memory_order_relaxed);
  sync_time_.fetch_add(took.count(), std::memory_order_relaxed);
  if (error) return error;
  unsynced_ = false;
  tell_waiting();
  return {};
}

// Everything that the file has is durable.
void AuditWriter::tell_waiting() {
  if (settings_.durability != Durability::request) return;
  for (std::size_t i = 0; i < rings_.size(); ++i) rings_[i]->news().made_durable(wrote_[i]);
}

void AuditWriter::fail_waiting() {
  if (settings_.durability != Durability::request) return;
  for (const auto& ring : rings_) ring->news().failed();
}

bool AuditWriter::rotate() {
  auto error = unsynced_ ? sync() : std::error_code{};
  if (!error) error = segments_.rotate(next_seq_);
  if (error) {
    failed("beginning a new segment", error);
    fail_waiting();
    return false;
  }
  rotate_due_ = false;
  worked();
  archive_.segment_begun(next_seq_);
  seal(false);
  return true;
}

// Takes records from the rings, up to a batch or to the end of the segment.
void AuditWriter::fill() {
  if (segments_.size() > 0 &&
      std::chrono::system_clock::now() - segments_.begun() >= settings_.segment_age)
    rotate_due_ = true;
  for (std::size_t i = 0; i < rings_.size(); ++i)
    rings_[(first_ring_ + i) % rings_.size()]->drain(
        [this](std::string_view first, std::string_view second) { return take(first, second); });
  first_ring_ = (first_ring_ + 1) % rings_.size();
  std::uint64_t dropped = 0;
  for (const auto& ring : rings_) dropped += ring->dropped();
  if (dropped == told_ || !take(gap_record(dropped - told_), {})) return;
  told_ = dropped;
  gap_records_.fetch_add(1, std::memory_order_relaxed);
}

// Puts {"seq":N, in the place of the record's opening brace. False: not now, the batch or the
// segment is full.
bool AuditWriter::take(std::string_view first, std::string_view second) {
  assert(first.starts_with('{'));
  constexpr std::string_view prefix = R"({"seq":)";
  std::array<char, 20> space;
  const auto seq = digits_of(next_seq_, space);
  const auto line = prefix.size() + seq.size() + first.size() + second.size() + 1;
  const auto there = segments_.size() + pending_.size();
  if (rotate_due_ || pending_.size() >= batch) return false;
  if (there > 0 && there + line > settings_.segment_bytes) {
    rotate_due_ = true;
    return false;
  }
  pending_.append(prefix).append(seq).append(1, ',').append(first.substr(1)).append(second);
  pending_.append(1, '\n');
  ++next_seq_;
  ++pending_lines_;
  return true;
}

// A round early, so that the time is kept although it is looked at once a round.
void AuditWriter::seal_if_due() {
  const auto since = std::chrono::steady_clock::now() - sealed_at_;
  if (unsealed_ && since >= settings_.seal - settings_.round) seal(false);
}

// Makes the lines durable, then signs them; but not where they are gone: a checkpoint that is all
// that is left of a log keeps the next one from beginning.
bool AuditWriter::seal(bool closed) {
  sealed_at_ = std::chrono::steady_clock::now();
  const bool lazy = settings_.durability == Durability::none && !closed;
  auto error = segments_.missing();
  if (!error && !lazy && unsynced_) error = sync();
  if (!error) error = tree_.sign(closed, lazy ? Keeping::lazy : Keeping::durable);
  seal_fails_ = static_cast<bool>(error);
  if (seal_fails_) {
    failed("making records durable and signing them", error);
    return false;
  }
  unsealed_ = false;
  worked();
  return true;
}

void AuditWriter::failed(const char* doing, std::error_code error) {
  const auto what =
      "audit " + settings_.directory.string() + ": " + doing + " failed: " + error.message();
  {
    const std::lock_guard lock(error_mutex_);
    error_ = what;
  }
  failed_writes_.fetch_add(1, std::memory_order_relaxed);
  if (!failing_.exchange(true) && settings_.warn) settings_.warn(what);
}

void AuditWriter::worked() {
  if (failing_.exchange(false) && settings_.warn)
    settings_.warn("audit " + settings_.directory.string() + ": records are written again");
}

}  // namespace proxy
