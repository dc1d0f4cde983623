// Strings: escapes, Unicode, bytes.
#include "tests/support/json_suite.hpp"

namespace tests {

using enum Fate;

const std::vector<JsonRow>& json_strings() {
  static const std::vector<JsonRow> rows{
      {"an empty string", R"("")", accept, "section 7"},
      {"a letter", R"("a")", accept, "section 7"},
      {"every short escape", R"("\"\\\/\b\f\n\r\t")", accept, "section 7"},
      {"an escaped slash and a bare one", R"("\//")", accept, "section 7"},
      {"an apostrophe", R"("'")", accept, "section 7"},
      {"what looks like a comment", R"("/* // # --")", accept, "section 7"},
      {"what looks like JSON", R"("{\"a\":[1,]}")", accept, "section 7"},
      {"a backslash before the end", R"("\\")", accept, "section 7"},
      {"a quote before the end", R"("\"")", accept, "section 7"},
      {"an escaped escape", R"("\\u0061")", accept, "section 7"},
      {"an escaped letter", R"("\u0061")", accept, "section 7"},
      {"hex digits of both cases", R"("\u00Ab\u00aB")", accept, "section 7"},
      {"an escaped quote by number", R"("\u0022")", accept, "section 7"},
      {"an escaped backslash by number", R"("\u005c")", accept, "section 7"},
      {"an escaped NUL", R"("a\u0000b")", accept, "section 7: any code point may be escaped"},
      {"an escaped control", R"("\u001f")", accept, "section 7"},
      {"an escaped DEL", R"("\u007f")", accept, "section 7"},
      {"an escaped C1 control", R"("\u0080")", accept, "section 7"},
      {"an escaped line separator", R"("\u2028\u2029")", accept, "section 7"},
      {"an escaped byte order mark", R"("\ufeff")", accept, "section 7"},
      {"escaped noncharacters", R"("\ufffe\uffff\ufdd0")", accept, "section 8.2: allowed"},
      {"the code point before the surrogates", R"("\ud7ff")", accept, "section 7"},
      {"the code point after the surrogates", R"("\ue000")", accept, "section 7"},
      {"an escaped pair", R"("\ud83d\ude00")", accept, "section 7"},
      {"an escaped pair in capitals", R"("\uD83D\uDE00")", accept, "section 7"},
      {"the first pair", R"("\ud800\udc00")", accept, "section 7"},
      {"the last pair", R"("\udbff\udfff")", accept, "section 7"},
      {"two pairs", R"("\ud83d\ude00\ud83d\ude01")", accept, "section 7"},
      {"a bare DEL", "\"\x7F\"", accept, "section 7: only below U+0020 needs an escape"},
      {"a bare C1 control", "\"\xC2\x80\"", accept, "section 7"},
      {"a bare no-break space", "\"\xC2\xA0\"", accept, "section 7"},
      {"two bytes", "\"\xC3\xA9\"", accept, "section 8.1"},
      {"a letter and a combining accent", "\"e\xCC\x81\"", accept, "section 8.3: not normalised"},
      {"three bytes", "\"\xE2\x82\xAC\"", accept, "section 8.1"},
      {"four bytes", "\"\xF0\x9F\x98\x80\"", accept, "section 8.1"},
      {"a bare zero-width space", "\"a\xE2\x80\x8Bz\"", accept, "inside, so it is text"},
      {"a bare byte order mark", "\"\xEF\xBB\xBF\"", accept, "inside, so it is text"},
      {"the page's mangled one", "\"\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9\"", accept, "inside, text"},
      {"a bare line separator", "\"\xE2\x80\xA8\"", accept, "section 7; JavaScript once differed"},
      {"a right-to-left override", "\"\xE2\x80\xAE\"", accept, "section 7"},
      {"bare noncharacters", "\"\xEF\xBF\xBE\xEF\xBF\xBF\"", accept, "section 8.2"},
      {"the bare neighbours of the surrogates", "\"\xED\x9F\xBF\xEE\x80\x80\"", accept,
       "section 8.1"},
      {"the last code point", "\"\xF4\x8F\xBF\xBF\"", accept, "section 8.1"},
      {"four thousand letters", '"' + std::string(4000, 'a') + '"', accept,
       "section 9: only the body has a limit"},
      {"a thousand escapes", '"' + repeated("\\n", 1000) + '"', accept, "section 7"},
  };
  return rows;
}

namespace {

std::vector<JsonRow> bad_strings() {
  return {
      {"a quote alone", "\"", reject, "section 7: no end"},
      {"no end", "\"a", reject, "section 7"},
      {"no end but an escaped one", R"("a\")", reject, "section 7"},
      {"a backslash alone", R"("\)", reject, "section 7"},
      {"no beginning", "a\"", reject, "section 7"},
      {"apostrophes", "'a'", reject, "JSON5, not JSON"},
      {"backticks", "`a`", reject, "JavaScript, not JSON"},
      {"typographic quotes", "\xE2\x80\x9Cx\xE2\x80\x9D", reject, "section 7"},
      {"three quotes", R"("""a""")", reject, "Python, not JSON"},
      {"a quote inside", R"("a"b")", reject, "section 7"},
      {"two strings", R"("a" "b")", reject, "section 5: a comma is missing"},
      {"a sum of strings", R"("a"+"b")", reject, "section 7"},
      {"a prefix", R"(u"a")", reject, "Python, not JSON"},
      {"a hexadecimal escape", R"("\x41")", reject, "section 7: not among the escapes"},
      {"an octal escape", R"("\101")", reject, "section 7"},
      {"an escaped digit", R"("\0")", reject, "section 7"},
      {"an escaped apostrophe", R"("\'")", reject, "section 7"},
      {"an escaped letter a", R"("\a")", reject, "section 7"},
      {"an escaped letter v", R"("\v")", reject, "section 7"},
      {"an escaped letter e", R"("\e")", reject, "section 7"},
      {"an escaped space", R"("\ ")", reject, "section 7"},
      {"an escape in a capital", R"("\N")", reject, "section 7"},
      {"a Unicode escape in a capital", R"("\U0041")", reject, "section 7"},
      {"an escaped line end", "\"\\\n\"", reject, "JSON5, not JSON"},
      {"an escaped NUL byte", {"\"\\\0\"", 4}, reject, "section 7"},
      {"an escaped emoji", "\"\\\xF0\x9F\x98\x80\"", reject, "section 7"},
      {"no hex digit", R"("\u")", reject, "section 7: four hex digits"},
      {"one hex digit", R"("\u1")", reject, "section 7"},
      {"two hex digits", R"("\u12")", reject, "section 7"},
      {"three hex digits", R"("\u123")", reject, "section 7"},
      {"a letter that is no hex digit", R"("\u12g4")", reject, "section 7"},
      {"braces around the digits", R"("\u{41}")", reject, "JavaScript, not JSON"},
      {"a plus among the digits", R"("\u+041")", reject, "section 7"},
      {"a minus among the digits", R"("\u-041")", reject, "section 7"},
      {"a space among the digits", R"("\u 041")", reject, "section 7"},
      {"0x among the digits", R"("\u0x41")", reject, "section 7"},
      {"full-width digits", "\"\\u\xEF\xBC\x90\xEF\xBC\x90\xEF\xBC\x94\xEF\xBC\x91\"", reject,
       "section 7"},
      {"a high surrogate alone", R"("\ud800")", reject, "section 8.2: parsers differ"},
      {"a low surrogate alone", R"("\udc00")", reject, "section 8.2"},
      {"the last surrogate alone", R"("\udfff")", reject, "section 8.2"},
      {"two high surrogates", R"("\ud800\ud800")", reject, "section 8.2"},
      {"two low surrogates", R"("\udc00\udc00")", reject, "section 8.2"},
      {"a pair the wrong way round", R"("\udc00\ud800")", reject, "section 8.2"},
      {"a high surrogate and a letter", R"("\ud800x")", reject, "section 8.2"},
      {"a high surrogate and an escaped letter", R"("\ud800\u0041")", reject, "section 8.2"},
      {"a high surrogate and an escape", R"("\ud800\n")", reject, "section 8.2"},
      {"a high surrogate and the next after the low", R"("\udbff\ue000")", reject, "section 8.2"},
      {"a pair with a letter between", R"("\ud83dx\ude00")", reject, "section 8.2"},
      {"a pair without the second escape", R"("\ud83dude00")", reject, "section 8.2"},
      {"a pair and a low one more", R"("\ud83d\ude00\ude00")", reject, "section 8.2"},
      {"an escaped high and a bare low surrogate", "\"\\ud83d\xED\xB8\x80\"", reject, "RFC 3629"},
      {"a byte that only continues", "\"\x80\"", reject, "RFC 3629"},
      {"the last byte that only continues", "\"\xBF\"", reject, "RFC 3629"},
      {"two bytes, the second missing", "\"\xC3\"", reject, "RFC 3629"},
      {"two bytes, the second a letter", "\"\xC3(\"", reject, "RFC 3629"},
      {"three bytes, the last missing", "\"\xE2\x82\"", reject, "RFC 3629"},
      {"three bytes, the second a letter", "\"\xE2(\xA1\"", reject, "RFC 3629"},
      {"four bytes, the last missing", "\"\xF0\x9F\x98\"", reject, "RFC 3629"},
      {"four bytes, the third a letter", "\"\xF0\x9F(\x80\"", reject, "RFC 3629"},
      {"an overlong NUL", "\"\xC0\x80\"", reject, "RFC 3629: modified UTF-8"},
      {"an overlong slash", "\"\xC0\xAF\"", reject, "RFC 3629: overlong"},
      {"an overlong quote", "\"\xC0\xA2\"", reject, "RFC 3629: overlong"},
      {"an overlong backslash", "\"\xC1\x9C\"", reject, "RFC 3629: overlong"},
      {"an overlong DEL", "\"\xC1\xBF\"", reject, "RFC 3629: overlong"},
      {"overlong in three bytes", "\"\xE0\x80\xAF\"", reject, "RFC 3629: overlong"},
      {"the last overlong in three bytes", "\"\xE0\x9F\xBF\"", reject, "RFC 3629: overlong"},
      {"overlong in four bytes", "\"\xF0\x80\x80\xAF\"", reject, "RFC 3629: overlong"},
      {"the last overlong in four bytes", "\"\xF0\x8F\xBF\xBF\"", reject, "RFC 3629: overlong"},
      {"a bare high surrogate", "\"\xED\xA0\x80\"", reject, "RFC 3629"},
      {"a bare low surrogate", "\"\xED\xBF\xBF\"", reject, "RFC 3629"},
      {"a bare pair of surrogates", "\"\xED\xA0\xBD\xED\xB8\x80\"", reject, "CESU-8, not UTF-8"},
      {"the first beyond Unicode", "\"\xF4\x90\x80\x80\"", reject, "RFC 3629"},
      {"far beyond Unicode", "\"\xF7\xBF\xBF\xBF\"", reject, "RFC 3629"},
      {"five bytes", "\"\xF8\x88\x80\x80\x80\"", reject, "RFC 3629"},
      {"six bytes", "\"\xFC\x84\x80\x80\x80\x80\"", reject, "RFC 3629"},
      {"FE", "\"\xFE\"", reject, "RFC 3629"},
      {"FF", "\"\xFF\"", reject, "RFC 3629"},
      {"Latin-1", "\"caf\xE9\"", reject, "section 8.1: UTF-8"},
      {"Windows-1252", "\"\x93x\x94\"", reject, "section 8.1"},
      {"Shift JIS, whose second byte is a backslash", "\"\x83\\\"", reject, "section 8.1"},
  };
}

}  // namespace

const std::vector<JsonRow>& json_bad_strings() {
  static const auto rows = [] {
    auto all = bad_strings();
    for (char c = 0; c < ' '; ++c)
      all.push_back({"a bare control", std::string("\"") + c + '"', reject,
                     "section 7: below U+0020 needs an escape"});
    return all;
  }();
  return rows;
}

}  // namespace tests
