// The same parsers and the same chain as the gateway's, fed from a file. What is found out is shown
// by explain_report.cpp and explain_json.cpp.
#include "proxy/explain.hpp"

#include <istream>
#include <iterator>
#include <ostream>

#include "filters/answer.hpp"
#include "proxy/explain_report.hpp"
#include "proxy/wire_writer.hpp"

namespace proxy {
namespace {

using filters::Exchange;
using filters::Syntax;

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

// As Chain walks, and keeps note of who had a say.
template <class Hook>
void walk_chain(const filters::Pipeline& pipeline, Exchange& exchange, Explanation& explanation,
                Hook hook) {
  pipeline.each([&]<class Filter>(const Filter& filter) {
    if (exchange.verdict.rejected() || !hook(filter)) return;
    explanation.reached.push_back(Filter::name);
    if (exchange.verdict.rejected()) explanation.rejected_by = Filter::name;
  });
}

void judge(const Config& config, Exchange& exchange, Explanation& explanation) {
  explanation.rate_limited = config.filters.rate_limit.mode != filters::Mode::off;
  const auto pipeline = filters::make_pipeline(config.filters);
  walk_chain(pipeline, exchange, explanation, [&]<class Filter>(const Filter& filter) {
    if constexpr (filters::HasHead<Filter>) exchange.verdict = filter.on_head(exchange);
    return filters::HasHead<Filter>;
  });
  if (exchange.verdict.rejected()) return;
  if (exchange.request.body.size() > config.limits.body) {
    exchange.verdict = {Reason::body_too_large};
    return;
  }
  walk_chain(pipeline, exchange, explanation, [&]<class Filter>(const Filter& filter) {
    if constexpr (filters::HasBody<Filter>) exchange.verdict = filter.on_body(exchange);
    return filters::HasBody<Filter>;
  });
  if (!exchange.verdict.rejected()) exchange.apply_edits();
}

void walk(const Config& config, Exchange& exchange, Explanation& explanation) {
  const auto [match, endpoint] = config.contract->match_path(exchange.request.path);
  if (match == filters::PathMatch::governed) {
    exchange.endpoint = endpoint;
    exchange.now = std::chrono::system_clock::now();
    exchange.identity.client_address = "127.0.0.1";
    return judge(config, exchange, explanation);
  }
  exchange.outgoing_query = exchange.request.query;
  exchange.outgoing_body = exchange.request.body;
  if (match == filters::PathMatch::ambiguous)
    exchange.verdict = {Reason::ambiguous_path};
  else if (!config.forward_other_paths)
    exchange.verdict = {Reason::unknown_path};
  else if (exchange.request.method_name == "TRACE")
    exchange.verdict = {Reason::method_not_allowed};
}

filters::Span all_of(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

// The bytes for the upstream, plain and marked. The length is that of the body as it would go, not
// as it is shown.
void compose(const Config& config, Exchange& exchange, Framing framing, Explanation& explanation) {
  const auto& request = exchange.request;
  const Blotter blotter(*config.contract, exchange);
  const auto query = exchange.outgoing_query;
  const auto body = exchange.outgoing_body;
  // What body edits are spans of: of a form, the JSON it became.
  const auto source = exchange.body.source.empty() ? request.body : exchange.body.source;
  explanation.query =
      mark(request.query, exchange.query_edits, query, exchange.query, Syntax::query, blotter);
  explanation.edited = mark(source, exchange.body_edits, body, exchange.body, Syntax::json, blotter,
                            inserted_into(request.body, source));
  explanation.body = shown(body, all_of(body), blotter.hidden(body, Syntax::json));
  exchange.outgoing_query =
      exchange.arena.copy(shown(query, all_of(query), blotter.hidden(query, Syntax::query)));
  blotter.blot(exchange.request.headers, config.filters.rewrite);

  const Via via{"127.0.0.1", "https", config.upstream.authority};
  if (exchange.governed() && framing == Framing::chunked) framing = Framing::length;
  write_request_head(exchange, via, framing, body.size(), explanation.head);
  if (framing != Framing::chunked) return;
  std::string chunks;
  write_chunk(explanation.body, chunks);
  explanation.body = chunks.append(last_chunk);
  explanation.edited = {{MarkedPiece::Kind::kept, explanation.body}};
}

// Takes the exchange to where it would be sent. Empty, or why there is no request to explain.
std::string examine(const Config& config, const std::string& text, Exchange& exchange,
                    Framing& framing, Explanation& explanation) {
  exchange.request_id = "0123456789abcdef0123456789abcdef";
  const auto kept = exchange.arena.copy(text);
  HeadScanner scanner(config.limits.head, config.limits.fields);
  exchange.verdict = scanner.scan(kept);
  if (exchange.verdict.rejected()) return {};
  if (scanner.size() == 0) return "the head does not end in an empty line";
  RequestParser parser;
  exchange.verdict =
      parser.parse(kept.substr(0, scanner.size()), exchange.request, config.limits.target);
  if (exchange.verdict.rejected()) return {};
  framing = parser.framing();
  std::string body;
  if (auto fault = read_body(parser, kept.substr(scanner.size()), body); !fault.empty())
    return fault;
  exchange.request.body = exchange.arena.copy(body);
  walk(config, exchange, explanation);
  return {};
}

}  // namespace

int explain(const Config& config, std::istream& request, std::ostream& out, ReportForm form) {
  std::string text(std::istreambuf_iterator<char>(request), {});
  filters::Arena arena;
  Exchange exchange(arena);
  Explanation explanation(exchange);
  auto framing = Framing::none;
  const auto fault = text.size() > most_input ? "more than 1 MiB"
                                              : examine(config, with_crlf(std::move(text)),
                                                        exchange, framing, explanation);
  if (!fault.empty()) {
    out << "not an HTTP request: " << fault << '\n';
    return 2;
  }
  if (exchange.verdict.rejected()) {
    filters::make_answer(exchange);
    filters::decorate(exchange, filters::Origin::gateway, filters::Delivery::none);
  } else {
    compose(config, exchange, framing, explanation);
  }
  if (form == ReportForm::json)
    report_json(explanation, out);
  else
    report_text(explanation, form == ReportForm::coloured, out);
  return exit_status(explanation);
}

}  // namespace proxy
