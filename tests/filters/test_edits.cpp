#include "filters/edits.hpp"

#include <doctest/doctest.h>

#include "filters/arena.hpp"

using namespace filters;

TEST_CASE("without edits the source itself goes out") {
  Arena arena;
  Edits edits(arena);
  const std::string_view source = "unchanged";
  CHECK(edits.apply(source, arena).data() == source.data());
}

TEST_CASE("edits apply in the order of their places, whatever the order they came in") {
  Arena arena;
  Edits edits(arena);
  edits.add({6, 11}, "there");
  edits.add({0, 1}, "J");
  edits.add({11, 11}, "!");
  edits.add({5, 6}, "");
  edits.add({11, 11}, "?");
  CHECK(edits.apply("hello world", arena) == "Jellothere!?");
  CHECK(edits.apply("hello world", arena) == "Jellothere!?");  // and once more
}

TEST_CASE("an insertion before a replaced span comes before it") {
  Arena arena;
  Edits edits(arena);
  edits.add({1, 2}, "X");
  edits.add({1, 1}, "+");
  CHECK(edits.apply("abc", arena) == "a+Xc");
}

TEST_CASE("set replaces an edit of the same span, and removes it where nothing would change") {
  Arena arena;
  Edits edits(arena);
  edits.add({0, 3}, "xyz");
  edits.set({0, 3}, "pqr", "abc");
  CHECK(edits.apply("abc", arena) == "pqr");
  edits.set({0, 3}, "abc", "abc");
  CHECK(edits.empty());
  edits.set({1, 2}, "!", "abc");
  CHECK(edits.apply("abc", arena) == "a!c");
}

TEST_CASE("set takes the place of every edit within its span, and of none beside it") {
  Arena arena;
  Edits edits(arena);
  const std::string_view source = "abcdefgh";
  edits.add({0, 1}, "A");
  edits.add({2, 3}, "C");
  edits.add({4, 4}, "+");
  edits.add({6, 7}, "G");
  edits.set({2, 5}, "x", source);
  CHECK(edits.apply(source, arena) == "AbxfGh");
  edits.set({2, 5}, "cde", source);
  CHECK(edits.apply(source, arena) == "AbcdefGh");
}
