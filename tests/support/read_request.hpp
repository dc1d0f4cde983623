// Reads a request's head as a session does, from bytes that arrive in pieces, and says `ok` or
// `bad` of a whole text: for tables of grammar. Owned by a test; no I/O.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proxy/wire.hpp"

namespace tests {

inline constexpr std::size_t most_head = 1024;
inline constexpr std::size_t most_fields = 10;
inline constexpr std::size_t most_target = 128;

// A request read as a session reads it: what has arrived grows to `whole` in the pieces given.
struct ReadRequest {
  explicit ReadRequest(std::string whole, std::vector<std::size_t> arrivals = {})
      : text(std::move(whole)), request(arena) {
    proxy::HeadScanner scanner(most_head, most_fields);
    arrivals.push_back(text.size());
    for (const auto arrived : arrivals) {
      verdict = scanner.scan(std::string_view(text).substr(0, arrived));
      if (verdict.rejected() || scanner.size() > 0) break;
    }
    head = scanner.size();
    if (verdict.rejected() || head == 0) return;
    verdict = parser.parse(std::string_view(text).substr(0, head), request, most_target);
    good = !verdict.rejected();
  }

  std::string text;
  filters::Arena arena;
  filters::Request request;
  proxy::RequestParser parser;
  proxy::Verdict verdict;
  std::size_t head = 0;
  bool good = false;
};

// "GET / HTTP/1.1", Host and these lines.
inline std::string get(std::string_view lines = {}) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}

// The request is read, and so is every request with it split anywhere.
inline void ok(const std::string& text) {
  CAPTURE(text);
  const ReadRequest whole(text);
  CHECK(whole.good);
  CHECK(whole.verdict.detail == "");
  for (std::size_t split = 0; split < text.size(); ++split)
    REQUIRE(ReadRequest(text, {split}).good);
}

// It is refused for this reason, in the same words wherever it is split.
inline void bad(const std::string& text,
                filters::Reason reason = filters::Reason::malformed_request) {
  CAPTURE(text);
  const ReadRequest whole(text);
  CHECK(whole.verdict.reason == reason);
  for (std::size_t split = 0; split < text.size(); ++split) {
    const ReadRequest parts(text, {split});
    REQUIRE(parts.verdict.reason == reason);
    REQUIRE(parts.verdict.detail == whole.verdict.detail);
  }
}

}  // namespace tests
