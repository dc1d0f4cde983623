#include "filters/verdict.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace filters {
namespace {

constexpr auto table = std::to_array<ReasonInfo>({
    {Reason::none, 0, "none", ""},
    {Reason::malformed_request, 400, "malformed_request", "malformed HTTP request"},
    {Reason::malformed_body, 400, "malformed_body", "malformed JSON body"},
    {Reason::malformed_form, 400, "malformed_form", "malformed form body"},
    {Reason::malformed_query, 400, "malformed_query", "malformed query string"},
    {Reason::ambiguous_path, 400, "ambiguous_path",
     "this spelling of a governed path is not accepted"},
    {Reason::method_override, 400, "method_override", "method override is not accepted here"},
    {Reason::body_not_allowed, 400, "body_not_allowed", "this method takes no body here"},
    {Reason::no_bearer_token, 401, "no_bearer_token", "a bearer token is required"},
    {Reason::policy, 403, "policy", "denied by policy"},
    {Reason::unknown_path, 404, "unknown_path", "no such path"},
    {Reason::method_not_allowed, 405, "method_not_allowed", "method not allowed"},
    {Reason::request_timeout, 408, "request_timeout", "the request took too long to arrive"},
    {Reason::client_closed, 400, "client_closed", "the request ended before it was complete"},
    {Reason::length_required, 411, "length_required", "a Content-Length is required"},
    {Reason::body_too_large, 413, "body_too_large", "the body is too large"},
    {Reason::target_too_long, 414, "target_too_long", "the request target is too long"},
    {Reason::media_type, 415, "media_type", "the body must be application/json, in UTF-8"},
    {Reason::content_encoding, 415, "content_encoding", "an encoded body is not accepted"},
    {Reason::expectation, 417, "expectation", "only `Expect: 100-continue` is understood"},
    {Reason::contract, 422, "contract", "validation failed"},
    {Reason::rate_limit, 429, "rate_limit", "too many requests"},
    {Reason::head_too_large, 431, "head_too_large", "the request head is too large"},
    {Reason::internal, 500, "internal", "the gateway failed"},
    {Reason::upstream_unreachable, 502, "upstream_unreachable", "the upstream is unreachable"},
    {Reason::upstream_tls, 502, "upstream_tls", "the upstream's TLS could not be verified"},
    {Reason::upstream_failed, 502, "upstream_failed", "the upstream closed the connection"},
    {Reason::upstream_garbled, 502, "upstream_garbled", "the upstream's answer is not valid HTTP"},
    {Reason::overloaded, 503, "overloaded", "too many requests are waiting for the upstream"},
    {Reason::shed, 503, "shed", "requests wait too long for the upstream already"},
    {Reason::audit_full, 503, "audit_full", "the request cannot be recorded now"},
    {Reason::upstream_timeout, 504, "upstream_timeout", "the upstream took too long to answer"},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].reason != static_cast<Reason>(i)) return false;
  return table.size() == static_cast<std::size_t>(Reason::upstream_timeout) + 1;
}
static_assert(in_order(), "the table's rows stand in the order of Reason");

struct Phrase {
  int status;
  std::string_view phrase;
};
constexpr auto phrases = std::to_array<Phrase>({
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
});

}  // namespace

const ReasonInfo& info(Reason reason) {
  assert(static_cast<std::size_t>(reason) < table.size());
  return table[static_cast<std::size_t>(reason)];
}

std::string_view status_phrase(int status) {
  const auto row = std::ranges::find(phrases, status, &Phrase::status);
  return row == phrases.end() ? std::string_view{} : row->phrase;
}

}  // namespace filters
