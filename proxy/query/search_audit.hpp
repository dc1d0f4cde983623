// AuditSearch: the records of an audit that a query asks for, printed, in the log's order. The
// blocks ahead are searched on threads of their own; memory is a few blocks, whatever the log's
// size. Segments that cannot hold a record of the time asked for are not opened. What cannot be
// read is told, and the search goes on behind it. For commands: it blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/evidence/segment_reader.hpp"
#include "proxy/query/record_printer.hpp"
#include "proxy/query/record_query.hpp"

namespace proxy {

// What was found in lines that follow each other.
struct FoundRecords {
  std::string text;                        // the records, printed
  std::vector<std::size_t> ends;           // of each in `text`
  std::uint64_t lines = 0;                 // looked at
  std::vector<std::uint64_t> not_records;  // which of them are none, from 1
  std::vector<std::string> faults;         // the same and other trouble, in sentences
  std::uint64_t searched = 0;              // bytes of files, up to here
};

FoundRecords find_records(std::string_view lines, const RecordQuery& query,
                          const RecordPrinter& printer);
// Puts `not_records` in words: `before` lines of the file stand before these.
void name_faults(FoundRecords& found, const std::filesystem::path& file, std::uint64_t before);

// Those that may hold records of the time asked for. A record is written when its exchange ends: so
// a segment's first record ended after all those of the segments before it. Assumed is a clock that
// is never set back by more than an hour, and no exchange that takes longer than a day.
std::vector<Segment> segments_in_time(std::vector<Segment> segments, const RecordCriteria& asked);

class AuditSearch {
 public:
  // Of each block `block` bytes are read at once. `query` and `printer` must outlive it.
  AuditSearch(std::vector<Segment> segments, const RecordQuery& query, const RecordPrinter& printer,
              unsigned threads, std::size_t block = SegmentReader::block_bytes);

  // What is found next, which may be nothing yet; none at the end.
  std::optional<FoundRecords> next();
  // Bytes of all files.
  std::uint64_t size() const { return size_; }

 private:
  struct Ahead {
    std::size_t segment = 0;
    std::uint64_t searched = 0;
    std::future<FoundRecords> found;
  };

  std::optional<Ahead> search_block();
  void leave_segment();

  const RecordQuery& query_;
  const RecordPrinter& printer_;
  const unsigned threads_;
  const std::size_t block_;
  const std::vector<Segment> segments_;
  std::vector<std::uint64_t> sizes_;  // of the files
  std::uint64_t size_ = 0;
  std::size_t reading_ = 0;   // the segment that is read
  std::uint64_t read_ = 0;    // bytes of it
  std::uint64_t before_ = 0;  // bytes of the files before it
  std::optional<SegmentReader> reader_;
  std::size_t finding_ = 0;  // the segment that was handed out last
  std::uint64_t lines_ = 0;  // of it
  std::deque<Ahead> ahead_;
};

}  // namespace proxy
