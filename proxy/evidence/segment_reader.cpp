#include "proxy/evidence/segment_reader.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace proxy {
namespace {

constexpr std::size_t longest_line = 64 * 1024 * 1024;  // bytes; a record has some thousands

}  // namespace

SegmentReader::SegmentReader(std::vector<Segment> segments, std::size_t block)
    : segments_(std::move(segments)), block_(block) {}

// False at the end of the file.
bool SegmentReader::read_more() {
  const auto& file = segments_[segment_].file;
  if (!file_) file_.emplace(file);
  const auto there = text_.size();
  if (there > longest_line)
    throw DamagedSegment("audit " + file.string() + ": has a line that is no record: too long");
  text_.resize(there + block_);
  const auto got = file_->read(text_.data() + there, block_);
  text_.resize(there + got);
  return got > 0;
}

std::optional<LineBlock> SegmentReader::next() {
  while (segment_ < segments_.size()) {
    const bool more = read_more();
    const auto end = text_.rfind('\n');
    if (more && end == text_.npos) continue;  // a long line: its end is still to come
    LineBlock block{.segment = segment_, .text = {}, .first = first_, .torn = false};
    if (end != text_.npos) {
      block.text = text_.substr(0, end + 1);
      text_.erase(0, end + 1);
    } else if (!text_.empty()) {
      block.text = std::exchange(text_, {});
      block.torn = true;
    }
    const bool at_end = !more && text_.empty();
    if (at_end) {
      ++segment_;
      file_.reset();
    }
    const bool news = block.first || !block.text.empty();
    first_ = at_end;
    if (news) return block;
  }
  return std::nullopt;
}

std::uint64_t read_records(const std::filesystem::path& directory, std::uint64_t first,
                           std::uint64_t last, const std::function<void(std::string_view)>& take) {
  auto segments = list_segments(directory);
  // The last segment that begins at or before the first one wanted.
  const auto after = std::ranges::upper_bound(segments, first, {}, &Segment::first_seq);
  if (after == segments.begin()) return 0;
  segments.erase(segments.begin(), after - 1);
  std::uint64_t seq = segments.front().first_seq;
  std::uint64_t taken = 0;
  SegmentReader reader(std::move(segments));
  while (seq < last) {
    const auto block = reader.next();
    if (!block) break;
    if (block->torn) continue;
    for_each_line(block->text, [&](std::string_view line) {
      if (seq >= first && seq < last) {
        take(line);
        ++taken;
      }
      ++seq;
    });
  }
  return taken;
}

}  // namespace proxy
