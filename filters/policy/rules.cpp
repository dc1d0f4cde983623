#include "filters/policy/rules.hpp"

#include <algorithm>

namespace filters {

std::vector<Screen> screens_of(const std::vector<PolicyRule>& rules) {
  std::vector<Screen> screens;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].mode == Mode::off) continue;
    const auto& when = rules[i].when;
    const bool one_group = when.groups.size() == 1;
    screens.push_back({.rule = i,
                       .get = when.get,
                       .post = when.post,
                       .more = !when.versions.empty() || when.from != Moment::min() ||
                               when.until != Moment::max() || (!when.groups.empty() && !one_group),
                       .group = one_group ? when.groups[0] : Conditions::any,
                       .texts = when.texts});
  }
  return screens;
}

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
