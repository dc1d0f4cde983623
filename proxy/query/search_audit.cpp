#include "proxy/query/search_audit.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace proxy {
namespace {

constexpr auto clock_set_back = std::chrono::hours(1);
constexpr auto longest_exchange = std::chrono::hours(24);
constexpr std::size_t first_bytes = 64 * 1024;  // hold a segment's first record

// When the first record of a segment was written; none where that cannot be told.
std::optional<AuditTime> written_at(const Segment& segment) {
  try {
    const auto block = SegmentReader({segment}, first_bytes).next();
    AuditRecord record;
    if (!block || !record.read(std::string_view(block->text).substr(0, block->text.find('\n'))))
      return std::nullopt;
    const auto took = std::min(record.number("duration_us").value_or(0),
                               std::uint64_t{std::chrono::microseconds(longest_exchange).count()});
    return record.time() + std::chrono::microseconds(took);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

std::uint64_t size_of(const Segment& segment) {
  std::error_code fault;
  const auto size = std::filesystem::file_size(segment.file, fault);
  return fault ? 0 : size;
}

}  // namespace

FoundRecords find_records(std::string_view lines, const RecordQuery& query,
                          const RecordPrinter& printer) {
  FoundRecords found;
  AuditRecord record;
  for_each_line(lines, [&](std::string_view line) {
    ++found.lines;
    const bool framed = seq_of(line).has_value();
    if (framed && !query.may_match(line)) return;
    if (!framed || !record.read(line)) {
      found.not_records.push_back(found.lines);
    } else if (query.matches(record)) {
      printer.print(line, record, found.text);
      found.ends.push_back(found.text.size());
    }
  });
  return found;
}

void name_faults(FoundRecords& found, const std::filesystem::path& file, std::uint64_t before) {
  for (const auto line : found.not_records)
    found.faults.push_back(file.string() + ":" + std::to_string(before + line) +
                           ": is no record: `prefgate audit verify` says more");
}

std::vector<Segment> segments_in_time(std::vector<Segment> segments, const RecordCriteria& asked) {
  if (asked.until) {
    auto end = segments.size();
    for (auto i = segments.size(); i-- > 0;) {
      const auto at = written_at(segments[i]);
      if (at && *at - longest_exchange < *asked.until) break;
      if (at) end = i;
    }
    segments.resize(end);
  }
  if (asked.since) {
    for (auto i = segments.size(); i-- > 1;) {
      const auto at = written_at(segments[i]);
      if (!at || *at + clock_set_back >= *asked.since) continue;
      segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
  return segments;
}

AuditSearch::AuditSearch(std::vector<Segment> segments, const RecordQuery& query,
                         const RecordPrinter& printer, unsigned threads, std::size_t block)
    : query_(query),
      printer_(printer),
      threads_(threads),
      block_(block),
      segments_(std::move(segments)) {
  for (const auto& segment : segments_) sizes_.push_back(size_of(segment));
  for (const auto size : sizes_) size_ += size;
}

std::optional<FoundRecords> AuditSearch::next() {
  while (ahead_.size() <= threads_) {
    auto block = search_block();
    if (!block) break;
    ahead_.push_back(std::move(*block));
  }
  if (ahead_.empty()) return std::nullopt;
  auto block = std::move(ahead_.front());
  ahead_.pop_front();
  auto found = block.found.get();
  if (std::exchange(finding_, block.segment) != block.segment) lines_ = 0;
  name_faults(found, segments_[block.segment].file, lines_);
  lines_ += found.lines;
  found.searched = block.searched;
  return found;
}

void AuditSearch::leave_segment() {
  reader_.reset();
  before_ += sizes_[reading_++];
  read_ = 0;
}

// Reads a block and has it searched.
std::optional<AuditSearch::Ahead> AuditSearch::search_block() {
  while (reading_ < segments_.size()) {
    const auto segment = reading_;
    try {
      if (!reader_) reader_.emplace(std::vector{segments_[segment]}, block_);
      auto block = reader_->next();
      // The gateway is writing the last line of the last segment; elsewhere there is no reason for
      // a line without an end.
      if (!block || (block->torn && segment + 1 == segments_.size())) {
        leave_segment();
        continue;
      }
      read_ += block->text.size();
      const auto search = [this, text = std::move(block->text)] {
        return find_records(text, query_, printer_);
      };
      return Ahead{segment, before_ + std::min(read_, sizes_[segment]),
                   std::async(std::launch::async, search)};
    } catch (const std::runtime_error& fault) {
      leave_segment();
      FoundRecords nothing;
      nothing.faults.emplace_back(fault.what());
      std::promise<FoundRecords> result;
      result.set_value(std::move(nothing));
      return Ahead{segment, before_, result.get_future()};
    }
  }
  return std::nullopt;
}

}  // namespace proxy
