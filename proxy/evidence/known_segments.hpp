// Known segments: those that lie wholly before a checkpoint kept elsewhere, and need not be read
// again: the hashes that the stored tree has of their records, proven to be the beginning of what
// that checkpoint signs, stand for them. For verify_log; it blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/segments.hpp"
#include "proxy/evidence/stored_tree.hpp"

namespace proxy {

// How many of the first ones. There is always one behind, which is to be read.
std::size_t count_known(const std::vector<Segment>& segments, const Checkpoint& kept,
                        const std::optional<Checkpoint>& own);

struct KnownRecords {
  std::optional<CompactRange> range;  // none: the stored tree does not have what was signed
  std::string what;                   // what is to be said of them
};
// The records before `first`, of which those from `begin` on are in `segments`.
KnownRecords know_records(const StoredTree& stored, const Checkpoint& kept, std::uint64_t begin,
                          std::uint64_t first, std::size_t segments);

}  // namespace proxy
