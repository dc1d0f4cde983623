#include "proxy/evidence/scan_log.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <utility>

#include "proxy/evidence/leaf_hasher.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

struct HashedLine {
  Hash leaf;
  std::optional<std::uint64_t> seq;
};

struct HashedBlock {
  LineBlock block;  // its text is gone, where it is not torn
  std::vector<HashedLine> lines;
};

HashedBlock hash_block(LineBlock block) {
  HashedBlock hashed{std::move(block), {}};
  if (hashed.block.torn) return hashed;
  LeafHasher hasher;
  const auto& leaves = hasher.hash(hashed.block.text);
  hashed.lines.reserve(leaves.size());
  for_each_line(hashed.block.text, [&](std::string_view line) {
    hashed.lines.push_back({leaves[hashed.lines.size()], seq_of(line)});
  });
  hashed.block.text = {};
  return hashed;
}

class Scan {
 public:
  Scan(const std::vector<Segment>& segments, unsigned threads, const TakeLine& take,
       std::uint64_t first)
      : segments_(segments), threads_(threads), take_(take) {
    log_.lines = first;
  }

  // The segments [begin, end), which follow each other.
  void read(std::size_t begin, std::size_t end) {
    const auto at = [this](std::size_t i) {
      return segments_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    SegmentReader reader({at(begin), at(end)});
    std::deque<std::future<HashedBlock>> ahead;
    const auto read_ahead = [&] {
      while (ahead.size() <= threads_) {
        auto block = reader.next();
        if (!block) return;
        block->segment += begin;
        ahead.push_back(std::async(std::launch::async, hash_block, std::move(*block)));
      }
    };
    for (read_ahead(); !ahead.empty(); read_ahead()) {
      const auto hashed = ahead.front().get();
      ahead.pop_front();
      take_block(hashed);
    }
  }

  // A segment that cannot be read: its lines go up to where the next one begins.
  void pass_by(std::size_t segment, const Detour& detour) {
    constexpr std::size_t at_once = 1024;
    log_.begins.push_back(log_.lines);
    const auto end =
        segment + 1 < segments_.size() ? segments_[segment + 1].first_seq : detour.damage.size;
    if (end <= log_.lines) return;
    log_.unreadable += end - log_.lines;
    log_.unknown |= detour.stored.stored() < end;
    while (log_.lines < end && !log_.unknown) {
      const auto hashes =
          detour.stored.read(0, log_.lines, std::min<std::uint64_t>(at_once, end - log_.lines));
      log_.unknown = hashes.empty();
      for (const auto& hash : hashes) give({.leaf = hash, .seq = log_.lines, .segment = segment});
    }
    log_.lines = end;
  }

  ScannedLog result() { return std::move(log_); }

 private:
  // Gives the lines of one block their places.
  void take_block(const HashedBlock& hashed) {
    const auto& block = hashed.block;
    if (block.first) {
      log_.begins.push_back(log_.lines);
      number_ = 0;
    }
    if (block.torn) log_.torn.push_back({block.segment, block.text.size()});
    for (const auto& line : hashed.lines)
      give({.leaf = line.leaf, .seq = line.seq, .segment = block.segment, .number = ++number_});
  }

  void give(ScannedLine line) {
    line.index = log_.lines++;
    if (!log_.unknown) take_(line);
  }

  const std::vector<Segment>& segments_;
  const unsigned threads_;
  const TakeLine& take_;
  ScannedLog log_;
  std::uint64_t number_ = 0;  // of the last line in its segment
};

}  // namespace

ScannedLog scan_log(const std::vector<Segment>& segments, unsigned threads, const TakeLine& take,
                    std::uint64_t first, const Detour& detour) {
  Scan scan(segments, threads, take, first);
  std::size_t next = 0;
  for (const auto& [damaged, why] : detour.damage.segments) {
    scan.read(next, damaged);
    scan.pass_by(damaged, detour);
    next = damaged + 1;
  }
  scan.read(next, segments.size());
  return scan.result();
}

}  // namespace proxy
