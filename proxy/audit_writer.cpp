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
// to be in the core's own cache still when it is hashed.
constexpr std::size_t batch = 256 * 1024;

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
      segments_(settings_.directory, settings_.write, settings_.sync,
                settings_.durability == Durability::batch ? settings_.write_back : WriteBack{}),
      tree_(settings_.directory, settings_.signing_key, segments_.next_seq(), settings_.write),
      sealer_(segments_, tree_),
      archive_({settings_.directory, settings_.signing_key, settings_.keep, settings_.warn,
                settings_.tell},
               segments_.first_seq()),
      trouble_("audit " + settings_.directory.string(), settings_.warn),
      notices_(segments_.notices()),
      next_seq_(segments_.next_seq()),
      sealed_(tree_.size()),
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
  return closed_;
}

AuditCounters AuditWriter::counters() const {
  AuditCounters counters{.written = written_.load(std::memory_order_relaxed),
                         .failed_writes = trouble_.failures(),
                         .gap_records = gap_records_.load(std::memory_order_relaxed),
                         .syncs = segments_.syncs(),
                         .sync_time = segments_.sync_time(),
                         .depth = 0};
  for (const auto& ring : rings_) {
    counters.depth += ring->depth();
    counters.dropped += ring->dropped();
  }
  return counters;
}

void AuditWriter::run() {
  for (bool last = false; !last;) {
    await_turn();
    last = stopping_;  // set after the workers' last commit: this round sees everything
    all_written_ = round();
    if (!last) seal_if_due();
  }
  closed_ = close();
  if (!closed_) count_lost();
}

// At the end of everything: a line of which the file has a part is cut at the next start.
void AuditWriter::count_lost() {
  lost_ = static_cast<std::uint64_t>(
      std::count(pending_.begin() + static_cast<std::ptrdiff_t>(flushed_), pending_.end(), '\n'));
  for (const auto& ring : rings_) {
    ring->drain([this](std::string_view) {
      ++lost_;
      return true;
    });
    lost_ += ring->dropped();
  }
  lost_ -= told_;
}

// For its pause, or until it is wanted.
void AuditWriter::await_turn() {
  pause_ = next_pause(pause_, std::exchange(came_, 0), settings_.round);
  pollfd wake{wake_up_.number(), POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(pause_.count(), 60'000)));
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
      trouble_.failed("writing", error);
      fail_waiting();
      return false;
    }
    flushed_ += took;
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
  if (settings_.durability != Durability::request || segments_.durable()) return true;
  if (const auto error = segments_.sync()) {
    trouble_.failed("making records durable", error);
    fail_waiting();
    return false;
  }
  return true;
}

bool AuditWriter::write_nodes() {
  if (!nodes_due_) return true;
  if (const auto error = tree_.write()) {
    trouble_.failed("writing the tree", error);
    fail_waiting();
    return false;
  }
  nodes_due_ = false;
  return true;
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

// A segment that has ended is durable before the next one begins: the one thing for which a stalled
// disk stops the writer under every `durability`.
bool AuditWriter::rotate() {
  learn(sealer_.await_outcome());
  if (const auto error = segments_.rotate(next_seq_)) {
    trouble_.failed("beginning a new segment", error);
    fail_waiting();
    return false;
  }
  rotate_due_ = false;
  archive_.segment_begun(next_seq_);
  begin_seal(false);
  return true;
}

// Takes records from the rings, up to a batch or to the end of the segment.
void AuditWriter::fill() {
  if (segments_.size() > 0 &&
      std::chrono::system_clock::now() - segments_.begun() >= settings_.segment_age)
    rotate_due_ = true;
  for (std::size_t i = 0; i < rings_.size(); ++i)
    rings_[(first_ring_ + i) % rings_.size()]->drain(
        [this](std::string_view record) { return take(record); });
  first_ring_ = (first_ring_ + 1) % rings_.size();
  std::uint64_t dropped = 0;
  for (const auto& ring : rings_) dropped += ring->dropped();
  if (dropped == told_ || !take(gap_record(dropped - told_))) return;
  told_ = dropped;
  gap_records_.fetch_add(1, std::memory_order_relaxed);
}

// Puts {"seq":N, in the place of the record's opening brace. False: not now, the batch or the
// segment is full.
bool AuditWriter::take(std::string_view record) {
  assert(record.starts_with('{'));
  constexpr std::string_view prefix = R"({"seq":)";
  std::array<char, 20> space;
  const auto seq = digits_of(next_seq_, space);
  const auto line = prefix.size() + seq.size() + record.size() + 1;
  const auto there = segments_.size() + pending_.size();
  if (rotate_due_ || pending_.size() >= batch) return false;
  if (there > 0 && there + line > settings_.segment_bytes) {
    rotate_due_ = true;
    return false;
  }
  pending_.append(prefix).append(seq).append(1, ',').append(record.substr(1));
  pending_.append(1, '\n');
  came_ += static_cast<std::int64_t>(line);
  ++next_seq_;
  ++pending_lines_;
  return true;
}

// A round early, so that the time is kept although it is looked at once a round.
void AuditWriter::seal_if_due() {
  learn(sealer_.outcome());
  const auto now = std::chrono::steady_clock::now();
  if (sealer_.busy() || now - sealed_at_ < settings_.seal - settings_.round) return;
  // Else the next commit tries that again.
  if (settings_.durability == Durability::request && !segments_.durable()) return;
  if (tree_.size() > sealed_ || trouble_.lasts() || checkpoint_is_gone(now)) begin_seal(false);
}

// One that somebody has deleted is made anew, although nothing comes: looked for as often as it is
// made while something does.
bool AuditWriter::checkpoint_is_gone(std::chrono::steady_clock::time_point now) {
  if (now - looked_at_ < settings_.seal) return false;
  looked_at_ = now;
  return !tree_.has_checkpoint();
}

// Has everything that is written made durable, then signed; but not where the lines are gone: a
// checkpoint that is all that is left of a log keeps the next one from beginning. False where that
// cannot even begin.
bool AuditWriter::begin_seal(bool closed) {
  sealed_at_ = std::chrono::steady_clock::now();
  failures_then_ = trouble_.failures();
  const bool lazy = settings_.durability == Durability::none && !closed;
  Seal seal{.segment = {}, .checkpoint = {}, .keeping = lazy ? Keeping::lazy : Keeping::durable};
  auto error = segments_.missing();
  if (!error) error = tree_.missing();
  if (!error) error = tree_.write();
  if (!error && !lazy && !segments_.durable()) seal.segment = segments_.size();
  if (error) {
    trouble_.failed("making records durable and signing them", error);
    return false;
  }
  seal.checkpoint = tree_.checkpoint(closed);
  sealer_.begin(seal);
  return true;
}

// What became of a seal. Whether it was good.
bool AuditWriter::learn(const std::optional<Sealed>& outcome) {
  if (!outcome) return false;
  if (outcome->error) {
    trouble_.failed("making records durable and signing them", outcome->error);
    return false;
  }
  sealed_ = outcome->records;
  if (all_written_ && trouble_.failures() == failures_then_) trouble_.over();
  return true;
}

// What is missing will be written by the next run: the log is closed only where nothing is.
bool AuditWriter::close() {
  learn(sealer_.await_outcome());
  return begin_seal(all_written_) && learn(sealer_.await_outcome()) && all_written_;
}

}  // namespace proxy
