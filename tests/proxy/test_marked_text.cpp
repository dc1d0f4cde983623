#include "proxy/marked_text.hpp"

#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"

using namespace proxy;
using tests::TestExchange;

namespace {

// The pieces in one text, as `explain` marks them.
std::string joined(const MarkedText& text) {
  std::string out;
  for (const auto& [kind, piece] : text)
    out += kind == MarkedPiece::Kind::removed ? "[-" + piece + "-]"
           : kind == MarkedPiece::Kind::added ? "{+" + piece + "+}"
                                              : piece;
  return out;
}

std::string marked_query(std::string_view query, const filters::Settings& settings = {}) {
  TestExchange exchange("GET", query);
  REQUIRE(exchange.run(settings));
  return joined(mark(query, exchange->query_edits, exchange->outgoing_query, exchange->query,
                     filters::Syntax::query, Blotter(filters::Contract::builtin(), *exchange)));
}

std::string marked_body(std::string_view body) {
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run());
  return joined(mark(exchange->request.body, exchange->body_edits, exchange->outgoing_body,
                     exchange->body, filters::Syntax::json,
                     Blotter(filters::Contract::builtin(), *exchange)));
}

}  // namespace

TEST_CASE("a query: what was kept, taken out and put in, and no token") {
  const struct {
    std::string_view query, marked;
  } cases[] = {
      {"locale=en&device_token=abc&device_type=ios&platform=ios&app_version=4",
       "locale=en&device_token=[device token]&device_type=ios&platform=ios&app_version=4"},
      {"platfrom=ios&locale=en&device_token=abc&device_type=ios&app_version=4",
       "[-platfrom-]{+platform+}=ios&locale=en&device_token=[device token]&device_type=ios&"
       "app_version=4"},
      {"deviceToken=abc&locale=en+&device_type=+IOS&platform=ios&app_version=4",
       "[-deviceToken-]{+device_token+}=[device token]&locale=en[-+-]&device_type=[-+IOS-]{+ios+}&"
       "platform=ios&app_version=4"},
      {"device_token=+abc%20&locale=en&device_type=ios&platform=ios&app_version=4",
       "device_token=[-[part of a secret]-][device token][-[part of a secret]-]&locale=en&"
       "device_type=ios&platform=ios&app_version=4"},
      {"devicetoken=abc&device_token=abc&locale=en&device_type=ios&platform=ios&app_version=4",
       "devicetoken=[device token]&device_token=[device token]&locale=en&device_type=ios&"
       "platform=ios&app_version=4"},
      {"deviceToken=abc&device_token=abc&locale=en&device_type=ios&platform=ios&app_version=4",
       "[-deviceToken=[device token]&-]device_token=[device token]&locale=en&device_type=ios&"
       "platform=ios&app_version=4"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    CHECK(marked_query(c.query) == c.marked);
  }
}

TEST_CASE("the upstream's own spelling is marked too, and only where it differs") {
  filters::Settings settings;
  settings.rewrite.parameter_names = filters::ParameterNames::documented;
  const std::string rest = "&locale=en&device_token=[device token]&device_type=ios&app_version=4";
  const std::string sent = "&locale=en&device_token=abc&device_type=ios&app_version=4";
  CHECK(marked_query("platform=ios" + sent, settings) == "[-platform-]{+platfrom+}=ios" + rest);
  CHECK(marked_query("platfrom=ios" + sent, settings) == "platfrom=ios" + rest);
}

TEST_CASE("a body: likewise, with what is invisible") {
  const std::string body(tests::good_body);
  auto hidden = body;
  hidden.replace(hidden.find("\"abc:def\""), 9, "\"[device token]\"");
  CHECK(marked_body(body) == hidden);
  CHECK(marked_body("\xEF\xBB\xBF" + body) == "[-\xEF\xBB\xBF-]" + hidden);
}

TEST_CASE("what a terminal would obey or hide is written out, everything else stays") {
  const std::pair<std::string, std::string> cases[] = {
      {"a\tb\nc", "a\tb\nc"},
      {"a\r\nb", "a\nb"},
      {"a\rb", "a\\x0Db"},
      {"\x1B[31m", "\\x1B[31m"},
      {{"\0\x7F", 2}, "\\x00\\x7F"},
      {"\xC2\x9B[m", "<U+009B>[m"},
      {"\xE2\x80\x8B\xEF\xBB\xBF\xE2\x81\xA6", "<U+200B><U+FEFF><U+2066>"},
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"\xFF\xC3(\xED\xA0\x80", "\\xFF\\xC3(\\xED\\xA0\\x80"},
      {"", ""},
  };
  for (const auto& [text, seen] : cases) CHECK(visible(text) == seen);
}
