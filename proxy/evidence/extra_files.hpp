// ExtraFiles: what stands in the audit directory beside the records that are to be there: a segment
// plain and compressed, where only one of the two is read, and segments that retention has removed.
// A gateway that was killed leaves both kinds, and then they hold what they held; others are
// faults. For verify_log; it blocks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/segments.hpp"
#include "proxy/evidence/stored_tree.hpp"

namespace proxy {

struct ExtraFiles {
  std::vector<std::string> faults;
  std::vector<std::string> notes;
};

// Of plain segments, those that are there compressed as well.
ExtraFiles compare_compressed(const std::vector<Segment>& plain);
// Segments of removed records, held against the hashes that the stored tree has of these.
ExtraFiles check_removed(const std::vector<Segment>& removed, const Retention& retention,
                         const StoredTree& stored);

}  // namespace proxy
