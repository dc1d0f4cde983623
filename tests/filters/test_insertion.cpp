#include "filters/insertion.hpp"

#include <doctest/doctest.h>

#include <string>

#include "filters/arena.hpp"

using namespace filters;

namespace {

// The object with a string and a map of two behind its members.
std::string widened(std::string_view source) {
  Arena arena;
  Document document(arena);
  const bool blank = bool(index_json(source, arena, document));
  Insertion insertion(document, blank, arena);
  insertion.add_string("s", "a\"b");
  const auto map = insertion.begin_object("map");
  insertion.add_boolean("t", true);
  const auto last = insertion.add_string("u", "");
  insertion.end_object();
  const auto inserted = insertion.finish();

  CHECK((std::string(source).insert(inserted.begin, inserted.of(document.source)) ==
         document.source));
  CHECK(document.members[map].next == document.members.size());
  CHECK(document.members[last].parent == map);
  // The document is the one that its source would be read as.
  Document again(arena);
  REQUIRE_FALSE(index_json(document.source, arena, again));
  CHECK(again.repeated.empty());
  REQUIRE(again.members.size() == document.members.size());
  for (std::size_t i = 0; i < again.members.size(); ++i) {
    const auto& a = again.members[i];
    const auto& b = document.members[i];
    CHECK((a.name == b.name && a.text == b.text && a.type == b.type));
    CHECK((a.parent == b.parent && a.next == b.next && a.object == b.object));
    CHECK((a.span.begin == b.span.begin && a.span.end == b.span.end));
    CHECK((a.name_span.begin == b.name_span.begin && a.name_span.end == b.name_span.end));
    CHECK((a.value_span.begin == b.value_span.begin && a.value_span.end == b.value_span.end));
  }
  return std::string(document.source);
}

}  // namespace

TEST_CASE("members are put behind the last one, laid out as it is") {
  const struct {
    std::string_view source, widened;
  } cases[] = {
      {"", R"({"s":"a\"b","map":{"t":true,"u":""}})"},
      {" \r\n", "{\"s\":\"a\\\"b\",\"map\":{\"t\":true,\"u\":\"\"}} \r\n"},
      {"{}", R"({"s":"a\"b","map":{"t":true,"u":""}})"},
      {" { } ", R"( {"s":"a\"b","map":{"t":true,"u":""} } )"},
      {R"({"a":1})", R"({"a":1,"s":"a\"b","map":{"t":true,"u":""}})"},
      {R"({"a": 1, "b": 2})", R"({"a": 1, "b": 2, "s": "a\"b", "map": {"t": true, "u": ""}})"},
      {R"({ "a" : 1 })", R"({ "a" : 1, "s": "a\"b", "map": {"t": true, "u": ""} })"},
      {"{\n  \"a\": 1\n}\n",
       "{\n  \"a\": 1,\n  \"s\": \"a\\\"b\",\n  \"map\": {\n    \"t\": true,\n    \"u\": \"\"\n  "
       "}\n}\n"},
      {"{\r\n\t\"a\":1,\r\n\t\"b\":{\"x\":[{\"y\":1}]}\r\n}",
       "{\r\n\t\"a\":1,\r\n\t\"b\":{\"x\":[{\"y\":1}]},\r\n\t\"s\":\"a\\\"b\",\r\n\t\"map\":{"
       "\r\n\t\t\"t\":true,"
       "\r\n\t\t\"u\":\"\"\r\n\t}\r\n}"},
      {"{\n\"a\":1\n}", "{\n\"a\":1,\n\"s\":\"a\\\"b\",\n\"map\":{\n\"t\":true,\n\"u\":\"\"\n}\n}"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.source);
    CHECK(widened(c.source) == c.widened);
  }
}
