#include "filters/contract/nearness.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace filters;

TEST_CASE("distances count inserts, deletes, replacements and swaps of neighbours, not case") {
  const struct {
    std::string_view a, b;
    unsigned edits;
  } cases[] = {
      {"", "", 0},
      {"", "a", 1},
      {"abc", "abc", 0},
      {"abc", "ABC", 0},
      {"abc", "ab", 1},
      {"abc", "abcd", 1},
      {"abc", "xabc", 1},
      {"abc", "axc", 1},
      {"abc", "acb", 1},
      {"abc", "bac", 1},
      {"abc", "cab", 2},
      {"abc", "cba", 2},
      {"abc", "a", 2},
      {"abc", "abcde", 2},
      {"abc", "xyz", 3},
      {"abcd", "badc", 2},
      {"platfrom", "platform", 1},
      {"complete", "incomplete", 2},
      {"ab", "", 2},
  };
  for (const auto& c : cases) {
    CAPTURE(c.a);
    CAPTURE(c.b);
    CHECK(edits_between(c.a, c.b, 2) == c.edits);
    CHECK(edits_between(c.b, c.a, 2) == c.edits);
    CHECK(at_most_one_edit(c.a, c.b) == (c.edits <= 1));
    CHECK(at_most_one_edit(c.b, c.a) == (c.edits <= 1));
  }
}

TEST_CASE("both measures agree on all short words of three letters") {
  std::vector<std::string> words{""};
  for (std::size_t i = 0; i < words.size() && words[i].size() < 4; ++i)
    for (const char c : {'a', 'b', 'c'}) words.push_back(words[i] + c);
  for (const auto& a : words)
    for (const auto& b : words)
      if (at_most_one_edit(a, b) != (edits_between(a, b, 2) <= 1)) FAIL_CHECK(a << " " << b);
}

TEST_CASE("names too long to compare are far apart") {
  CHECK(edits_between(std::string(300, 'a'), std::string(300, 'a'), 2) == 3);
}
