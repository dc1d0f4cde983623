// Validate: the contract, strictly. Head: method, framing, media type (with the body, where Repair
// can mend the type). Body: every field's presence, type and pattern, as they will stand after
// repair. All violations in one answer. Changes nothing. Below `enforce` what it sees are findings
// and the request goes on, a body that is no JSON included, byte for byte as it came; only the
// framing it never lets through in any mode: a POST without a length, a GET with a body.
#pragma once

#include <string_view>

#include "filters/contract/contract.hpp"
#include "filters/exchange.hpp"

namespace filters {

struct ValidateModes {
  Mode all = Mode::enforce;  // below `enforce`: violations become findings and the request goes on
  Mode unknown_parameters = Mode::observe;
  Mode unknown_preferences = Mode::observe;
};

class Validate {
 public:
  static constexpr std::string_view name = "validate";
  explicit Validate(ValidateModes modes) : modes_(modes) {}

  Verdict on_head(Exchange& exchange) const;
  // Writes at most Journal::violations_kept violations; the journal counts all. The verdict's
  // detail is the first one in words: "platform must be one of ios, android".
  Verdict on_body(Exchange& exchange) const;

 private:
  // The mode of all rules on this exchange: the endpoint may have a weaker one.
  Mode mode(const Exchange& exchange) const;

  ValidateModes modes_;
};

}  // namespace filters
