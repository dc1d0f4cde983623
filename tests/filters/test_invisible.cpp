#include "filters/invisible.hpp"

#include <doctest/doctest.h>

#include <string>

#include "filters/arena.hpp"

using namespace filters;

namespace {

// What is left when everything found is taken out.
std::string without_invisible(std::string_view text) {
  Arena arena;
  std::string left;
  std::uint32_t from = 0;
  for (const Span span : find_invisible(text, Contract::builtin().endpoints()[0], arena)) {
    left += Span{from, span.begin}.of(text);
    from = span.end;
  }
  return left + std::string(text.substr(from));
}

}  // namespace

TEST_CASE("invisible characters are found plain and mangled") {
  for (const std::string_view character :
       {"\xEF\xBB\xBF", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8E",
        "\xE2\x80\x8F", "\xE2\x81\xA0",
        // through Windows-1252
        "\xC3\xAF\xC2\xBB\xC2\xBF", "\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9",
        "\xC3\xA2\xE2\x82\xAC\xC5\x92", "\xC3\xA2\xE2\x82\xAC\xC2\x8D",
        "\xC3\xA2\xE2\x82\xAC\xC5\xBD", "\xC3\xA2\xE2\x82\xAC\xC2\x8F", "\xC3\xA2\xC2\x81\xC2\xA0",
        // through Latin-1
        "\xC3\xA2\xC2\x80\xC2\x8B", "\xC3\xA2\xC2\x80\xC2\x8C", "\xC3\xA2\xC2\x80\xC2\x8E"}) {
    const std::string c(character);
    CAPTURE(c);
    CHECK(without_invisible(c + "{\"a\"" + c + c + ":1" + c + "}" + c) == "{\"a\":1}");
    // Inside a string they are somebody's text.
    const auto text = "{\"a" + c + "\":\"\\\"" + c + "\"}";
    CHECK(without_invisible(text) == text);
  }
}

TEST_CASE("visible characters are left, and so are halves of invisible ones") {
  for (const std::string_view text :
       {"{\"a\":1}", "\xC3\xA4", "\xE2\x82\xAC", "\xC3\xA2", "\xC3\xA2\xE2\x82\xAC", "\xE2\x80\xB9",
        "\xE2\x80", "\xEF\xBB", "\xE2\x80\x8A", "\xE2\x80\x90", "\xC2\xA0", "\xC3", "\xC3\xA2\xC2"})
    CHECK(without_invisible(text) == text);
}

TEST_CASE("a blanked copy has the length of its source") {
  Arena arena;
  const std::string_view text = "{\"a\":\xE2\x80\x8B 1}";
  CHECK(blank_out(text, find_invisible(text, Contract::builtin().endpoints()[0], arena), arena) ==
        "{\"a\":    1}");
}
