#include "proxy/evidence/scan_log.hpp"

#include <deque>
#include <future>
#include <utility>

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
  for_each_line(hashed.block.text, [&](std::string_view line) {
    hashed.lines.push_back({leaf_hash(line), seq_of(line)});
  });
  hashed.block.text = {};
  return hashed;
}

// Gives the lines of one block their places.
void take_block(const HashedBlock& hashed, ScannedLog& log, std::uint64_t& number,
                const TakeLine& take) {
  const auto& block = hashed.block;
  if (block.first) {
    log.begins.push_back(log.lines);
    number = 0;
  }
  if (block.torn) log.torn.push_back({block.segment, block.text.size()});
  for (const auto& line : hashed.lines)
    take({.index = log.lines++,
          .leaf = line.leaf,
          .seq = line.seq,
          .segment = block.segment,
          .number = ++number});
}

}  // namespace

ScannedLog scan_log(const std::vector<Segment>& segments, unsigned threads, const TakeLine& take,
                    std::uint64_t first) {
  SegmentReader reader(segments);
  std::deque<std::future<HashedBlock>> ahead;
  const auto read_ahead = [&] {
    while (ahead.size() <= threads) {
      auto block = reader.next();
      if (!block) return;
      ahead.push_back(std::async(std::launch::async, hash_block, std::move(*block)));
    }
  };
  ScannedLog log;
  log.lines = first;
  std::uint64_t number = 0;
  for (read_ahead(); !ahead.empty(); read_ahead()) {
    const auto hashed = ahead.front().get();
    ahead.pop_front();
    take_block(hashed, log, number, take);
  }
  return log;
}

}  // namespace proxy
