#include "proxy/evidence/merkle.hpp"

namespace proxy {
namespace {

// The leaves [begin, end) of a tree: `begin` is a multiple of the smallest power of two that is not
// less than their number, as it is for every part that the RFC's recursions come to.
struct Part {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  // Where the RFC splits: after the largest power of two less than the size.
  std::uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
  Part left() const { return {begin, middle()}; }
  Part right() const { return {middle(), end}; }
};

// MTH of RFC 9162 section 2.1.1, of a part.
Hash root_of_part(Part part, const NodeAt& node_at) {
  if (std::has_single_bit(part.size())) {
    const auto height = static_cast<unsigned>(std::countr_zero(part.size()));
    return node_at(height, part.begin >> height);
  }
  return node_hash(root_of_part(part.left(), node_at), root_of_part(part.right(), node_at));
}

void prove_inclusion(std::uint64_t index, Part part, const NodeAt& node_at,
                     std::vector<Hash>& proof) {
  if (part.size() == 1) return;
  const bool on_the_left = index < part.middle();
  prove_inclusion(index, on_the_left ? part.left() : part.right(), node_at, proof);
  proof.push_back(root_of_part(on_the_left ? part.right() : part.left(), node_at));
}

// SUBPROOF: `known` says that the verifier has the old tree's root, and it is this part's.
void prove_consistency(std::uint64_t old_end, Part part, bool known, const NodeAt& node_at,
                       std::vector<Hash>& proof) {
  if (old_end == part.end) {
    if (!known) proof.push_back(root_of_part(part, node_at));
    return;
  }
  const bool on_the_left = old_end <= part.middle();
  prove_consistency(old_end, on_the_left ? part.left() : part.right(), known && on_the_left,
                    node_at, proof);
  proof.push_back(root_of_part(on_the_left ? part.right() : part.left(), node_at));
}

bool odd(std::uint64_t number) {
  return (number & 1) != 0;
}

}  // namespace

Hash leaf_hash(std::string_view entry) {
  return Sha256().add(static_cast<unsigned char>(0)).add(entry).end();
}

Hash node_hash(const Hash& left, const Hash& right) {
  return Sha256().add(static_cast<unsigned char>(1)).add(left).add(right).end();
}

CompactRange::CompactRange(std::uint64_t size, const NodeAt& node_at) : size_(size) {
  for (unsigned height = 0; height < nodes_.size(); ++height)
    if (odd(size >> height)) nodes_[height] = node_at(height, (size >> height) - 1);
}

Hash CompactRange::root() const {
  if (size_ == 0) return sha256({});
  auto height = static_cast<unsigned>(std::countr_zero(size_));
  Hash root = nodes_[height];
  while (++height < nodes_.size())
    if (odd(size_ >> height)) root = node_hash(nodes_[height], root);
  return root;
}

Hash root_of(std::uint64_t size, const NodeAt& node_at) {
  return root_of_part({0, size}, node_at);
}

std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeAt& node_at) {
  std::vector<Hash> proof;
  prove_inclusion(index, {0, size}, node_at, proof);
  return proof;
}

std::vector<Hash> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                    const NodeAt& node_at) {
  std::vector<Hash> proof;
  if (old_size > 0) prove_consistency(old_size, {0, size}, true, node_at, proof);
  return proof;
}

// The names of the RFC: fn is the node on the way up, sn the last one of its height.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash> proof, const Hash& root) {
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (sn == 0) return false;
    if (odd(fn) || fn == sn) {
      hash = node_hash(sibling, hash);
      while (!odd(fn) && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = node_hash(hash, sibling);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && hash == root;
}

bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size,
                        const Hash& root, std::span<const Hash> proof) {
  if (old_size > size) return false;
  if (old_size == 0) return proof.empty() && old_root == sha256({});
  if (old_size == size) return proof.empty() && old_root == root;
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = size - 1;
  while (odd(fn)) fn >>= 1, sn >>= 1;
  // Where the old tree is a complete node, its root begins both.
  if (!std::has_single_bit(old_size) && proof.empty()) return false;
  Hash old_hash = std::has_single_bit(old_size) ? old_root : proof.front();
  Hash hash = old_hash;
  for (const Hash& next : proof.subspan(std::has_single_bit(old_size) ? 0 : 1)) {
    if (sn == 0) return false;
    if (odd(fn) || fn == sn) {
      old_hash = node_hash(next, old_hash);
      hash = node_hash(next, hash);
      while (!odd(fn) && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = node_hash(hash, next);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && old_hash == old_root && hash == root;
}

}  // namespace proxy
