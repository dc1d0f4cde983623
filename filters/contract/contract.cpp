#include "filters/contract/contract.hpp"

#include <algorithm>

#include "filters/contract/nearness.hpp"

namespace filters {
namespace {

// Characters, not bytes: JSON Schema (validation, section 6.3.1) counts so.
std::size_t length_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool fits(std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() < least) return false;
  if (least <= 1 && text.size() <= most) return true;  // the first byte begins a character
  const std::size_t length = length_of(text);
  return length >= least && length <= most;
}

}  // namespace

bool ContractField::matches(std::string_view text) const {
  if (!values.empty()) return std::ranges::find(values, text) != values.end();
  return fits(text, least_length, most_length) && (!pattern || pattern->matches(text));
}

Endpoint::Endpoint(EndpointRules rules)
    : rules_(std::move(rules)),
      allowed_methods_(rules_.has_get && rules_.has_post ? "GET, POST"
                       : rules_.has_get                  ? "GET"
                                                         : "POST") {
  std::ranges::sort(rules_.invisible);
}

bool Endpoint::takes(Method method) const {
  return (method == Method::get && rules_.has_get) || (method == Method::post && rules_.has_post);
}

std::uint8_t Endpoint::find(std::string_view name) const {
  for (std::size_t i = 0; i < rules_.fields.size(); ++i)
    if (rules_.fields[i].name == name) return static_cast<std::uint8_t>(i);
  return none;
}

std::uint8_t Endpoint::alias(std::string_view name) const {
  for (std::size_t i = 0; i < rules_.fields.size(); ++i)
    if (std::ranges::count(rules_.fields[i].aliases, name) > 0) return static_cast<std::uint8_t>(i);
  return none;
}

std::uint8_t Endpoint::nearest(std::string_view name, bool in_query) const {
  std::uint8_t found = none;
  for (std::size_t i = 0; i < rules_.fields.size(); ++i) {
    const auto& field = rules_.fields[i];
    if (!(in_query ? field.in_query : field.in_body) || !at_most_one_edit(name, field.name))
      continue;
    if (found != none) return none;
    found = static_cast<std::uint8_t>(i);
  }
  return found;
}

std::string_view Endpoint::nearest_value(const ContractField& field, std::string_view text) {
  std::string_view found;
  for (const std::string_view value : field.values) {
    if (edits_between(text, value, 2) > 2) continue;
    if (!found.empty()) return {};
    found = value;
  }
  return found;
}

bool Endpoint::is_invisible(char32_t character) const {
  return std::ranges::binary_search(rules_.invisible, character);
}

bool Endpoint::valid_preference_name(std::string_view name) const {
  if (rules_.preferences.known.contains(name)) return true;  // load_contract has seen to that
  return fits(name, rules_.preferences.least_name_length, rules_.preferences.most_name_length) &&
         (!rules_.preferences.name_pattern || rules_.preferences.name_pattern->matches(name));
}

Contract::Match Contract::match_path(std::string_view path) const {
  for (const auto& endpoint : endpoints_)
    if (path == endpoint.path()) return {PathMatch::governed, &endpoint};
  for (const auto& endpoint : endpoints_)
    if (endpoint.match_path(path) == PathMatch::ambiguous) return {PathMatch::ambiguous, &endpoint};
  return {};
}

}  // namespace filters
