// Arrays and objects.
#include "tests/support/json_suite.hpp"

namespace tests {

using enum Fate;

const std::vector<JsonRow>& json_arrays() {
  static const std::vector<JsonRow> rows{
      {"an empty array", "[]", accept, "section 5"},
      {"a space in it", "[ \t\r\n]", accept, "section 2"},
      {"one element", "[1]", accept, "section 5"},
      {"one of each", R"(["a",1,null,true,{},[]])", accept, "section 5"},
      {"spaces everywhere", "[ 1 ,\t2\r\n,\n3 ]", accept, "section 2"},
      {"arrays in arrays", "[[],[[]],[[[]]]]", accept, "section 5"},
      {"the same name in two objects", R"([{"a":1},{"a":1}])", accept, "section 4: in one object"},
      {"a thousand elements", "[" + repeated("0,", 999) + "0]", accept,
       "section 9: only the body has a limit"},

      {"an open bracket", "[", reject, "section 5"},
      {"a closing bracket", "]", reject, "section 5"},
      {"no closing bracket", "[1", reject, "section 5"},
      {"no closing bracket after a comma", "[1,", reject, "section 5"},
      {"one bracket too many", "[1]]", reject, "section 5"},
      {"one bracket too few", "[[1]", reject, "section 5"},
      {"a comma at the end", "[1,]", reject, "section 5: a value must follow"},
      {"two commas at the end", "[1,,]", reject, "section 5"},
      {"a comma in front", "[,1]", reject, "section 5"},
      {"a comma alone", "[,]", reject, "section 5"},
      {"two commas", "[1,,2]", reject, "section 5"},
      {"no comma", "[1 2]", reject, "section 5"},
      {"no comma between arrays", "[[] []]", reject, "section 5"},
      {"a semicolon", "[1;2]", reject, "section 5"},
      {"a colon", "[1:2]", reject, "section 5"},
      {"a colon after a string", R"(["a":1])", reject, "section 5"},
      {"closed by a brace", "[1}", reject, "section 5"},
      {"opened by a brace", "{1]", reject, "section 4"},
      {"parentheses", "(1,2)", reject, "section 5"},
      {"an ellipsis", "[1,...]", reject, "section 5"},
      {"a bare word", "[a]", reject, "section 3"},
      {"an escaped comma", R"([1\u002c2])", reject, "section 2"},
      {"a full-width comma", "[1\xEF\xBC\2142]", reject, "section 2"},
      {"a NUL in it", {"[\0]", 3}, reject, "section 2"},
      {"a form feed in it", "[\f]", reject, "section 2"},
      {"a comment in it", "[1/*,2*/]", reject, "JSON5, not JSON"},
      {"a byte that is no UTF-8", "[\xFF]", reject, "section 8.1"},
      {"a thousand open brackets", std::string(1000, '['), reject, "depth 16"},
      {"a thousand brackets", std::string(1000, '[') + std::string(1000, ']'), reject, "depth 16"},
  };
  return rows;
}

const std::vector<JsonRow>& json_objects() {
  static const std::vector<JsonRow> rows{
      {"an empty object", "{}", accept, "section 4"},
      {"a space in it", "{ \t\r\n}", accept, "section 2"},
      {"one member", R"({"a":1})", accept, "section 4"},
      {"spaces everywhere", "{ \"a\"\t:\r\n1 ,\n\"b\" : 2 }", accept, "section 2"},
      {"a name with a space", R"({"a b":0})", accept, "section 4"},
      {"a name with an escape", R"({"\n\u0000":0})", accept, "section 7"},
      {"the same name one level down", R"({"a":{"a":{}}})", accept, "section 4: in one object"},
      {"names that differ in case", R"({"a":1,"A":2})", accept, "section 8.3: by code point"},
      {"names that look the same", "{\"\xC3\xA9\":1,\"e\xCC\x81\":2}", accept, "section 8.3"},
      {"names that differ behind a NUL", R"({"a\u0000b":1,"a\u0000c":2})", accept, "section 8.3"},
      {"a name that JavaScript knows", R"({"__proto__":{"a":1}})", accept, "section 4"},
      {"the names of fields, elsewhere", R"({"platform":1,"locale":null})", accept,
       "the contract has them at the top"},

      {"an open brace", "{", reject, "section 4"},
      {"a closing brace", "}", reject, "section 4"},
      {"no closing brace", R"({"a":1)", reject, "section 4"},
      {"one brace too many", R"({"a":1}})", reject, "section 4"},
      {"a name alone", R"({"a"})", reject, "section 4"},
      {"no value", R"({"a":})", reject, "section 4"},
      {"no name", "{:1}", reject, "section 4"},
      {"no colon", R"({"a" 1})", reject, "section 4"},
      {"two colons", R"({"a"::1})", reject, "section 4"},
      {"two values", R"({"a":1:2})", reject, "section 4"},
      {"two names", R"({"a" "b":1})", reject, "section 4"},
      {"a comma for the colon", R"({"a",1})", reject, "section 4"},
      {"an equals sign", R"({"a"=1})", reject, "section 4"},
      {"an arrow", R"({"a"=>1})", reject, "Ruby, not JSON"},
      {"a comma at the end", R"({"a":1,})", reject, "section 4: a member must follow"},
      {"a comma in front", R"({,"a":1})", reject, "section 4"},
      {"a comma alone", "{,}", reject, "section 4"},
      {"two commas", R"({"a":1,,"b":2})", reject, "section 4"},
      {"no comma", R"({"a":1 "b":2})", reject, "section 4"},
      {"a semicolon", R"({"a":1;"b":2})", reject, "section 4"},
      {"a name without quotes", "{a:1}", reject, "JSON5, not JSON"},
      {"a name in apostrophes", "{'a':1}", reject, "JSON5, not JSON"},
      {"a number for a name", "{1:1}", reject, "section 4: a string"},
      {"null for a name", "{null:1}", reject, "section 4"},
      {"an array for a name", "{[]:1}", reject, "section 4"},
      {"an object for a name", "{{}:1}", reject, "section 4"},
      {"closed by a bracket", R"({"a":1])", reject, "section 4"},
      {"values alone", "{1,2}", reject, "section 4"},
      {"an ellipsis", "{...}", reject, "JavaScript, not JSON"},
      {"a comment in it", R"({"a":/*b*/1})", reject, "JSON5, not JSON"},
      {"a comment at its end", "{\"a\":1//\n}", reject, "JSON5, not JSON"},
      {"a NUL in it", {"{\0}", 3}, reject, "section 2"},
      {"a name that is no UTF-8", "{\"\xFF\":1}", reject, "section 8.1"},
      {"a thousand deep", repeated("{\"a\":", 1000) + "1" + repeated("}", 1000), reject,
       "depth 16"},

      {"a name twice, the same value", R"({"a":1,"a":1})", forbid, "section 4: parsers differ"},
      {"a name twice, another value", R"({"a":1,"a":2})", forbid, "section 4"},
      {"a name twice, another between", R"({"a":{},"b":1,"a":[]})", forbid, "section 4"},
      {"a name twice, once escaped", R"({"a":1,"\u0061":2})", forbid, "section 8.3: decoded first"},
      {"an emoji twice, once escaped", "{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}", forbid,
       "section 8.3"},
      {"an empty name twice", R"({"":1,"":2})", forbid, "section 4"},
      {"a name three times", R"({"a":1,"a":2,"a":3})", forbid, "section 4"},
      {"a name twice, deep inside", R"({"b":[[{"a":1,"a":2}]]})", forbid, "section 4"},
  };
  return rows;
}

}  // namespace tests
