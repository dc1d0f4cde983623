// The same parsers and the same chain as the gateway's, fed from a file. What is found out is shown
// by explain_report.cpp.
#include "proxy/explain.hpp"

#include <algorithm>
#include <istream>
#include <iterator>
#include <ostream>

#include "filters/answer.hpp"
#include "proxy/explain_report.hpp"
#include "proxy/wire_writer.hpp"

namespace proxy {
namespace {

using filters::Exchange;
using filters::FieldId;

constexpr std::size_t most_input = 1024 * 1024;

// Editors end lines with LF; a head typed by hand is meant with CR LF.
std::string with_crlf(std::string text) {
  const auto end = std::min(text.find("\n\n"), text.size());
  if (end == text.size() || text.find('\r') < end) return text;
  std::string mended;
  for (const char c : std::string_view(text).substr(0, end))
    mended += c == '\n' ? "\r\n" : std::string(1, c);
  return mended + "\r\n\r\n" + text.substr(end + 2);
}

// Empty, or why there is no whole request.
std::string read_body(RequestParser& parser, std::string_view rest, std::string& body) {
  for (;;) {
    const auto piece = parser.next(rest);
    rest.remove_prefix(piece.consumed);
    body.append(piece.data);
    if (piece.bad) return "the chunked body is not valid";
    if (piece.last && rest.find_first_not_of("\r\n") == std::string_view::npos) return {};
    if (piece.last)
      return std::to_string(rest.size()) +
             " bytes follow the request: its Content-Length is too "
             "small, or missing";
    if (piece.consumed == 0)
      return "the body has " + std::to_string(body.size()) + " bytes, fewer than its length says";
  }
}

void walk(const Config& config, Exchange& exchange) {
  const auto& contract = filters::Contract::builtin();
  const auto match = contract.match_path(exchange.request.path);
  exchange.governed = match == filters::PathMatch::governed;
  if (exchange.governed) {
    const auto pipeline = filters::make_pipeline(contract, config.filters);
    if (!pipeline.on_head(exchange)) return;
    if (exchange.request.body.size() > config.limits.body)
      exchange.verdict = {Reason::body_too_large};
    else if (pipeline.on_body(exchange))
      exchange.apply_edits();
  } else {
    exchange.outgoing_query = exchange.request.query;
    exchange.outgoing_body = exchange.request.body;
    if (match == filters::PathMatch::ambiguous)
      exchange.verdict = {Reason::ambiguous_path};
    else if (!config.forward_other_paths)
      exchange.verdict = {Reason::unknown_path};
  }
}

// `source` as edited, with the device token's value blotted out where it stands.
std::string_view blotted(std::string_view source, const filters::Edits& edits,
                         const filters::Document& document, filters::Arena& arena) {
  const auto secret = std::ranges::find(document.members, "device_token", &filters::Member::name);
  const bool there = secret != document.members.end();
  const auto value = there ? secret->value_span : filters::Span{};
  filters::Edits shown(arena);
  for (const auto& edit : edits)
    if (!there || edit.span.end < value.begin || edit.span.begin > value.end)
      shown.add(edit.span, edit.replacement);
  const bool json = document.syntax == filters::Syntax::json;
  if (there) shown.add(value, json ? "\"[device token]\"" : "[device token]");
  return shown.apply(source, arena);
}

std::string compose(const Config& config, Exchange& exchange) {
  auto& arena = exchange.arena;
  const auto length = exchange.outgoing_body.size();
  if (exchange.request.headers.find(FieldId::authorization))
    exchange.request.headers.set(FieldId::authorization, "Authorization", "[credentials]");
  exchange.outgoing_query =
      blotted(exchange.request.query, exchange.query_edits, exchange.query, arena);
  const Via via{"127.0.0.1", "https", config.upstream.authority};
  const auto framing = exchange.request.length_given ? Framing::length : Framing::none;
  std::string bytes;
  write_request_head(exchange, via, framing, length, bytes);
  return bytes.append(blotted(exchange.request.body, exchange.body_edits, exchange.body, arena));
}

// Fills in everything of `report`; false where there is no request to explain, and why.
bool examine(const Config& config, const std::string& text, Exchange& exchange,
             std::string& fault) {
  exchange.request_id = "0123456789abcdef0123456789abcdef";
  const auto kept = exchange.arena.copy(text);
  HeadScanner scanner(config.limits.head, config.limits.fields);
  exchange.verdict = scanner.scan(kept);
  if (exchange.verdict.rejected()) return true;
  if (scanner.size() == 0) {
    fault = "the head does not end in an empty line";
    return false;
  }
  RequestParser parser;
  exchange.verdict =
      parser.parse(kept.substr(0, scanner.size()), exchange.request, config.limits.target);
  if (exchange.verdict.rejected()) return true;
  std::string body;
  fault = read_body(parser, kept.substr(scanner.size()), body);
  if (!fault.empty()) return false;
  exchange.request.body = exchange.arena.copy(body);
  walk(config, exchange);
  return true;
}

}  // namespace

int explain(const Config& config, std::istream& request, std::ostream& out, bool json) {
  std::string text(std::istreambuf_iterator<char>(request), {});
  std::string fault;
  if (text.size() > most_input) fault = "more than 1 MiB";
  filters::Arena arena;
  Exchange exchange(arena);
  if (fault.empty() && examine(config, with_crlf(std::move(text)), exchange, fault)) {
    std::string outgoing;
    if (exchange.verdict.rejected()) {
      filters::make_answer(exchange, filters::Contract::builtin().allowed_methods());
      filters::decorate(exchange, filters::Origin::gateway, filters::Delivery::none);
    } else {
      outgoing = compose(config, exchange);
    }
    json ? report_json(exchange, outgoing, out) : report_text(exchange, outgoing, out);
    return exchange.verdict.rejected() ? 1 : 0;
  }
  out << "not an HTTP request: " << fault << '\n';
  return 2;
}

}  // namespace proxy
