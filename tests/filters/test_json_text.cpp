#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <chrono>
#include <ctime>
#include <random>
#include <string>

#include "filters/arena.hpp"
#include "filters/document.hpp"
#include "filters/json_text.hpp"

namespace {

using filters::Arena;
using filters::JsonText;

std::string string_of(std::string_view text, std::size_t limit = JsonText::unlimited) {
  Arena arena;
  JsonText json(arena, 1);
  json.string(text, limit);
  return std::string(json.text());
}

std::string json_of(std::string_view text, std::size_t limit = 100) {
  Arena arena;
  JsonText json(arena, 1);
  json.json(text, limit);
  return std::string(json.text());
}

bool is_valid(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  return !document.HasParseError() && filters::valid_utf8(text);
}

}  // namespace

TEST_CASE("strings escape what JSON and terminals cannot bear, and nothing else") {
  struct Case {
    std::string text, written;
  };
  const Case cases[] = {
      {"", R"("")"},
      {"plain ASCII text, longer than a word", R"("plain ASCII text, longer than a word")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\n\r\t\b\f\x01\x1f", R"("\n\r\t\u0008\u000c\u0001\u001f")"},
      {std::string("nul\0nul", 7), R"("nul\u0000nul")"},
      {"\x7f", R"("\u007f")"},
      {"12345678\"", R"("12345678\"")"},
      {"1234567\"89", R"("1234567\"89")"},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x97", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x97\""},
      {"\xC2\x9B[2J", R"("\u009b[2J")"},  // CSI: some terminals obey it
      {"\xC2\xA0", "\"\xC2\xA0\""},
      {"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF", "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\""},
      // Not UTF-8: lone continuation, overlong, surrogate, beyond U+10FFFF, cut short.
      {"\x80", "\"\uFFFD\""},
      {"\xC0\xAF", "\"\uFFFD\uFFFD\""},
      {"\xE0\x80\xAF", "\"\uFFFD\uFFFD\uFFFD\""},
      {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
      {"\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},
      {"\xF5", "\"\uFFFD\""},
      {"\xE2\x82", "\"\uFFFD\uFFFD\""},
      {"\xFFok", "\"\uFFFDok\""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.written);
    CHECK(string_of(c.text) == c.written);
    CHECK(is_valid("[" + string_of(c.text) + "]"));
  }
}

TEST_CASE("every byte is written at every place of a string as it is alone") {
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[at] = static_cast<char>(byte);
        const auto alone = string_of(text.substr(at, 1));
        const auto written = '"' + std::string(at, '~') + alone.substr(1, alone.size() - 2) +
                             std::string(size - at - 1, '~') + '"';
        CAPTURE(size);
        CAPTURE(at);
        CAPTURE(byte);
        CHECK(string_of(text) == written);
      }
}

TEST_CASE("a limit counts written bytes, never splits a character or an escape, and is said") {
  const std::string text = "ab\"\xE2\x82\xAC\x01z";
  for (std::size_t limit = 0; limit < 20; ++limit) {
    Arena arena;
    JsonText json(arena, 1);
    const bool whole = json.string(text, limit);
    CHECK(json.text().size() <= limit + 2);
    CHECK(is_valid("[" + std::string(json.text()) + "]"));
    CHECK(whole == (limit >= 14));
  }
  CHECK(string_of(text, 14) == "\"ab\\\"\xE2\x82\xAC\\u0001z\"");
  CHECK(string_of(text, 6) == "\"ab\\\"\"");
  CHECK(string_of("exactly", 7) == R"("exactly")");
  CHECK(string_of("exactly", 6) == R"("exactl")");
}

TEST_CASE("any bytes make one line of valid JSON, within the bound") {
  std::mt19937 random(20261122);
  for (int run = 0; run < 20'000; ++run) {
    std::string text(random() % 40, ' ');
    for (auto& c : text)
      c = static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 26);
    const auto limit = random() % 2 == 0 ? JsonText::unlimited : random() % 60;
    for (const auto& written : {string_of(text, limit), json_of(text, limit)}) {
      REQUIRE(is_valid("[" + written + "]"));
      REQUIRE(written.find('\n') == std::string::npos);
      REQUIRE(written.size() <= JsonText::most(text.size(), limit));
    }
  }
}

TEST_CASE("scalars of JSON and {} are taken as they are, anything else as the text it is") {
  for (const auto* scalar :
       {"true", "false", "null", "{}", "0", "-1", "4.17", "1e9", "-0.5E-3", "12345678901234567890",
        R"("")", R"("iOS")", R"("a\"\\\/\b\f\n\r\t\u00e9")", "\"\xC3\xA9\""}) {
    CAPTURE(scalar);
    CHECK(json_of(scalar) == scalar);
  }
  for (const auto* other : {"",
                            "True",
                            "nul",
                            "01",
                            "1.",
                            ".5",
                            "-",
                            "1e",
                            "+1",
                            "1 ",
                            " 1",
                            "NaN",
                            "{ }",
                            "[1]",
                            R"({"a":1})",
                            R"(")",
                            R"("a)",
                            R"("a"b")",
                            R"("\x")",
                            R"("\u00g0")",
                            R"("\u00")",
                            R"("\")",
                            "\"\n\"",
                            "\"\xFF\"",
                            "\"\xC2\x9B\"",
                            "true\xC3\xA2"}) {
    CAPTURE(other);
    CHECK(json_of(other) == string_of(other));
  }
  CHECK(json_of(R"("longer than that")", 10) == R"("\"longer t")");
  CHECK(json_of("false", 5) == "false");
}

TEST_CASE("commas stand between values and nowhere else") {
  Arena arena;
  JsonText json(arena, 1);
  json.begin_object();
  json.key("a");
  json.begin_array();
  json.end_array();
  json.key("b");
  json.begin_object();
  json.end_object();
  json.key("c");
  json.begin_array();
  json.number(std::uint64_t{18446744073709551615U});
  json.number(std::int64_t{-1});
  json.boolean(true);
  json.boolean(false);
  json.string("x:");
  json.plain("{");
  json.begin_object();
  json.end_object();
  json.end_array();
  json.string_key("d\"", 9);
  json.json("null", 4);
  json.flag("e", true);
  json.flag("f", false);
  json.end_object();
  CHECK(json.text() ==
        R"({"a":[],"b":{},"c":[18446744073709551615,-1,true,false,"x:","{",{}],"d\"":null,)"
        R"("e":true,"f":false})");
}

TEST_CASE("times are RFC 3339, in UTC, to the microsecond") {
  using namespace std::chrono;
  struct Case {
    microseconds since_epoch;
    std::string_view text;
  };
  const Case cases[] = {
      {0us, "1970-01-01T00:00:00.000000Z"},
      {1us, "1970-01-01T00:00:00.000001Z"},
      {-1us, "1969-12-31T23:59:59.999999Z"},
      {951'782'400s + 123'456us, "2000-02-29T00:00:00.123456Z"},
      {1'795'374'164s + 7us, "2026-11-22T19:02:44.000007Z"},
      {4'107'542'399s + 999'999us, "2100-02-28T23:59:59.999999Z"},
      {4'107'542'400s, "2100-03-01T00:00:00.000000Z"},
  };
  for (const auto& c : cases) {
    const auto text = filters::rfc3339(system_clock::time_point(c.since_epoch));
    CHECK(std::string_view(text.data(), text.size()) == c.text);
  }
}

TEST_CASE("times agree with the C library's") {
  std::mt19937_64 random(5);
  for (int run = 0; run < 2000; ++run) {
    const auto second =
        static_cast<std::time_t>(random() % 9'000'000'000);  // to 2255: the clock ends in 2262
    std::tm broken{};
    gmtime_r(&second, &broken);
    char expected[32];
    std::strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &broken);
    const auto text = filters::rfc3339(std::chrono::system_clock::from_time_t(second));
    REQUIRE(std::string(text.data(), text.size()) == expected);
  }
}
