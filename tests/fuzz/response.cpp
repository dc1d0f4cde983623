// Input: a byte for the cuts, one that is 'H' where the answer is one to HEAD, then what an
// upstream sends: a head and a body. What is accepted must read the same however it is cut, and
// must read the same to the client, once written.
#include "proxy/wire_writer.hpp"
#include "tests/fuzz/message.hpp"

namespace fuzz {
namespace {

using filters::FieldId;
using proxy::Framing;
using proxy::ResponseParser;

void check_head(const ResponseParser& parser, const filters::Response& response, bool to_head) {
  require(response.status >= 100 && response.status <= 999, "the status has not three digits");
  check_fields(response.headers);
  const bool bodiless =
      to_head || response.status / 100 == 1 || response.status == 204 || response.status == 304;
  require(!bodiless || parser.framing() == Framing::none, "a body where there can be none");
  require(bodiless || parser.framing() != Framing::none, "a body without an end");
}

// Of an answer without a length, the end of the connection is its end.
Body read_answer(ResponseParser& parser, std::string_view input, Cuts cuts) {
  auto body = read_body(parser, input, cuts);
  if (parser.framing() == Framing::until_close && body.end == Body::End::unfinished)
    body.end = Body::End::complete;
  return body;
}

std::string written(const filters::Response& response, const ResponseParser& parser,
                    const Body& body) {
  const bool until_close = parser.framing() == Framing::until_close;
  const auto framing = until_close ? Framing::chunked : parser.framing();
  std::string bytes;
  proxy::write_response_head(response,
                             {.framing = framing,
                              .length = body.data.size(),
                              .close = until_close,
                              .say_keep_alive = false,
                              .date = "Thu, 01 Jan 1970 00:00:00 GMT"},
                             bytes);
  if (framing != Framing::chunked) return bytes + body.data;
  proxy::write_chunk(body.data, bytes);
  return bytes.append(proxy::last_chunk);
}

// The client, reading what was written.
void check_written(const filters::Response& sent, const std::string& bytes, const Body& body,
                   bool to_head) {
  const auto scan = scan_head(bytes, Cuts('0'), 64 * most_head, 4 * most_fields);
  require(scan.size > 0, "the client finds no head");
  ResponseParser parser(to_head);
  filters::Arena arena;
  filters::Response response(arena);
  require(parser.parse(std::string_view(bytes).substr(0, scan.size), response).empty(),
          "the client refuses the head");
  require(response.status == sent.status && response.reason == sent.reason,
          "the client reads another status");
  for (const auto id : {FieldId::keep_alive, FieldId::te, FieldId::upgrade, FieldId::trailer})
    require(response.headers.find(id) == nullptr, "a field of that hop was passed on");
  const auto rest = std::string_view(bytes).substr(scan.size);
  const auto read = read_body(parser, rest, Cuts('0'));
  require(read.end == Body::End::complete && read.data == body.data,
          "the client reads another body");
  require(read.consumed == rest.size(), "the client reads a second answer");
}

}  // namespace

void response(std::string_view input) {
  if (input.size() < 2) return;
  const Cuts cuts(input[0]);
  const bool to_head = input[1] == 'H';
  input.remove_prefix(2);
  const auto scan = scan_head(input, Cuts('0'));
  require(scan == scan_head(input, cuts), "the cuts decide about a head");
  if (scan.size == 0) return;

  const std::string head(input.substr(0, scan.size));
  filters::Arena arena;
  filters::Response response(arena), again(arena);
  ResponseParser parser(to_head), pieces(to_head);
  if (!parser.parse(head, response).empty()) return;
  require(pieces.parse(head, again).empty(), "the same head is now refused");
  check_head(parser, response, to_head);

  input.remove_prefix(scan.size);
  const auto body = read_answer(parser, input, Cuts('0'));
  check_same(body, read_answer(pieces, input, cuts));
  if (body.end != Body::End::complete) return;
  if (parser.framing() == Framing::chunked) {
    const auto strict = read_chunked(input);
    require(strict.has_value(), "a broken chunked body was taken");
    check_same(*strict, body);
  }
  if (response.status / 100 == 1) return;  // never passed on
  check_written(response, written(response, parser, body), body, to_head);
}

}  // namespace fuzz
