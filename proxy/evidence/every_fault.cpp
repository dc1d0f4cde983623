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

std::string record(std::uint64_t seq) {
  return range_of(seq, seq + 1);
}

class Wording {
 public:
  Wording(const FirstScan& first, const ScannedLog& log, std::uint64_t size)
      : first_(first), log_(log), size_(size) {}

  std::string place(std::uint64_t at) const {
    const auto behind = std::ranges::upper_bound(log_.begins, at);
    ScannedLine line;
    line.segment = static_cast<std::size_t>(behind - log_.begins.begin() - 1);
    if (!first_.damage.segments.contains(line.segment))
      line.number = at - log_.begins[line.segment] + 1;
    return place_of(first_.segments, line);
  }

  LogFault fault(const Misdeed& done) const { return {done.at, text(done)}; }

 private:
  std::string text(const Misdeed& done) const {
    switch (done.kind) {
      case Misdeed::Kind::removed:
        return named(done.records) + (done.records.size() == 1 ? " was" : " were") +
               " removed: " + place(done.next_place) + " has " + record(*done.next);
      case Misdeed::Kind::missing:
        return named(done.records) + (done.records.size() == 1 ? " is" : " are") +
               " missing: " + std::to_string(size_) + " were signed";
      case Misdeed::Kind::inserted:
      case Misdeed::Kind::copied:
        return inserted(done);
      default:
        return done.records.size() == 1 ? wrong_line(done) : wrong_lines(done);
    }
  }

  // Altered, replaced or moved.
  std::string wrong_line(const Misdeed& done) const {
    const auto at = place(done.place);
    if (done.kind == Misdeed::Kind::moved)
      return "the records were reordered: at " + at + " stands " + named(done.records);
    if (done.kind == Misdeed::Kind::replaced)
      return named(done.records) + " was replaced: " + at + " has a copy of " + named(done.copies);
    return named(done.records) + " was altered: " + at + " is not the line that was signed";
  }
  std::string wrong_lines(const Misdeed& done) const {
    const auto from = "from " + place(done.place) + " on ";
    if (done.kind == Misdeed::Kind::moved)
      return "the records were reordered: " + from + "stand " + named(done.records);
    if (done.kind == Misdeed::Kind::replaced)
      return named(done.records) + " were replaced: " + from + "are copies of " +
             named(done.copies);
    return named(done.records) + " were altered: " + from + "are not the lines that were signed";
  }

  std::string inserted(const Misdeed& done) const {
    const auto lines = done.records.size();
    const bool one = lines == 1;
    auto text = (one ? "a line was inserted at " + place(done.place)
                     : counted(lines, "line") + " were inserted from " + place(done.place) + " on");
    if (done.kind == Misdeed::Kind::copied)
      text += (one ? ", a copy of " : ", copies of ") + named(done.records);
    if (!done.next) return text + ", behind the last record that was signed";
    return text + ": " + record(*done.next) + ", which belongs there, is at " +
           place(done.next_place);
  }

  const FirstScan& first_;
  const ScannedLog& log_;
  const std::uint64_t size_;
};

}  // namespace

std::optional<std::vector<LogFault>> every_fault(const FirstScan& first,
                                                 const Checkpoint& checkpoint, bool goes_on,
                                                 unsigned threads) {
  StoredLeaves leaves(first.stored);
  if (!makes_root(leaves, checkpoint)) return std::nullopt;
  RollCall roll(first.base.size(), checkpoint.size, goes_on);
  const auto take = [&](const ScannedLine& line) {
    const bool signed_one = line.seq && *line.seq < checkpoint.size;
    const auto* leaf = signed_one ? leaves.at(*line.seq) : nullptr;
    roll.take(line.seq, leaf && *leaf == line.leaf);
  };
  const auto log =
      scan_log(first.segments, threads, take, first.base.size(), {first.damage, first.stored});
  const auto misdeeds = roll.misdeeds();
  const Wording wording(first, log, checkpoint.size);
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
