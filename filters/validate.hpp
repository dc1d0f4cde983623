// Validate: the contract, strictly. Head: method, framing, media type. Body: every field's
// presence, type and pattern, as they will stand after repair. All violations in one answer.
// Changes nothing.
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
  static constexpr std::size_t max_violations = 16;  // in one answer; the rest is counted
  Validate(const Contract& contract, ValidateModes modes) : contract_(contract), modes_(modes) {}

  Verdict on_head(Exchange& exchange) const;
  Verdict on_body(Exchange& exchange) const;

 private:
  const Contract& contract_;
  ValidateModes modes_;
};

}  // namespace filters
