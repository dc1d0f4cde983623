// Rewrite: the last say on what leaves: how the upstream wants parameters spelt
// (`documented`: the API page's own "platfrom" in a query), and header fields the operator sets or
// removes. Values of header fields may be an operator's secrets: the journal names them only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/exchange.hpp"

namespace filters {

struct RewriteSettings {
  ParameterNames parameter_names = ParameterNames::canonical;
  std::vector<std::pair<std::string, std::string>> set;  // field name and value
  std::vector<std::string> remove;                       // field names
};

class Rewrite {
 public:
  static constexpr std::string_view name = "rewrite";
  explicit Rewrite(RewriteSettings settings) : settings_(std::move(settings)) {}

  Verdict on_body(Exchange& exchange) const;

 private:
  RewriteSettings settings_;
};

}  // namespace filters
