// SegmentReader: the lines of segments in the log's order, whether the files are plain or
// compressed. Reading only, block by block, so that memory stays bounded. Used by all who read the
// audit, each on a thread of his own: `while (auto block = reader.next()) for_each_line(...)`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/evidence/segment_file.hpp"
#include "proxy/evidence/segments.hpp"

namespace proxy {

// Lines of one segment that follow each other.
struct LineBlock {
  std::size_t segment = 0;  // which of those read
  std::string text;         // each line with its end; of a torn one, what there is
  bool first = false;       // the segment begins here
  bool torn = false;        // the end of the segment, and it has no line end
};

class SegmentReader {
 public:
  static constexpr std::size_t block_bytes = 4 * 1024 * 1024;

  explicit SegmentReader(std::vector<Segment> segments, std::size_t block = block_bytes);

  // The next block; none at the end. A segment that is empty gives an empty block, its first.
  // Throws std::runtime_error naming the file; DamagedSegment, which is one, where a compressed one
  // was altered or cut, or a line has no end.
  std::optional<LineBlock> next();
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  bool read_more();

  const std::vector<Segment> segments_;
  const std::size_t block_;
  std::size_t segment_ = 0;
  std::optional<SegmentFile> file_;  // that of segment_
  std::string text_;                 // read and not handed out yet
  bool first_ = true;
};

// Each line of a block, without its end, in order.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    take(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

// The records [first, last), by their place in the log, and how many of them there were. Looks only
// into segments that can hold them, whose names must be right.
std::uint64_t read_records(const std::filesystem::path& directory, std::uint64_t first,
                           std::uint64_t last, const std::function<void(std::string_view)>& take);

}  // namespace proxy
