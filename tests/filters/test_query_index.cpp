#include <doctest/doctest.h>

#include <string>

#include "filters/arena.hpp"
#include "filters/document.hpp"

using namespace filters;

TEST_CASE("pairs are split, decoded and found where they stand") {
  Arena arena;
  Document document(arena);
  const std::string_view source = "a=1&b%5B%5D=x%3Ay+z&&c&d==&=e&f=%C3%A4";
  REQUIRE_FALSE(index_query(source, arena, document));
  const struct {
    std::string_view name, text, span;
  } expected[] = {{"a", "1", "a=1"}, {"b[]", "x:y z", "b%5B%5D=x%3Ay+z"},
                  {"c", "", "c"},    {"d", "=", "d=="},
                  {"", "e", "=e"},   {"f", "\xC3\xA4", "f=%C3%A4"}};
  REQUIRE(document.members.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& member = document.members[i];
    CHECK(member.name == expected[i].name);
    CHECK(member.text == expected[i].text);
    CHECK(member.span.of(source) == expected[i].span);
    CHECK(member.next == i + 1);
  }
  CHECK(document.members[0].name.data() == source.data());  // nothing copied without need
}

TEST_CASE("a query that servers read differently is no query") {
  const struct {
    std::string_view source;
    std::uint32_t offset;
  } cases[] = {
      {"a=1;b=2", 3},     {"a=%", 2},    {"a=%4", 2},   {"a=%4g", 2},     {"a=b c", 3},
      {"a=\x01", 2},      {"a=\x7F", 2}, {"a=1#b", 3},  {"x=1&a=%FF", 4}, {"%C0%AF=1", 0},
      {"a=%ED%A0%80", 0}, {"a=\xFF", 0}, {"a=%%34", 2},
  };
  for (const auto& c : cases) {
    CAPTURE(c.source);
    Arena arena;
    Document document(arena);
    const Fault fault = index_query(c.source, arena, document);
    CHECK(fault);
    CHECK(fault.offset == c.offset);
    CHECK(document.members.empty());
  }
}

TEST_CASE("repeated names are found as they decode") {
  Arena arena;
  Document document(arena);
  REQUIRE_FALSE(index_query("platform=ios&x=1&pl%61tform=ios&x", arena, document));
  REQUIRE(document.repeated.size() == 2);
  CHECK(document.repeated[0] == 2);
  CHECK(document.repeated[1] == 3);
}

TEST_CASE("an empty query has no members, and a document can be read into again") {
  Arena arena;
  Document document(arena);
  REQUIRE_FALSE(index_query("a&a", arena, document));
  for (const std::string_view empty : {"", "&", "&&&"}) {
    REQUIRE_FALSE(index_query(empty, arena, document));
    CHECK(document.members.empty());
    CHECK(document.repeated.empty());
  }
}
