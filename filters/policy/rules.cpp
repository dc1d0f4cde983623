#include "filters/policy/rules.hpp"

#include <algorithm>

namespace filters {

PolicyRules as_enforced(PolicyRules rules) {
  for (auto& rule : rules.rules) {
    if (rule.mode == Mode::off) continue;
    rule.mode = Mode::enforce;
    rule.rollout = PolicyRule::everyone;
  }
  return rules;
}

std::uint8_t map_field(const Endpoint& endpoint) {
  const auto fields = endpoint.fields();
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (fields[f].type == FieldType::object_of_booleans && fields[f].in_body)
      return static_cast<std::uint8_t>(f);
  return Endpoint::none;
}

const Endpoint* endpoint_of(const PolicyTest& test, const Contract& contract) {
  const auto endpoints = contract.endpoints();
  const auto fits = [&](const Endpoint& endpoint) {
    return (test.path.empty() || endpoint.path() == test.path) &&
           endpoint.takes(test.request.method) &&
           (test.request.preferences.empty() ||
            (test.request.method == Method::post && map_field(endpoint) != Endpoint::none));
  };
  const auto found = std::ranges::find_if(endpoints, fits);
  return found == endpoints.end() ? nullptr : &*found;
}

}  // namespace filters
