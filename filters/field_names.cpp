#include "filters/field_names.hpp"

#include <algorithm>

namespace filters {

std::uint8_t field_meant(const Contract& contract, std::string_view name) {
  if (const auto field = contract.find(name); field != Contract::none) return field;
  if (const auto field = contract.alias(name); field != Contract::none) return field;
  if (const auto field = contract.nearest(name, true); field != Contract::none) return field;
  return contract.nearest(name, false);
}

std::string_view base_name(std::string_view name) {
  const auto outside = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '[' || c == ']';
  };
  const auto begin = std::ranges::find_if_not(name, outside);
  const auto end = std::find_if(begin, name.end(), outside);
  return {begin, end};
}

}  // namespace filters
