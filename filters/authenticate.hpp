// Authenticate: the request carries `Authorization: Bearer` and a token68 token (RFC 6750 section
// 2.1), exactly one such field; else 401. It does not know whether the token is good: the upstream
// does. Notes the token in `exchange.identity` for the record's keyed hash.
#pragma once

#include <string_view>

#include "filters/exchange.hpp"

namespace filters {

class Authenticate {
 public:
  static constexpr std::string_view name = "authenticate";
  explicit Authenticate(Mode mode) : mode_(mode) {}

  Verdict on_head(Exchange& exchange) const;

 private:
  Mode mode_;
};

}  // namespace filters
