// What the targets for requests and responses share: reading a head and a body that come in pieces,
// the way a connection does it, and a plain second reader of chunked bodies to hold it against.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "filters/http.hpp"
#include "proxy/wire.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/targets.hpp"

namespace fuzz {

// The gateway's limits, made small so that short inputs reach them.
inline constexpr std::size_t most_head = 1024;
inline constexpr std::size_t most_fields = 12;
inline constexpr std::size_t longest_target = 256;

struct Scan {
  filters::Reason reason = filters::Reason::none;
  std::size_t size = 0;  // of the head; 0: not found

  bool operator==(const Scan&) const = default;
};
// Each time over a fresh copy of what has come so far, so that no byte behind it can be read.
Scan scan_head(std::string_view input, Cuts cuts, std::size_t most = most_head,
               std::size_t fields = most_fields);

struct Body {
  enum class End : unsigned char { complete, bad, unfinished } end = End::unfinished;
  std::string data;
  std::size_t consumed = 0;
};

// What a strict reader makes of a chunked body: nothing where it is broken or not whole.
std::optional<Body> read_chunked(std::string_view input);

// Fields that can go on as they are: names are tokens, values hold no control byte but the tab.
void check_fields(const filters::Headers& headers);

// Reads a body out of `input` as it comes.
template <class Parser>
Body read_body(Parser& parser, std::string_view input, Cuts cuts) {
  Body body;
  std::size_t arrived = 0;
  for (;;) {
    const auto held = input.substr(body.consumed, arrived - body.consumed);
    // As long as what is held, to the byte: a read behind it is then found.
    const auto copy = std::make_unique<char[]>(held.size());
    std::ranges::copy(held, copy.get());
    const auto piece = parser.next({copy.get(), held.size()});
    require(piece.consumed <= held.size(), "more was used up than was there");
    require(piece.data.empty() ||
                (piece.data.data() >= copy.get() &&
                 piece.data.data() + piece.data.size() <= copy.get() + piece.consumed),
            "a piece lies outside what was used up");
    body.consumed += piece.consumed;
    body.data.append(piece.data);
    if (piece.bad || piece.last) {
      body.end = piece.bad ? Body::End::bad : Body::End::complete;
      return body;
    }
    if (piece.consumed > 0) continue;
    if (arrived == input.size()) return body;
    arrived += cuts.next(input.size() - arrived);
  }
}

// The same body, however it comes.
inline void check_same(const Body& whole, const Body& pieces) {
  require(whole.end == pieces.end, "the cuts decide whether a body is whole");
  if (whole.end == Body::End::bad) return;
  require(whole.data == pieces.data, "the cuts decide what is in a body");
  require(whole.consumed == pieces.consumed, "the cuts decide where a body ends");
}

}  // namespace fuzz
