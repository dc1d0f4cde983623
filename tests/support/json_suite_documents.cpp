// Whole documents: what stands around the object, how deep it goes, how it is encoded, and the
// members that the contract knows.
#include "tests/support/exchange.hpp"
#include "tests/support/json_suite.hpp"

namespace tests {

using enum Fate;

namespace {

// `@` in objects, or arrays, inside each other: `depth` levels with the root.
std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  const auto inner = depth - 1;
  const std::string_view core = open.ends_with(':') ? "0" : "";
  return "{@,\"x\":" + repeated(open, inner).append(core) + repeated(close, inner) + "}";
}

// ASCII and Latin-1 text in code units of `width` bytes.
std::string widened(std::string_view text, std::size_t width, bool big_endian) {
  std::string wide;
  for (const char c : text) {
    std::string unit(width, '\0');
    unit[big_endian ? width - 1 : 0] = c;
    wide += unit;
  }
  return wide;
}

// The good body with one piece of it replaced.
std::string with(std::string_view from, std::string_view to) {
  std::string body(good_body);
  return body.replace(body.find(from), from.size(), to);
}

}  // namespace

const std::vector<JsonRow>& json_documents() {
  static const std::vector<JsonRow> rows{
      {"nothing more", "{@}", accept, "section 4"},
      {"spaces around", " \t\r\n{@}\n\r\t ", accept, "section 2"},
      {"spaces inside", "{ \n@\r\n}", accept, "section 2"},
      {"ten thousand spaces", std::string(10'000, ' ') + "{@}", accept, "section 2"},
      {"16 objects deep", nested(16, "{\"a\":", "}"), accept, "depth 16"},
      {"16 arrays deep", nested(16, "[", "]"), accept, "depth 16"},
      {"17 objects deep", nested(17, "{\"a\":", "}"), reject, "depth 16"},
      {"17 arrays deep", nested(17, "[", "]"), reject, "depth 16"},
      {"thousands of objects deep", nested(5000, "{\"a\":", "}"), reject, "depth 16"},
      {"thousands of arrays deep", nested(25'000, "[", "]"), reject, "depth 16"},
      {"60 000 open brackets", std::string(60'000, '['), reject, "section 5, depth 16"},
      {"60 000 closing brackets", std::string(60'000, ']'), reject, "section 5"},
      {"objects without end", repeated("{\"\":", 12'000), reject, "section 4, depth 16"},

      {"nothing", "", reject, "section 2: a value must be there"},
      {"a space", " ", reject, "section 2"},
      {"a NUL", {"\0", 1}, reject, "section 2"},
      {"null", "null", reject, "the contract asks for an object"},
      {"true", "true", reject, "the contract asks for an object"},
      {"a number", "1", reject, "the contract asks for an object"},
      {"a string", "\"a\"", reject, "the contract asks for an object"},
      {"an array", "[]", reject, "the contract asks for an object"},
      {"the object in an array", "[{@}]", reject, "the contract asks for an object"},
      {"the object in a string", R"("{\"locale\":\"en\"}")", reject, "the contract asks for one"},
      {"no closing brace", "{@", reject, "section 4"},
      {"no opening brace", "@}", reject, "section 4"},
      {"no braces", "@", reject, "section 4"},
      {"two closing braces", "{@}}", reject, "section 2: nothing may follow"},
      {"two opening braces", "{{@}", reject, "section 4"},
      {"braces within braces", "{{@}}", reject, "section 4"},
      {"a comma at the end", "{@,}", reject, "section 4"},
      {"a comma in front", "{,@}", reject, "section 4"},
      {"a comma after it", "{@},", reject, "section 2"},
      {"a semicolon after it", "{@};", reject, "section 2"},
      {"a letter after it", "{@}x", reject, "section 2"},
      {"a letter before it", "x{@}", reject, "section 2"},
      {"a second one", "{@}{@}", reject, "section 2: one value"},
      {"a second one, on its line", "{@}\n{@}", reject, "JSON lines, not JSON"},
      {"a second one behind a comma", "{@},{@}", reject, "section 2"},
      {"an array after it", "{@}[]", reject, "section 2"},
      {"null after it", "{@}null", reject, "section 2"},
      {"a record separator before it", "\x1E{@}\n", reject, "RFC 7464, not JSON"},
      {"a NUL after it", {"{@}\0", 4}, reject, "section 2"},
      {"a NUL before it", {"\0{@}", 4}, reject, "section 2"},
      {"a NUL and a second one after it", {"{@}\0{@}", 7}, reject, "section 2"},
      {"a control-Z after it", "{@}\x1A", reject, "section 2"},
      {"a form feed before it", "\f{@}", reject, "section 2"},
      {"a comment before it", "/**/{@}", reject, "JSON5, not JSON"},
      {"a comment after it", "{@}//", reject, "JSON5, not JSON"},
      {"a hash comment before it", "#\n{@}", reject, "section 2"},
      {"a name before it", "data: {@}", reject, "an event stream, not JSON"},
      {"a form's name before it", "json={@}", reject, "a form, not JSON"},
      {"a form", "locale=en&platform=ios", reject, "a form, not JSON"},
      {"a call around it", "callback({@})", reject, "JavaScript, not JSON"},
      {"parentheses around it", "({@})", reject, "JavaScript, not JSON"},
      {"a guard before it", ")]}',\n{@}", reject, "JavaScript, not JSON"},
      {"a length before it", "2a\r\n{@}\r\n0\r\n\r\n", reject, "chunks, not JSON"},
      {"a multipart around it", "--b\r\n\r\n{@}\r\n--b--", reject, "a form, not JSON"},
      {"YAML", "---\nlocale: en\n", reject, "YAML, not JSON"},
      {"XML", "<?xml version=\"1.0\"?><locale>en</locale>", reject, "XML, not JSON"},
      {"percent-encoded", "%7B%22locale%22%3A%22en%22%7D", reject, "a form, not JSON"},
  };
  return rows;
}

const std::vector<JsonRow>& json_encodings() {
  const std::string body(good_body);
  static const std::vector<JsonRow> rows{
      {"a byte order mark before it", "\xEF\xBB\xBF{@}", mend, "section 8.1: it may be ignored"},
      {"two byte order marks before it", "\xEF\xBB\xBF\xEF\xBB\xBF{@}", mend, "repair.invisible"},
      {"a byte order mark after it", "{@}\xEF\xBB\xBF", mend, "repair.invisible"},
      {"a byte order mark inside the brace", "{\xEF\xBB\xBF@}", mend, "repair.invisible"},
      {"one behind a space", " \xEF\xBB\xBF{@}", mend, "repair.invisible"},
      {"a zero-width joiner between members", "{@\xE2\x80\x8D,\"x\":1}", mend, "repair.invisible"},
      {"a zero-width non-joiner after it", "{@}\xE2\x80\x8C\n", mend, "repair.invisible"},
      {"half a byte order mark", "\xEF\xBB{@}", reject, "RFC 3629"},
      {"an invisible letter that is no mark", "\xE1\xA0\x8E{@}", reject, "U+180E: not mended"},
      {"a byte that is no UTF-8 before it", "\xFF{@}", reject, "section 8.1"},
      {"a byte that is no UTF-8 after it", "{@}\xFF", reject, "section 8.1"},
      {"half a character after it", "{@}\xE2\x80", reject, "section 8.1"},
      {"UTF-16, little end first", widened(body, 2, false), reject, "section 8.1: UTF-8 alone"},
      {"UTF-16, big end first", widened(body, 2, true), reject, "section 8.1"},
      {"UTF-16 with its mark", "\xFF\xFE" + widened(body, 2, false), reject, "section 8.1"},
      {"UTF-16 with its mark, big end first", "\xFE\xFF" + widened(body, 2, true), reject,
       "section 8.1"},
      {"UTF-32", widened(body, 4, false), reject, "section 8.1"},
      {"UTF-32, big end first", widened(body, 4, true), reject, "section 8.1"},
      {"UTF-7", "+AHsAfQ-", reject, "section 8.1"},
      {"EBCDIC", "\xC0\x7F\x93\x7F\x7A\x7F\x85\x95\x7F\xD0", reject, "section 8.1"},
      {"gzip", {"\x1F\x8B\x08\0\0\0\0\0", 8}, reject, "section 8.1"},
      {"Base64", "eyJsb2NhbGUiOiJlbiJ9", reject, "section 3"},
      {"CBOR", "\xA1\x66locale\142en", reject, "section 8.1"},
  };
  return rows;
}

const std::vector<JsonRow>& json_fields() {
  static const std::vector<JsonRow> rows{
      {"a value with an escape", with(R"("en")", R"("\u0065n")"), accept, "section 7"},
      {"a value of escapes", with(R"("platform":"android")", R"("platform":"\u0061\u006edroid")"),
       accept, "section 7"},
      {"a name with an escape", with("\"locale\"", R"("\u006cocale")"), accept, "section 8.3"},
      {"a name of escapes",
       with("\"platform\"", R"("\u0070\u006c\u0061\u0074\u0066\u006f\u0072\u006d")"), accept,
       "section 8.3"},
      {"a token with an escaped slash", with("abc:def", R"(abc\/def)"), accept, "section 7"},
      {"spaces around a colon", with("\"locale\":", "\"locale\" \t\r\n:\n "), accept, "section 2"},
      {"spaces around a comma", with(",\"platform\"", " \n,\t\"platform\""), accept, "section 2"},
      {"an empty map", with(R"({"alarm":true})", "{}"), accept, "section 4"},
      {"a map with a space", with(R"({"alarm":true})", "{ \n}"), accept, "section 4"},
      {"a preference's name with an escape", with("alarm", R"(\u0061larm)"), accept, "section 8.3"},
      {"spaces in the map", with(R"("alarm":true)", " \"alarm\" : true "), accept, "section 2"},
      {"the map first",
       R"({"notification_preferences":{"alarm":false},"app_version":"4","platform":"ios",)"
       R"("device_type":"ios","device_token":"a","locale":"en"})",
       accept, "section 4: in any order"},
      {"the names of the map's members at the top", with("{\"locale\"", "{\"alarm\":1,\"locale\""),
       accept, "unknown there"},

      {"a name twice", with("{\"locale\"", R"({"locale":"en","locale")"), forbid, "section 4"},
      {"a name twice, once escaped", with("{\"locale\"", R"({"\u006cocale":"de","locale")"), forbid,
       "section 8.3"},
      {"a preference twice", with("\"alarm\":true", R"("alarm":true,"alarm":true)"), forbid,
       "section 4"},
      {"a preference twice, once escaped", with("\"alarm\":true", R"("alarm":true,"\u0061larm":0)"),
       forbid, "section 8.3"},
      {"the map twice",
       with(R"(,"notification_preferences")",
            R"(,"notification_preferences":{},"notification_preferences")"),
       forbid, "section 4"},
      {"null for a string", with(R"("en")", "null"), forbid, "the contract's type"},
      {"true for a string", with(R"("en")", "true"), forbid, "the contract's type"},
      {"a number for a string", with(R"("en")", "7"), forbid, "the contract's type"},
      {"a string in an array", with(R"("en")", R"(["en"])"), forbid, "the contract's type"},
      {"a string in an object", with(R"("en")", R"({"en":1})"), forbid, "the contract's type"},
      {"an exponent for a version", with(R"("4.17.0")", "41e-1"), forbid, "the contract's pattern"},
      {"a minus for a version", with(R"("4.17.0")", "-4"), forbid, "the contract's pattern"},
      {"an empty string", with(R"("en")", R"("")"), forbid, "the contract's pattern"},
      {"a NUL in a value", with(R"("en")", R"("en\u0000")"), forbid, "the contract's pattern"},
      {"a line end in a value", with(R"("en")", R"("e\nn")"), forbid, "the contract's pattern"},
      {"an emoji for a value", with(R"("en")", "\"\xF0\x9F\x98\x80\""), forbid,
       "the contract's pattern"},
      {"a letter of another alphabet", with(R"("en")", "\"\xD0\xB5n\""), forbid,
       "the contract's pattern"},
      {"a zero-width space in a value", with(R"("en")", "\"e\xE2\x80\x8Bn\""), forbid,
       "inside a string it is text"},
      {"an array for the map", with(R"({"alarm":true})", "[true]"), forbid, "the contract's type"},
      {"null for the map", with(R"({"alarm":true})", "null"), forbid, "the contract's type"},
      {"the map in a string", with(R"({"alarm":true})", R"("{\"alarm\":true}")"), forbid,
       "the contract's type"},
      {"null for a preference", with("true", "null"), forbid, "the contract's type"},
      {"yes for a preference", with("true", R"("yes")"), forbid, "the contract's type"},
      {"two for a preference", with("true", "2"), forbid, "the contract's type"},
      {"a fraction for a preference", with("true", "1.0"), forbid, "the contract's type"},
      {"a map for a preference", with("true", "{}"), forbid, "the contract's type"},
      {"an empty name of a preference", with("alarm", ""), forbid, "the contract's pattern"},
      {"a NUL in the name of a preference", with("alarm", R"(alarm\u0000)"), forbid,
       "the contract's pattern"},
      {"an empty object", "{}", forbid, "the contract's fields are required"},
  };
  return rows;
}

}  // namespace tests
