// The first leaf that differs from the stored one is where to look; but the stored tree lies beside
// the records, and whoever altered these may have altered it as well. So it is asked only for
// proofs against the signed root: that everything before is what was signed, and what belongs
// there. Where it can't give them, the fault is told as narrowly as it can be.
#include "proxy/evidence/find_fault.hpp"

#include <algorithm>
#include <map>

namespace proxy {
namespace {

std::string named(std::uint64_t seq) {
  return "record " + std::to_string(seq);
}

std::string verb(std::uint64_t count) {
  return count == 1 ? " is" : " are";
}

// Records [begin, end) of which one is the first that is not as it was signed.
struct Suspects {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// From the narrowest.
std::vector<Suspects> suspects(const FirstScan& first, std::uint64_t size) {
  std::vector<Suspects> all;
  for (std::size_t level = 0; level < StoredTree::levels; ++level) {
    const auto different = first.comparison.first_different(level);
    const auto shift = StoredTree::tile_height * level;
    if (different)
      all.push_back({std::max(first.base.size(), *different << shift),
                     std::min(size, (*different + 1) << shift)});
    if (level == 0 && !different && first.records < size)
      all.push_back({first.records, first.records + 1});
  }
  return all;
}

// What a second scan is asked for, and finds.
struct SecondScan {
  std::map<std::uint64_t, Hash> roots;   // of the records before each place asked for
  std::uint64_t at = 0;                  // a place in the log
  std::optional<ScannedLine> there;      // what stands there
  std::optional<Hash> wanted;            // what belongs there
  std::optional<ScannedLine> elsewhere;  // where that stands instead
};

void scan_again(const FirstScan& first, SecondScan& second, unsigned threads) {
  CompactRange range = first.base;
  const auto note_root = [&] {
    const auto asked = second.roots.find(range.size());
    if (asked != second.roots.end()) asked->second = range.root();
  };
  note_root();
  scan_log(first.segments, threads,
           [&](const ScannedLine& line) {
             range.append(line.leaf);
             note_root();
             if (line.index == second.at) second.there = line;
             if (line.index > second.at && !second.elsewhere && line.leaf == second.wanted)
               second.elsewhere = line;
           },
           first.base.size(), {first.damage, first.stored});
}

// What happened at `second.at`, where everything before is proven.
LogFault explain(const FirstScan& first, const SecondScan& second, const StoredProofs& proofs,
                 std::uint64_t size) {
  const auto at = second.at;
  if (!second.there)
    return {at, range_of(at, size) + verb(size - at) + " missing: " + std::to_string(size) +
                    " were signed"};
  const auto place = place_of(first.segments, *second.there);
  // Is it a record of this log, only not this one?
  const auto claimed = second.there->seq;
  const bool own = claimed && *claimed != at && proofs.leaf(*claimed) == second.there->leaf;
  if (second.elsewhere && own && *claimed > at)
    return {at, "the records were reordered: " + place + " has " + named(*claimed) + ", and " +
                    named(at) + " is at " + place_of(first.segments, *second.elsewhere)};
  if (second.elsewhere)
    return {at, "a line was inserted at " + place + (own ? ", a copy of " + named(*claimed) : "") +
                    ": " + named(at) + ", which belongs there, is at " +
                    place_of(first.segments, *second.elsewhere)};
  if (own && *claimed > at)
    return {at, range_of(at, *claimed) + (*claimed - at == 1 ? " was" : " were") +
                    " removed: " + place + " has " + named(*claimed)};
  if (own) return {at, named(at) + " was replaced: " + place + " has a copy of " + named(*claimed)};
  return {at, named(at) + " was altered: " + place + " is not the line that was signed"};
}

// Where the stored tree proves nothing.
LogFault guess(const FirstScan& first, std::uint64_t size) {
  const std::string no_help = "; the stored tree is damaged too and cannot tell more";
  if (first.misnumbered && first.misnumbered->index < size)
    return {first.misnumbered->index,
            "the records are not those that were signed: at " +
                place_of(first.segments, *first.misnumbered) + ", where " +
                named(first.misnumbered->index) + " belongs, stands " +
                (first.misnumbered->seq ? named(*first.misnumbered->seq) : "no record") + no_help};
  if (first.records < size)
    return {first.records, range_of(first.records, size) + verb(size - first.records) +
                               " missing: " + std::to_string(size) + " were signed"};
  return {std::nullopt, "the records are not those that were signed: of " +
                            range_of(first.base.size() < size ? first.base.size() : 0, size) +
                            ", at least one was altered" + no_help};
}

}  // namespace

std::string range_of(std::uint64_t first, std::uint64_t end) {
  if (end - first == 1) return named(first);
  return "records " + std::to_string(first) + " to " + std::to_string(end - 1);
}

std::string place_of(const std::vector<Segment>& segments, const ScannedLine& line) {
  const auto name = segments[line.segment].file.filename().string();
  return line.number == 0 ? name : name + ":" + std::to_string(line.number);
}

LogFault find_fault(const FirstScan& first, const Checkpoint& checkpoint, unsigned threads) {
  const auto size = checkpoint.size;
  const StoredProofs proofs(first.stored, size, checkpoint.root);
  const auto all = suspects(first, size);
  SecondScan second;
  for (const auto& each : all) second.roots[each.begin] = {};
  if (!all.empty()) {
    second.at = all.front().begin;
    second.wanted = proofs.leaf(second.at);
    scan_again(first, second, threads);
  }
  for (const auto& each : all) {
    if (!proofs.vouches_for(each.begin, second.roots[each.begin])) continue;
    if (each.end - each.begin > 1 && proofs.knows(each.end))
      return {each.begin, "of " + range_of(each.begin, each.end) +
                              " at least one was altered, and the stored tree with it"};
    if (each.begin == second.at && second.wanted) return explain(first, second, proofs, size);
  }
  return guess(first, size);
}

}  // namespace proxy
