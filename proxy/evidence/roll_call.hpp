// RollCall: the records that were signed are called, the lines of the log answer. Takes each line
// in the log's order, with whether it is the record whose number it bears, and tells of every
// record what became of it: altered, replaced, removed, moved, copied. Blames as few as it can: in
// place is the longest row of records in their order, and what stands between them is not. Owned by
// one verification; pure, and in memory that does not grow with the log, but with what was done to
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "proxy/evidence/record_set.hpp"

namespace proxy {

// Lines that follow each other, all of them records, or none. A line's place is a number that
// counts the lines of the log as records are counted: where nothing was done to it, its record's.
struct LineRun {
  bool genuine = false;              // they are the signed records [seq, seq + lines)
  std::optional<std::uint64_t> seq;  // else: the numbers they bear; none: none
  std::uint64_t lines = 0;
  std::uint64_t place = 0;  // of the first
};

struct Misdeed {
  enum class Kind : std::uint8_t { altered, replaced, removed, missing, moved, inserted, copied };

  Kind kind = Kind::altered;
  std::uint64_t at = 0;  // the first record concerned: by its number, or because it belongs there
  // Altered, replaced, removed, missing (from the end on), moved: which; inserted: how many lines,
  // as [0, n); copied: the records whose copies were inserted.
  RecordRange records;
  std::uint64_t place = 0;  // of the first line that is wrong; removed and missing have none
  RecordRange copies;       // replaced: by copies of these
  // The next record that is in its order, and where it stands; none: there is no other behind.
  std::optional<std::uint64_t> next;
  std::uint64_t next_place = 0;
};

class RollCall {
 public:
  static constexpr std::size_t most_runs = 8192;  // then it gives up

  // Of the records [first, size). Where the log `goes_on`, lines behind these that bear the numbers
  // to come are no misdeed.
  RollCall(std::uint64_t first, std::uint64_t size, bool goes_on)
      : first_(first), size_(size), goes_on_(goes_on), next_place_(first) {}

  // Lines in the log's order. `seq`: the number the line bears; `genuine`: it is that record.
  void take(std::optional<std::uint64_t> seq, bool genuine);
  // Where the lines were too much out of order to go on with: from there on nothing was taken.
  std::optional<std::uint64_t> given_up() const { return given_up_; }
  // By the first record concerned, then by place.
  std::vector<Misdeed> misdeeds() const;

 private:
  const std::uint64_t first_;
  const std::uint64_t size_;
  const bool goes_on_;
  std::uint64_t next_place_;
  std::vector<LineRun> runs_;
  std::optional<std::uint64_t> given_up_;
};

}  // namespace proxy
