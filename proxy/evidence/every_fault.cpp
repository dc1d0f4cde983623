// A line bears the number of the record that it wants to be. It is that record where its hash is
// the one that the stored tree has under this number; and of that tree all hashes are proven,
// because they make the signed root. What is left is to compare two rows of numbers: RollCall.
#include "proxy/evidence/every_fault.hpp"

#include <algorithm>

#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/roll_call.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_faults = 100;

// The stored hashes of single records, read some at a time.
class StoredLeaves {
 public:
  explicit StoredLeaves(const StoredTree& stored) : stored_(stored) {}

  const Hash* at(std::uint64_t seq) {
    if (seq < first_ || seq - first_ >= ahead_.size()) {
      first_ = seq / at_once * at_once;
      ahead_ = stored_.read(0, first_, at_once);
    }
    return seq - first_ < ahead_.size() ? &ahead_[seq - first_] : nullptr;
  }

 private:
  static constexpr std::uint64_t at_once = 64;  // few, for where the lines are out of order

  const StoredTree& stored_;
  std::uint64_t first_ = 0;
  std::vector<Hash> ahead_;
};

bool makes_root(StoredLeaves& leaves, const Checkpoint& checkpoint) {
  CompactRange range;
  while (range.size() < checkpoint.size) {
    const auto* leaf = leaves.at(range.size());
    if (!leaf) return false;
    range.append(*leaf);
  }
  return range.root() == checkpoint.root;
}

std::string named(RecordRange records) {
  return range_of(records.begin, records.end);
}

// One that stands somewhere, in words.
class Wording {
 public:
  Wording(const std::vector<Segment>& segments, std::uint64_t size)
      : segments_(segments), size_(size) {}

  std::string place(const LinePlace& at) const {
    ScannedLine line;
    line.segment = at.segment;
    line.number = at.number;
    return place_of(segments_, line);
  }

  LogFault fault(const Misdeed& done) const { return {done.at, text(done)}; }

 private:
  std::string text(const Misdeed& done) const {
    const bool one = done.records.size() == 1;
    const auto records = named(done.records);
    const auto from = one ? place(done.place) : "from " + place(done.place) + " on";
    switch (done.kind) {
      case Misdeed::Kind::altered:
        return records + (one ? " was altered: " + from + " is not the line that was signed"
                              : " were altered: " + from + " are not the lines that were signed");
      case Misdeed::Kind::replaced:
        return records +
               (one ? " was replaced: " + from + " has a copy of "
                    : " were replaced: " + from + " are copies of ") +
               named(done.copies);
      case Misdeed::Kind::removed:
        return records + (one ? " was" : " were") + " removed: " + place(*done.next_place) +
               " has " + range_of(done.next, done.next + 1);
      case Misdeed::Kind::missing:
        return records + (one ? " is" : " are") + " missing: " + std::to_string(size_) +
               " were signed";
      case Misdeed::Kind::moved:
        return "the records were reordered: " +
               (one ? "at " + from + " stands " : from + " stand ") + records;
      case Misdeed::Kind::inserted:
      case Misdeed::Kind::copied:
        return inserted(done);
    }
    return {};
  }

  std::string inserted(const Misdeed& done) const {
    const auto lines = done.records.size();
    const bool one = lines == 1;
    auto text = (one ? "a line was inserted at " + place(done.place)
                     : counted(lines, "line") + " were inserted from " + place(done.place) + " on");
    if (done.kind == Misdeed::Kind::copied)
      text += (one ? ", a copy of " : ", copies of ") + named(done.records);
    if (!done.next_place) return text + ", behind the last record that was signed";
    return text + ": " + range_of(done.next, done.next + 1) + ", which belongs there, is at " +
           place(*done.next_place);
  }

  const std::vector<Segment>& segments_;
  const std::uint64_t size_;
};

RollCall call(const FirstScan& first, StoredLeaves& leaves, std::uint64_t size, bool goes_on,
              unsigned threads) {
  RollCall roll(first.base.size(), size, goes_on);
  scan_log(first.segments, threads,
           [&](const ScannedLine& line) {
             const auto* leaf = line.seq && *line.seq < size ? leaves.at(*line.seq) : nullptr;
             roll.take(line.seq, leaf && *leaf == line.leaf, {line.segment, line.number});
           },
           first.base.size(), {first.damage, first.stored});
  return roll;
}

}  // namespace

std::optional<std::vector<LogFault>> every_fault(const FirstScan& first,
                                                 const Checkpoint& checkpoint, bool goes_on,
                                                 unsigned threads) {
  StoredLeaves leaves(first.stored);
  if (!makes_root(leaves, checkpoint)) return std::nullopt;
  const auto roll = call(first, leaves, checkpoint.size, goes_on, threads);
  const auto misdeeds = roll.misdeeds();
  const Wording wording(first.segments, checkpoint.size);
  std::vector<LogFault> faults;
  for (const auto& done : misdeeds)
    if (faults.size() < most_faults) faults.push_back(wording.fault(done));
  if (const auto more = misdeeds.size() - faults.size(); more > 0)
    faults.push_back({std::nullopt, "and " + std::to_string(more) + " more"});
  if (const auto end = roll.given_up())
    faults.push_back(
        {std::nullopt, "too many lines are out of order: those from " + wording.place(*end) +
                           " on were not looked at, and what is said to be removed may be there"});
  return faults;
}

}  // namespace proxy
