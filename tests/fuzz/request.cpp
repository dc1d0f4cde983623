// Input: a byte for the cuts, then what a client sends: a head and a body. What is accepted must
// read the same however it is cut, and must read the same to the next hop, once written.
#include "proxy/wire_writer.hpp"
#include "tests/fuzz/message.hpp"

namespace fuzz {
namespace {

using filters::FieldId;
using proxy::Framing;
using proxy::RequestParser;

constexpr std::string_view upstream = "upstream.example";

void check_head(const RequestParser& parser, const filters::Request& request) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  require(!request.method_name.empty() && std::ranges::all_of(request.method_name, printable),
          "the method is no token");
  require(request.path.starts_with('/') && std::ranges::all_of(request.path, printable),
          "the path is no path");
  require(request.has_query || request.query.empty(), "a query without its mark");
  require(std::ranges::all_of(request.query, printable), "the query holds a bad byte");
  require(request.headers.count(FieldId::host) <= 1, "more than one Host");
  require(parser.minor_version() == 0 || !request.authority.empty(), "no host is known");
  require(request.headers.count(FieldId::content_length) +
                  request.headers.count(FieldId::transfer_encoding) <=
              1,
          "more than one length");
  require(request.length_given == (parser.framing() != Framing::none), "the framing is two things");
  require(parser.framing() != Framing::until_close, "a request that ends with the connection");
  check_fields(request.headers);
}

std::string written(filters::Exchange& exchange, const RequestParser& parser, const Body& body) {
  exchange.outgoing_query = exchange.request.query;
  exchange.request_id = "fuzz-1";
  std::string bytes;
  proxy::write_request_head(exchange, {"127.0.0.1", "https", upstream}, parser.framing(),
                            body.data.size(), bytes);
  if (parser.framing() != Framing::chunked) return bytes + body.data;
  proxy::write_chunk(body.data, bytes);
  return bytes.append(proxy::last_chunk);
}

// The upstream, reading what was written.
void check_written(const filters::Request& sent, const std::string& bytes, const Body& body) {
  const auto scan = scan_head(bytes, Cuts('0'), 64 * most_head, 4 * most_fields);
  require(scan.size > 0, "the upstream finds no head");
  RequestParser parser;
  filters::Arena arena;
  filters::Request request(arena);
  const auto verdict =
      parser.parse(std::string_view(bytes).substr(0, scan.size), request, longest_target);
  require(!verdict.rejected(), "the upstream refuses the head");
  require(request.method_name == sent.method_name && request.path == sent.path &&
              request.query == sent.query && request.has_query == sent.has_query,
          "the upstream reads another request line");
  require(request.authority == upstream, "the upstream reads another host");
  for (const auto id : {FieldId::connection, FieldId::keep_alive, FieldId::te, FieldId::trailer,
                        FieldId::upgrade, FieldId::proxy_authorization, FieldId::http2_settings,
                        FieldId::expect, FieldId::x_prefgate})
    require(request.headers.find(id) == nullptr, "a field of this hop was passed on");
  require(request.headers.count(FieldId::x_request_id) == 1, "not one x-request-id");
  const auto read = read_body(parser, std::string_view(bytes).substr(scan.size), Cuts('0'));
  require(read.end == Body::End::complete && read.data == body.data,
          "the upstream reads another body");
  require(scan.size + read.consumed == bytes.size(), "the upstream reads a second request");
}

}  // namespace

void request(std::string_view input) {
  if (input.empty()) return;
  const Cuts cuts(input.front());
  input.remove_prefix(1);
  const auto scan = scan_head(input, Cuts('0'));
  require(scan == scan_head(input, cuts), "the cuts decide about a head");
  if (scan.size == 0) return;

  const std::string head(input.substr(0, scan.size));
  filters::Arena arena;
  filters::Exchange exchange(arena);
  RequestParser parser;
  if (parser.parse(head, exchange.request, longest_target).rejected()) return;
  check_head(parser, exchange.request);

  filters::Request again(arena);
  RequestParser pieces;
  require(!pieces.parse(head, again, longest_target).rejected(), "the same head is now refused");
  input.remove_prefix(scan.size);
  const auto body = read_body(parser, input, Cuts('0'));
  check_same(body, read_body(pieces, input, cuts));
  if (body.end != Body::End::complete) return;
  if (parser.framing() == Framing::chunked) {
    const auto strict = read_chunked(input);
    require(strict.has_value(), "a broken chunked body was taken");
    check_same(*strict, body);
  } else {
    require(body.data.size() == parser.length(), "a body is not as long as it says");
  }
  check_written(exchange.request, written(exchange, parser, body), body);
}

}  // namespace fuzz
