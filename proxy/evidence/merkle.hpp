// The Merkle tree of RFC 9162 section 2: its hashes, a range that grows by one leaf at a time in
// constant memory, its proofs, and their verification. Pure: knows no file, key or record.
//
// A node is named by its height above the leaves and its index among those of its height; it is
// complete once all its 2^height leaves are there, and never changes after that:
//
//     height 2          (2,0)
//     height 1      (1,0)   (1,1)    (1,2)
//     height 0       0  1    2  3     4  5    6        seven leaves: complete are those drawn
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "proxy/evidence/sha256.hpp"

namespace proxy {

// SHA-256 of 0x00 and the entry; of 0x01 and both children (RFC 9162 section 2.1.1). The different
// first bytes keep a node from being shown as a leaf.
Hash leaf_hash(std::string_view entry);
Hash node_hash(const Hash& left, const Hash& right);

// The hash of a complete node. May throw; what it throws passes through.
using NodeAt = std::function<Hash(unsigned height, std::uint64_t index)>;

// CompactRange: the complete nodes at the left edge of what is still to come, one for each bit of
// the size: all that is needed to go on, and to have the root.
class CompactRange {
 public:
  CompactRange() = default;
  // That of a tree whose nodes are known.
  CompactRange(std::uint64_t size, const NodeAt& node_at);

  // Calls `completed(height, index, hash)` for the leaf, and for each node that it completes.
  template <class Completed>
  void append(Hash hash, Completed completed);
  void append(const Hash& leaf) {
    append(leaf, [](unsigned, std::uint64_t, const Hash&) {});
  }

  std::uint64_t size() const { return size_; }
  Hash root() const;  // of no leaf: SHA-256 of nothing

 private:
  std::uint64_t size_ = 0;
  std::array<Hash, 64> nodes_;  // by height; there where that bit of size_ is set
};

template <class Completed>
void CompactRange::append(Hash hash, Completed completed) {
  unsigned height = 0;
  completed(height, size_, hash);
  for (; (size_ >> height & 1) != 0; ++height) {
    hash = node_hash(nodes_[height], hash);
    completed(height + 1, size_ >> (height + 1), hash);
  }
  nodes_[height] = hash;
  ++size_;
}

// The root of the tree's first `size` leaves. 0 < size.
Hash root_of(std::uint64_t size, const NodeAt& node_at);
// RFC 9162 section 2.1.3.1: that leaf `index` is in the tree of `size` leaves. index < size.
std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeAt& node_at);
// Section 2.1.4.1: that the tree of `old_size` leaves is the beginning of that of `size`. old_size
// <= size; empty where they are the same, or where nothing is to be shown of an empty tree.
std::vector<Hash> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                    const NodeAt& node_at);

// Sections 2.1.3.2 and 2.1.4.2. Take anything, however wrong.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash> proof, const Hash& root);
bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size,
                        const Hash& root, std::span<const Hash> proof);

}  // namespace proxy
