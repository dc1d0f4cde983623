// Policy: the operator's rules on what clients may ask for: preferences that are forced, added or
// removed, and requests that are denied. A rule below `enforce` only writes what it would do. What
// the rules are comes from a file: see filters/policy/load_policy.hpp. Costs no heap, and where no
// rule matches, nothing but the looking.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "filters/exchange.hpp"
#include "filters/policy/rules.hpp"

namespace filters {

class Policy {
 public:
  static constexpr std::string_view name = "policy";
  // Null: no rules.
  explicit Policy(std::shared_ptr<const PolicyRules> rules) : rules_(std::move(rules)) {}

  // The rules in the file's order, each on what those before it left. The first that denies ends
  // the walk. The journal names them as `policy.<id>`.
  Verdict on_body(Exchange& exchange) const;

 private:
  std::shared_ptr<const PolicyRules> rules_;
};

}  // namespace filters
