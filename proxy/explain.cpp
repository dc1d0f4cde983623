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
  const auto blank = text.find("\n\n");
  const auto end = blank == std::string::npos ? text.size() : blank + 2;
  if (text.find('\r') < end) return text;
  std::string mended;
  for (const char c : std::string_view(text).substr(0, end))
    mended += c == '\n' ? "\r\n" : std::string(1, c);
  return mended + text.substr(end);
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
  const auto [match, endpoint] = config.contract->match_path(exchange.request.path);
  if (match == filters::PathMatch::governed) {
    exchange.endpoint = endpoint;
    exchange.now = std::chrono::system_clock::now();
    exchange.identity.client_address = "127.0.0.1";
    const auto pipeline = filters::make_pipeline(config.filters);
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
    else if (exchange.request.method_name == "CONNECT" || exchange.request.method_name == "TRACE")
      exchange.verdict = {Reason::method_not_allowed};
  }
}

// Only the outgoing bytes are asked: what went in may be spelt in ways nobody thought of.
class Blotter {
 public:
  Blotter(const filters::Contract& contract, const Exchange& exchange, filters::Arena& arena)
      : contract_(contract), identity_(exchange.identity), arena_(arena) {}

  // The text as it is, secrets' values aside; a text that should be `syntax`, cannot be read and
  // might hold one is not shown at all.
  std::string_view blot(std::string_view text, filters::Syntax syntax) const {
    filters::Document document(arena_);
    const bool json = syntax == filters::Syntax::json;
    const auto fault = json ? filters::index_json(text, arena_, document)
                            : filters::index_query(text, arena_, document);
    if (fault)
      return names_token(text) || holds_token(text) ? "[not shown: it may hold a token]" : text;
    filters::Edits shown(arena_);
    for (std::size_t i = 0; i < document.members.size(); ++i) {
      const auto& member = document.members[i];
      if (!secret(member.name) && !holds_token(member.text)) continue;
      shown.add(member.value_span, json ? "\"[device token]\"" : "[device token]");
      i = member.next - 1;  // what is inside is gone with it
    }
    return shown.apply(text, arena_);
  }

  void blot(filters::Headers& headers) const {
    filters::Headers shown(arena_);
    for (const auto& field : headers) {
      const bool hidden = field.id == FieldId::authorization || secret(field.name) ||
                          holds_token(field.value) ||
                          filters::equal_ignoring_case(field.name, "cookie");
      shown.append(field.id, field.name, hidden ? "[credentials]" : field.value);
    }
    headers = std::move(shown);
  }

 private:
  // Of any endpoint: what is a secret on one path is none to show on another.
  bool secret(std::string_view name) const {
    return names_token(name) || std::ranges::any_of(contract_.endpoints(), [&](const auto& it) {
             for (const bool in_query : {true, false})
               if (const auto field = it.nearest(name, in_query); field != it.none)
                 if (it.fields()[field].secret) return true;
             return false;
           });
  }
  static bool names_token(std::string_view text) {
    constexpr std::string_view word = "token";
    return !std::ranges::search(text, word, {}, filters::lower).empty();
  }
  bool holds_token(std::string_view text) const {
    const auto holds = [&](std::string_view token) {
      return token.size() >= shortest_found && text.find(token) != std::string_view::npos;
    };
    return holds(identity_.device_token) || holds(identity_.bearer_token);
  }

  // A shorter one is found by its name only: "ios" stands in many places.
  static constexpr std::size_t shortest_found = 8;

  const filters::Contract& contract_;
  const filters::Identity& identity_;
  filters::Arena& arena_;
};

// The bytes for the upstream. The length is that of the body as it would go, not as it is shown.
std::string compose(const Config& config, Exchange& exchange, Framing framing) {
  const auto length = exchange.outgoing_body.size();
  const Blotter blotter(*config.contract, exchange, exchange.arena);
  blotter.blot(exchange.request.headers);
  exchange.outgoing_query = blotter.blot(exchange.outgoing_query, filters::Syntax::query);
  const auto body = blotter.blot(exchange.outgoing_body, filters::Syntax::json);
  const Via via{"127.0.0.1", "https", config.upstream.authority};
  if (exchange.governed() && framing == Framing::chunked) framing = Framing::length;
  std::string bytes;
  write_request_head(exchange, via, framing, length, bytes);
  if (framing != Framing::chunked) return bytes.append(body);
  write_chunk(body, bytes);
  return bytes.append(last_chunk);
}

// Takes the exchange to where it would be sent; false where there is no request to explain, and
// why.
bool examine(const Config& config, const std::string& text, Exchange& exchange, Framing& framing,
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
  framing = parser.framing();
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
  auto framing = Framing::none;
  if (fault.empty() && examine(config, with_crlf(std::move(text)), exchange, framing, fault)) {
    std::string outgoing;
    if (exchange.verdict.rejected()) {
      filters::make_answer(exchange);
      filters::decorate(exchange, filters::Origin::gateway, filters::Delivery::none);
    } else {
      outgoing = compose(config, exchange, framing);
    }
    json ? report_json(exchange, outgoing, out) : report_text(exchange, outgoing, out);
    return exchange.verdict.rejected() ? 1 : 0;
  }
  out << "not an HTTP request: " << fault << '\n';
  return 2;
}

}  // namespace proxy
