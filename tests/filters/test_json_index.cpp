#include <doctest/doctest.h>

#include <string>

#include "filters/arena.hpp"
#include "filters/document.hpp"

using namespace filters;
using namespace std::string_literals;

namespace {

Fault fault_of(std::string_view source) {
  Arena arena;
  Document document(arena);
  return index_json(source, arena, document);
}

std::string nested(std::string_view open, std::string_view close, int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += "1";
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("members are found where they stand, with their types and texts") {
  Arena arena;
  Document document(arena);
  const std::string source =
      "{ \"a\" : \"x\\u0041\\n\" ,\n\"b\":-1.50e+3,\"c\":{\"d\":true,\"e\":{}},"
      "\"f\" :[ {\"g\":null},[2,{\"g\":false}] , \"s\"],\"\":0}";
  REQUIRE_FALSE(index_json(source, arena, document));
  const struct {
    std::string_view name, text, value;
    Type type;
    std::uint32_t parent, next;
  } expected[] = {
      {"a", "xA\n", "\"x\\u0041\\n\"", Type::string, Document::root, 1},
      {"b", "-1.50e+3", "-1.50e+3", Type::number, Document::root, 2},
      {"c", "", "{\"d\":true,\"e\":{}}", Type::object, Document::root, 5},
      {"d", "true", "true", Type::boolean, 2, 4},
      {"e", "", "{}", Type::object, 2, 5},
      {"f", "", "[ {\"g\":null},[2,{\"g\":false}] , \"s\"]", Type::array, Document::root, 8},
      {"g", "null", "null", Type::null, 5, 7},
      {"g", "false", "false", Type::boolean, 5, 8},
      {"", "0", "0", Type::number, Document::root, 9},
  };
  REQUIRE(document.members.size() == std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    CAPTURE(i);
    const auto& member = document.members[i];
    CHECK(member.name == expected[i].name);
    CHECK(member.text == expected[i].text);
    CHECK(member.value_span.of(source) == expected[i].value);
    CHECK(member.type == expected[i].type);
    CHECK(member.parent == expected[i].parent);
    CHECK(member.next == expected[i].next);
    const auto name = member.name_span.of(source);
    CHECK(name == "\"" + std::string(expected[i].name) + "\"");
    CHECK(member.span.begin == member.name_span.begin);
    CHECK(member.span.end == member.value_span.end);
  }
  CHECK(document.repeated.empty());  // the two "g" are in objects of their own
  CHECK(document.source == source);
}

TEST_CASE("names repeated at any depth are found, however they are written") {
  Arena arena;
  Document document(arena);
  const std::string source =
      R"({"a":1,"b":{"x":1,"y":2,"\u0078":3},"c":[{"z":1,"z":1}],"\u0061":2})";
  REQUIRE_FALSE(index_json(source, arena, document));
  std::string repeated;
  for (const auto i : document.repeated) repeated += document.members[i].name;
  CHECK(repeated == "xza");
}

TEST_CASE("long strings come out whole, whatever is in them and wherever words end") {
  for (std::size_t size = 0; size < 40; ++size) {
    for (const std::string_view piece :
         {"", "\\n", "\xC3\xA4", "\\u00e4", "\x7F", "\\ud83d\\ude00"}) {
      const auto plain = std::string(size, 'p');
      const auto source = "{\"n\":\"" + plain + std::string(piece) + plain + "\"}";
      Arena arena;
      Document document(arena);
      REQUIRE_FALSE(index_json(source, arena, document));
      const std::string_view decoded = piece == "\\n"       ? "\n"
                                       : piece == "\\u00e4" ? "\xC3\xA4"
                                       : piece.size() > 6   ? "\xF0\x9F\x98\x80"
                                                            : piece;
      CHECK(document.members[0].text == plain + std::string(decoded) + plain);
    }
  }
}

TEST_CASE("what is not strictly JSON with an object at its root is a fault") {
  const std::string cases[] = {
      "",
      " ",
      "[]",
      "1",
      "\"a\"",
      "null",
      "true",
      "nul",
      "{",
      "}",
      "{}}",
      "{} {}",
      "{},",
      "{}x",
      "{a:1}",
      "{'a':1}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{,}",
      "{\"a\":1 \"b\":2}",
      "{\"a\":1,,\"b\":2}",
      "{\"a\":[1,]}",
      "{\"a\":[1}",
      "{\"a\":01}",
      "{\"a\":+1}",
      "{\"a\":.5}",
      "{\"a\":1.}",
      "{\"a\":1e}",
      "{\"a\":-}",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":-Infinity}",
      "{\"a\":0x1}",
      "{\"a\":True}",
      "{\"a\":\"\n\"}",
      "{\"a\":\"\t\"}",
      "{\"a\":\"\x1F\"}",
      "{\"a\":\"\\x\"}",
      "{\"a\":\"\\u12\"}",
      "{\"a\":\"\\u12g4\"}",
      "{\"a\":\"\\'\"}",
      "{\"a\":\"b}",
      "{\"a\":\"b\\\"}",
      "{\"a\":1}//",
      "{\"a\":/**/1}",
      "\xEF\xBB\xBF{}",
      "{}\xEF\xBB\xBF",
      "{\"a\":true\xE2\x80\x8B}",
      "{\"a\":1}\xC2\xA0",
      // NUL bytes
      "{}\0"s,
      "{}\0{\"a\":1}"s,
      "\0{}"s,
      "{\"a\":1\0}"s,
      "{\"a\":\"\0\"}"s,
      "{\"a\0\":1}"s,
      // surrogates and bad UTF-8
      R"({"a":"\ud800"})",
      R"({"a":"\udc00"})",
      R"({"a":"\ud800x"})",
      R"({"a":"\ud800\u0041"})",
      R"({"a":"\udc00\ud800"})",
      R"({"\udfff":1})",
      R"({"\ud800":1})",
      R"({"x":[{"\udead":1}]})",
      "{\"a\":\"\xED\xA0\x80\"}",
      "{\"a\":\"\xED\xBF\xBF\"}",
      "{\"a\":\"\xC0\x80\"}",
      "{\"a\":\"\xF4\x90\x80\x80\"}",
      "{\"a\":\"\xFF\"}",
      "{\"a\":\"\xC3\"}",
      "{\"\xC3\":1}",
      "{\"a\":\"\xF0\x9F\x98",
      "{\"a\":\"\xE0\x80\xAF\"}",
      "{\"a\":\"\x80\"}",
      nested("{\"a\":", "}", 17),
      "{\"a\":" + nested("[", "]", 16) + "}",
      nested("[", "]", 100'000),
      nested("{\"a\":", "}", 10'000),
  };
  for (const auto& source : cases) {
    CAPTURE(source.substr(0, 60));
    CHECK(fault_of(source));
  }
}

TEST_CASE("what is strictly JSON is none") {
  const std::string cases[] = {
      "{}",
      " \t\r\n{ } \n",
      "{\"a\":0}",
      "{\"a\":-0}",
      "{\"a\":1e10}",
      "{\"a\":1E-2}",
      "{\"a\":123456789012345678901234567890}",
      "{\"a\":[]}",
      "{\"a\":[1,[2],{}]}",
      "{\"a\":\"\x7F\"}",
      R"({"a":"\"\\\/\b\f\n\r\t"})",
      R"({"a":"\u0000"})",
      R"({"a":"\ud83d\ude00"})",
      "{\"\":\"\"}",
      "{\"a\":\"\xE2\x80\x8B\"}",
      "{\"a\":\"\xF4\x8F\xBF\xBF\"}",
      nested("{\"a\":", "}", 16),
      "{\"a\":" + nested("[", "]", 15) + "}",
  };
  for (const auto& source : cases) {
    CAPTURE(source);
    CHECK(fault_of(source).what == "");
  }
}

TEST_CASE("a fault tells its place") {
  CHECK(fault_of("{\"a\":1,}").offset == 7);
  CHECK(fault_of("{\"a\":\"\\udc00\"}").offset == 6);
  CHECK(fault_of("{}\0"s).offset == 2);
  CHECK(fault_of("  []").what == "the root must be an object");
  CHECK(fault_of("  []").offset == 2);
  CHECK(fault_of(nested("{\"a\":", "}", 17)).what == "nested too deeply");
}

TEST_CASE("every beginning of a document is a fault, and reads nothing beyond its end") {
  const std::string whole = R"({"a":"x\u00e4\n","b":[1.5e3,{"c":null}],"d":{"e":false}})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string part = whole.substr(0, size);  // of its own, for the address sanitizer
    CAPTURE(part);
    CHECK(fault_of(part));
  }
  CHECK_FALSE(fault_of(whole));
}

TEST_CASE("the source stays as it came") {
  const std::string source = R"({"\u0061":"\u0062\n"})";
  const std::string before = source;
  Arena arena;
  Document document(arena);
  REQUIRE_FALSE(index_json(source, arena, document));
  CHECK(source == before);
}

TEST_CASE("former bugs") {
  // A number where the object belongs was a fault at byte 4294967295; later, at its end.
  const std::pair<std::string, std::uint32_t> refused[] = {
      {"1", 0}, {" 17 ", 1}, {"-0.5e1", 0}, {"null", 0}, {"\n\"x\"", 1}, {" true", 1}};
  for (const auto& [source, offset] : refused) {
    CAPTURE(source);
    CHECK(fault_of(source).what == "the root must be an object");
    CHECK(fault_of(source).offset == offset);
  }
}
