// Verdict: what a filter, or the host, says of an exchange: go on, or leave with a Reason.
// One table maps each Reason to its status and words; no status code is written anywhere else.
#pragma once

#include <cstdint>
#include <string_view>

namespace filters {

enum class Reason : std::uint8_t {
  none,  // go on
  malformed_request,
  malformed_body,
  malformed_form,
  malformed_query,
  ambiguous_path,
  method_override,
  body_not_allowed,
  no_bearer_token,
  policy,
  unknown_path,
  method_not_allowed,
  request_timeout,
  client_closed,
  length_required,
  body_too_large,
  target_too_long,
  media_type,
  content_encoding,
  expectation,
  contract,
  rate_limit,
  head_too_large,
  internal,
  upstream_unreachable,
  upstream_tls,
  upstream_failed,
  upstream_garbled,
  overloaded,
  shed,
  audit_full,
  upstream_timeout,
};

// What is known of a request that was not answered by the upstream.
enum class Delivery : std::uint8_t { none, no, unknown, yes };

struct ReasonInfo {
  Reason reason;
  int status;                // of the answer the client gets
  std::string_view token;    // stable, machine-readable: `contract`, `upstream_timeout`
  std::string_view message;  // for people
};

// The row of `reason`. Reason::none has status 0.
const ReasonInfo& info(Reason reason);
// The standard phrase of a status, "" for one without (RFC 9110 section 15).
std::string_view status_phrase(int status);

struct [[nodiscard]] Verdict {
  Reason reason = Reason::none;
  std::string_view detail = {};  // more than the table's message says; never a secret value
  int denial = 0;                // of Reason::policy: the rule's own status, where it has one

  bool rejected() const { return reason != Reason::none; }
  int status() const { return denial != 0 ? denial : info(reason).status; }
};

inline constexpr Verdict go_on{};

}  // namespace filters
