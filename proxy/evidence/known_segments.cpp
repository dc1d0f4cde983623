#include "proxy/evidence/known_segments.hpp"

#include <algorithm>

#include "proxy/evidence/compare_tree.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/find_fault.hpp"

namespace proxy {

std::size_t count_known(const std::vector<Segment>& segments, const Checkpoint& kept,
                        const std::optional<Checkpoint>& own) {
  // Of a log that was cut below the kept one, too, something is to be read.
  const auto size = own ? std::min(own->size, kept.size) : kept.size;
  const auto behind = std::ranges::upper_bound(segments, size, {}, &Segment::first_seq);
  const auto begun = static_cast<std::size_t>(behind - segments.begin());
  return begun > 0 ? begun - 1 : 0;
}

KnownRecords know_records(const StoredTree& stored, const Checkpoint& kept, std::uint64_t begin,
                          std::uint64_t first, std::size_t segments) {
  const auto unread =
      range_of(begin, first) + ", in " + counted(segments, "segment") + ", were not read";
  const auto range = stored_range(first, stored);
  if (!range || !StoredProofs(stored, kept.size, kept.root).vouches_for(first, range->root()))
    return {std::nullopt,
            unread +
                ", and the stored tree does not have what the checkpoint kept elsewhere signs of "
                "them: it is damaged, or the log was rewritten. Verify everything, with "
                "--checkpoint in the place of --since"};
  return {range, unread +
                     ": their hashes in the stored tree are those that the checkpoint kept "
                     "elsewhere signs. Whether the lines themselves are still there, unaltered, "
                     "tells a verification of everything"};
}

}  // namespace proxy
