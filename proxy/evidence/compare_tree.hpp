// TreeComparison: the nodes that come of the records, set beside those that are stored, as they
// complete; and StoredProofs: which of the stored ones a signed root vouches for. Together they
// tell which record is not as it was signed. Owned by one verification; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "proxy/evidence/stored_tree.hpp"

namespace proxy {

class TreeComparison {
 public:
  // Nodes over the first `size` records; others are nobody's word.
  TreeComparison(const StoredTree& stored, std::uint64_t size) : stored_(stored), size_(size) {}

  // To be called with each node that CompactRange::append completes.
  void compare(unsigned height, std::uint64_t index, const Hash& hash);
  // Of a level of the stored tree, the first node that is another or is not there.
  std::optional<std::uint64_t> first_different(std::size_t level) const {
    return levels_[level].different;
  }

 private:
  struct Level {
    std::vector<Hash> ahead;  // read from the file
    std::uint64_t first = 0;  // the index of ahead.front()
    std::optional<std::uint64_t> different;
  };

  const StoredTree& stored_;
  const std::uint64_t size_;
  std::array<Level, StoredTree::levels> levels_;
};

// Of the first `size` records, as they are stored; none where the files do not have them.
std::optional<CompactRange> stored_range(std::uint64_t size, const StoredTree& stored);

class StoredProofs {
 public:
  StoredProofs(const StoredTree& stored, std::uint64_t size, const Hash& root)
      : stored_(stored), size_(size), root_(root) {}

  std::uint64_t size() const { return size_; }
  // The hash of record `index`, if it is proven to be what was signed.
  std::optional<Hash> leaf(std::uint64_t index) const;
  // Are the first `size` records, with this root, proven to be what was signed?
  bool vouches_for(std::uint64_t size, const Hash& root) const;
  // Is the stored tree itself, of the first `size` records, proven to be what was signed?
  bool knows(std::uint64_t size) const;

 private:
  const StoredTree& stored_;
  const std::uint64_t size_;
  const Hash root_;
};

}  // namespace proxy
