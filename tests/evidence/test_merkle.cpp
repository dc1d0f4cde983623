#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "proxy/evidence/merkle.hpp"
#include "tests/evidence/naive_tree.hpp"

namespace {

using namespace proxy;
namespace naive = tests::naive;

// A tree held in memory.
struct Tree {
  CompactRange range;
  std::map<std::pair<unsigned, std::uint64_t>, Hash> nodes;
  std::vector<Hash> leaves;
  std::vector<Hash> roots{range.root()};  // by size

  explicit Tree(const std::vector<std::string>& entries) {
    for (const auto& entry : entries) {
      leaves.push_back(leaf_hash(entry));
      range.append(leaves.back(), [&](unsigned height, std::uint64_t index, const Hash& hash) {
        CHECK(nodes.emplace(std::pair(height, index), hash).second);  // each node once
      });
      roots.push_back(range.root());
    }
  }
  NodeAt at() const {
    return [this](unsigned height, std::uint64_t index) { return nodes.at({height, index}); };
  }
};

std::vector<std::string> entries_of(std::size_t count, std::mt19937& random) {
  std::vector<std::string> entries(count);
  for (auto& entry : entries) {
    entry.resize(random() % 100);
    for (auto& c : entry) c = static_cast<char>(random());
  }
  return entries;
}

std::string joined(const std::vector<Hash>& hashes) {
  std::string text;
  for (const auto& hash : hashes) text += to_hex(hash) + "\n";
  return text;
}

// The leaves of Certificate Transparency's reference tests (transparency-dev/merkle, testonly).
const std::vector<std::string> reference{
    "",
    std::string(1, '\0'),
    "\x10",
    "\x20\x21",
    "\x30\x31",
    "\x40\x41\x42\x43",
    "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};

const char* const reference_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

}  // namespace

TEST_CASE("the roots are those of Certificate Transparency's reference tree, of every size") {
  const Tree tree(reference);
  for (std::size_t size = 0; size <= reference.size(); ++size) {
    CAPTURE(size);
    CHECK(to_hex(tree.roots[size]) == reference_roots[size]);
  }
}

TEST_CASE("the proofs are those of Certificate Transparency's reference tree") {
  const Tree tree(reference);
  CHECK(joined(inclusion_proof(0, 8, tree.at())) ==
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7\n"
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e\n"
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4\n");
  CHECK(joined(inclusion_proof(5, 8, tree.at())) ==
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b\n"
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0\n"
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7\n");
  CHECK(joined(consistency_proof(2, 5, tree.at())) ==
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e\n"
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b\n");
}

TEST_CASE(
    "every root and proof is what the RFC's definitions give, for every tree up to 40 leaves") {
  std::mt19937 random(20261122);
  const auto entries = entries_of(40, random);
  const Tree tree(entries);
  for (std::size_t size = 0; size <= entries.size(); ++size) {
    const auto first = naive::Entries(entries).first(size);
    REQUIRE(tree.roots[size] == naive::root(first));
    if (size > 0) REQUIRE(root_of(size, tree.at()) == tree.roots[size]);
    REQUIRE(CompactRange(size, tree.at()).root() == tree.roots[size]);
    for (std::size_t i = 0; i < size; ++i) {
      const auto proof = inclusion_proof(i, size, tree.at());
      REQUIRE(proof == naive::path(i, first));
      REQUIRE(verify_inclusion(tree.leaves[i], i, size, proof, tree.roots[size]));
    }
    for (std::size_t old = 0; old <= size; ++old) {
      const auto proof = consistency_proof(old, size, tree.at());
      if (old > 0) REQUIRE(proof == naive::proof(old, first));
      REQUIRE(verify_consistency(old, tree.roots[old], size, tree.roots[size], proof));
    }
  }
}

TEST_CASE("so it is for random trees of up to two thousand leaves") {
  std::mt19937 random(4);
  for (int run = 0; run < 8; ++run) {
    const auto entries = entries_of(1 + random() % 2000, random);
    const auto size = entries.size();
    const Tree tree(entries);
    REQUIRE(tree.roots[size] == naive::root(entries));
    for (int i = 0; i < 5; ++i) {
      const auto index = random() % size;
      const auto proof = inclusion_proof(index, size, tree.at());
      REQUIRE(proof == naive::path(index, entries));
      REQUIRE(verify_inclusion(tree.leaves[index], index, size, proof, tree.roots[size]));
      const auto old = 1 + random() % size;
      const auto consistency = consistency_proof(old, size, tree.at());
      REQUIRE(consistency == naive::proof(old, entries));
      REQUIRE(verify_consistency(old, tree.roots[old], size, tree.roots[size], consistency));
    }
  }
}

TEST_CASE("a range goes on from stored nodes as if it had never stopped") {
  std::mt19937 random(5);
  const auto entries = entries_of(70, random);
  const Tree tree(entries);
  for (std::size_t stop = 0; stop <= entries.size(); ++stop) {
    CompactRange range(stop, tree.at());
    for (std::size_t i = stop; i < entries.size(); ++i) range.append(tree.leaves[i]);
    REQUIRE(range.size() == entries.size());
    REQUIRE(range.root() == tree.roots.back());
  }
}

TEST_CASE("a proof with anything wrong in it shows nothing") {
  std::mt19937 random(6);
  const auto entries = entries_of(33, random);
  const Tree tree(entries);
  const auto other = leaf_hash("other");
  for (std::size_t size = 1; size <= entries.size(); ++size) {
    const auto& root = tree.roots[size];
    for (std::size_t i = 0; i < size; ++i) {
      const auto good = inclusion_proof(i, size, tree.at());
      const auto refused = [&](const Hash& leaf, std::uint64_t index, std::uint64_t of,
                               const std::vector<Hash>& proof, const Hash& claimed) {
        REQUIRE_FALSE(verify_inclusion(leaf, index, of, proof, claimed));
      };
      refused(other, i, size, good, root);
      refused(tree.leaves[i], i, size, good, other);
      refused(tree.leaves[i], i + 1, size, good, root);
      refused(tree.leaves[i], size, size, good, root);
      refused(tree.leaves[i], ~std::uint64_t{0}, size, good, root);
      refused(tree.leaves[i], i, 0, good, root);
      auto longer = good;
      longer.push_back(other);
      refused(tree.leaves[i], i, size, longer, root);
      for (std::size_t j = 0; j < good.size(); ++j) {
        auto bad = good;
        bad[j][random() % 32] ^= 1;
        refused(tree.leaves[i], i, size, bad, root);
        bad = good;
        bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(j));
        refused(tree.leaves[i], i, size, bad, root);
      }
    }
  }
}

TEST_CASE("a consistency proof with anything wrong in it shows nothing") {
  std::mt19937 random(7);
  const auto entries = entries_of(33, random);
  const Tree tree(entries);
  const auto other = leaf_hash("other");
  for (std::size_t size = 1; size <= entries.size(); ++size) {
    for (std::size_t old = 1; old <= size; ++old) {
      const auto good = consistency_proof(old, size, tree.at());
      const auto& root = tree.roots[size];
      const auto& old_root = tree.roots[old];
      REQUIRE_FALSE(verify_consistency(old, other, size, root, good));
      REQUIRE_FALSE(verify_consistency(old, old_root, size, other, good));
      REQUIRE_FALSE(verify_consistency(old - 1, old_root, size, root, good));
      REQUIRE_FALSE(verify_consistency(size + 1, old_root, size, root, good));
      auto longer = good;
      longer.push_back(other);
      REQUIRE_FALSE(verify_consistency(old, old_root, size, root, longer));
      for (std::size_t j = 0; j < good.size(); ++j) {
        auto bad = good;
        bad[j][random() % 32] ^= 1;
        REQUIRE_FALSE(verify_consistency(old, old_root, size, root, bad));
        bad = good;
        bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(j));
        REQUIRE_FALSE(verify_consistency(old, old_root, size, root, bad));
      }
    }
  }
  CHECK(verify_consistency(0, sha256({}), 5, tree.roots[5], {}));
  CHECK_FALSE(verify_consistency(0, other, 5, tree.roots[5], {}));
}

TEST_CASE("a node cannot be shown as a leaf, nor a leaf as a node") {
  const Tree tree(reference);
  const std::string children = naive::text(tree.leaves[0]) + naive::text(tree.leaves[1]);
  CHECK(leaf_hash(children) != tree.nodes.at({1, 0}));
  CHECK(node_hash(tree.leaves[0], tree.leaves[1]) == tree.nodes.at({1, 0}));
}

TEST_CASE(
    "the root is there at any moment of a tree of a hundred thousand leaves, in little memory") {
  CHECK(sizeof(CompactRange) <= 64 * 32 + 8);
  CompactRange range;
  std::uint64_t nodes = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    range.append(sha256(std::to_string(i)), [&](unsigned, std::uint64_t, const Hash&) { ++nodes; });
  CHECK(range.size() == 100'000);
  CHECK(nodes == 2 * 100'000 - static_cast<std::uint64_t>(std::popcount(100'000U)));
}
