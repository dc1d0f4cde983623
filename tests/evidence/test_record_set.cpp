// RecordSet against one bit for each record.
#include "proxy/evidence/record_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace proxy;

namespace {

std::vector<RecordRange> ranges_of(const std::vector<bool>& bits, RecordRange of, bool which) {
  std::vector<RecordRange> ranges;
  for (auto i = of.begin; i < of.end; ++i) {
    if (bits[i] != which) continue;
    if (!ranges.empty() && ranges.back().end == i)
      ++ranges.back().end;
    else
      ranges.push_back({i, i + 1});
  }
  return ranges;
}

}  // namespace

TEST_CASE("a set of records holds what was added to it, and misses the rest") {
  std::mt19937 random(7);
  for (int run = 0; run < 200; ++run) {
    RecordSet set;
    std::vector<bool> bits(64, false);
    const auto draw = [&] {
      const std::uint64_t begin = random() % 60;
      return RecordRange{begin, begin + random() % 5};
    };
    for (int i = 0; i < 12; ++i) {
      const auto range = draw();
      set.add(range);
      for (auto at = range.begin; at < range.end; ++at) bits[at] = true;
      const auto asked = RecordRange{random() % 20, 20 + random() % 44};
      CHECK(set.held_of(asked) == ranges_of(bits, asked, true));
      CHECK(set.missing_of(asked) == ranges_of(bits, asked, false));
    }
  }
}
