#include "filters/authenticate.hpp"

#include <algorithm>
#include <array>

namespace filters {
namespace {

// Whether a character may be in a token: a look-up, because a token has a thousand of them.
constexpr auto in_token = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("-._~+/0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" (RFC 9110 section 11.2).
bool is_token68(std::string_view text) {
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return in_token[static_cast<unsigned char>(c)]; });
  return end != text.begin() && std::all_of(end, text.end(), [](char c) { return c == '='; });
}

// The token of "Bearer TOKEN", the scheme in any case, one or more spaces between; else "".
std::string_view bearer_token(std::string_view value) {
  constexpr std::string_view scheme = "bearer ";
  if (!equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return {};
  const auto start = value.find_first_not_of(' ', scheme.size());
  if (start == value.npos) return {};
  const auto token = value.substr(start);
  return is_token68(token) ? token : std::string_view{};
}

}  // namespace

Verdict Authenticate::on_head(Exchange& exchange) const {
  const auto& headers = exchange.request.headers;
  const auto count = headers.count(FieldId::authorization);
  if (count == 1)
    exchange.identity.bearer_token = bearer_token(headers.find(FieldId::authorization)->value);
  if (mode_ == Mode::off || !exchange.identity.bearer_token.empty()) return go_on;

  const std::string_view why = count == 0   ? "no Authorization field"
                               : count == 1 ? "Authorization holds no bearer token"
                                            : "more than one Authorization field";
  if (mode_ == Mode::enforce) return {Reason::no_bearer_token, why};
  exchange.journal.write({.rule = "authenticate.bearer",
                          .mode = mode_,
                          .kind = Kind::finding,
                          .place = Place::header,
                          .pointer = "/authorization",
                          .message = why});
  return go_on;
}

}  // namespace filters
