// scan_log: reads every line of the audit's segments in the log's order and hashes them on all
// cores. The blocks ahead are hashed by threads of their own while the caller's takes the lines of
// the one before; memory is a few blocks, whatever the log's size. For commands: it blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proxy/evidence/damage.hpp"
#include "proxy/evidence/segments.hpp"
#include "proxy/evidence/stored_tree.hpp"

namespace proxy {

struct ScannedLine {
  std::uint64_t index = 0;           // its place in the log, from 0
  Hash leaf{};                       // of its bytes without the line end
  std::optional<std::uint64_t> seq;  // the number it gives itself; none: it is no record
  std::size_t segment = 0;           // which
  std::uint64_t number = 0;          // of the line in its segment, from 1; 0: it cannot be read
};

// Bytes behind the last line end of a segment.
struct TornEnd {
  std::size_t segment = 0;
  std::size_t bytes = 0;
};

struct ScannedLog {
  std::uint64_t lines = 0;            // as many as the log has: those before the first, too
  std::vector<std::uint64_t> begins;  // of each segment: the index of its first line
  std::vector<TornEnd> torn;
  std::uint64_t unreadable = 0;  // of the lines: those of damaged segments
  bool unknown = false;          // nor had the stored tree their hashes; no line was taken behind
};

// Segments not to be read, and who has the hashes of their lines.
struct Detour {
  const Damage& damage;
  const StoredTree& stored;
};

using TakeLine = std::function<void(const ScannedLine&)>;

// The first line has the place `first`. Throws std::runtime_error naming the file that cannot be
// read, and DamagedSegment where `detour` does not lead around it.
ScannedLog scan_log(const std::vector<Segment>& segments, unsigned threads, const TakeLine& take,
                    std::uint64_t first, const Detour& detour);

}  // namespace proxy
