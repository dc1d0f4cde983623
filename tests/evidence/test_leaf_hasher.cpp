#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy/evidence/leaf_hasher.hpp"

namespace {

using namespace proxy;

std::string line_of(std::size_t size, std::size_t number) {
  std::string line(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    line[i] = static_cast<char>(31 * number + 7 * i + i / 251);
    if (line[i] == '\n') line[i] = '\0';  // a line may have any other byte
  }
  return line;
}

// As many lines as `sizes`, joined, with their ends; what `leaf_hash` says of each.
struct Lines {
  std::string text;
  std::vector<Hash> leaves;

  explicit Lines(const std::vector<std::size_t>& sizes) {
    for (const auto size : sizes) {
      const auto line = line_of(size, leaves.size());
      text += line + '\n';
      leaves.push_back(leaf_hash(line));
    }
  }
};

std::vector<std::size_t> every_size_up_to(std::size_t most) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= most; ++size) sizes.push_back(size);
  return sizes;
}

}  // namespace

TEST_CASE("lines hashed side by side have the leaf hash that each has alone") {
  struct Case {
    const char* name;
    std::vector<std::size_t> sizes;
  };
  const Case cases[]{
      {"no line", {}},
      {"one that is empty", {0}},
      {"one of one byte", {1}},
      {"where a block, the padding and the byte in front end: every size of 0 to 260",
       every_size_up_to(260)},
      {"more than the library takes at once, of every size", every_size_up_to(3000)},
      {"many of one size", std::vector<std::size_t>(1000, 1700)},
      {"short ones beside long ones", {5, 100'000, 0, 60'000, 7, 65'535, 65'536, 65'537, 3, 64}},
      {"one beyond what a count of blocks in 16 bits reaches", {1, 5'000'000, 2}},
  };
  LeafHasher hasher;  // one for all: nothing of a batch stays for the next
  for (const auto& [name, sizes] : cases) {
    CAPTURE(name);
    const Lines lines(sizes);
    CHECK(hasher.hash(lines.text) == lines.leaves);
  }
}

TEST_CASE("the last line's end may be missing, and the hash is the same") {
  LeafHasher hasher;
  Lines lines({30, 0, 77});
  lines.text.pop_back();
  CHECK(hasher.hash(lines.text) == lines.leaves);
}
