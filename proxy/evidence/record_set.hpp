// RecordSet: a set of records by their numbers, kept as ranges that do not touch: of a log that was
// tampered with in a few places it is a few numbers, however many records there are. A value.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace proxy {

// The records [begin, end).
struct RecordRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  bool operator==(const RecordRange&) const = default;
};

class RecordSet {
 public:
  void add(RecordRange range);
  // What of a range is not in the set, and what is; in order.
  std::vector<RecordRange> missing_of(RecordRange range) const;
  std::vector<RecordRange> held_of(RecordRange range) const;

 private:
  std::map<std::uint64_t, std::uint64_t> ends_;  // of each range, by its begin
};

}  // namespace proxy
