#include "proxy/evidence/compare_tree.hpp"

#include <stdexcept>

namespace proxy {

void TreeComparison::compare(unsigned height, std::uint64_t index, const Hash& hash) {
  constexpr std::size_t read_at_once = 1024;
  if (height % StoredTree::tile_height != 0 || index >= size_ >> height) return;
  const auto number = height / StoredTree::tile_height;
  auto& level = levels_[number];
  if (level.different) return;
  if (index - level.first >= level.ahead.size()) {
    level.ahead = stored_.read(number, index, read_at_once);
    level.first = index;
  }
  if (level.ahead.empty() || level.ahead[index - level.first] != hash) level.different = index;
}

std::optional<CompactRange> stored_range(std::uint64_t size, const StoredTree& stored) {
  try {
    return CompactRange(size, stored.nodes());
  } catch (const std::runtime_error&) {  // they are too short
    return std::nullopt;
  }
}

std::optional<Hash> StoredProofs::leaf(std::uint64_t index) const {
  if (index >= size_) return std::nullopt;
  try {
    const auto leaf = stored_.node(0, index);
    const auto proof = inclusion_proof(index, size_, stored_.nodes());
    return verify_inclusion(leaf, index, size_, proof, root_) ? std::optional(leaf) : std::nullopt;
  } catch (const std::runtime_error&) {  // the files are too short
    return std::nullopt;
  }
}

bool StoredProofs::vouches_for(std::uint64_t size, const Hash& root) const {
  if (size > size_) return false;
  try {
    return verify_consistency(size, root, size_, root_,
                              consistency_proof(size, size_, stored_.nodes()));
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool StoredProofs::knows(std::uint64_t size) const {
  try {
    return vouches_for(size, root_of(size, stored_.nodes()));
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace proxy
