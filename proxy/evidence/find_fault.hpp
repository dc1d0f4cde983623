// find_fault: which record is the first that is not as it was signed, and what became of it? Called
// when the records' root is not the signed one and the stored tree is damaged, so that every_fault
// cannot tell; with what a first scan has found. Scans once more.
#pragma once

#include <optional>
#include <vector>

#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/compare_tree.hpp"
#include "proxy/evidence/scan_log.hpp"
#include "proxy/evidence/verify_log.hpp"

namespace proxy {

// What a first scan has found.
struct FirstScan {
  const std::vector<Segment>& segments;
  const StoredTree& stored;
  const TreeComparison& comparison;
  const CompactRange& base;  // of the records before those: removed by retention
  const Damage& damage;      // the segments that were passed by
  std::uint64_t records = 0;
  std::optional<ScannedLine> misnumbered;  // the first line whose own number is not its place
};

LogFault find_fault(const FirstScan& first, const Checkpoint& checkpoint, unsigned threads);

// "records 3 to 7", and what is one of them "record 3".
std::string range_of(std::uint64_t first, std::uint64_t end);
// "records-000000000000.jsonl:17"
std::string place_of(const std::vector<Segment>& segments, const ScannedLine& line);

}  // namespace proxy
