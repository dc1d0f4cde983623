#include "filters/contract/contract.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "filters/contract/known_preferences.hpp"
#include "filters/contract/nearness.hpp"
#include "filters/contract/patterns.hpp"

namespace filters {
namespace {

using namespace std::string_view_literals;

constexpr auto token_names = std::to_array({"deviceToken"sv, "device-token"sv});
constexpr auto type_names = std::to_array({"deviceType"sv, "device-type"sv});
constexpr auto platform_names = std::to_array({"platfrom"sv});
constexpr auto version_names = std::to_array({"appVersion"sv, "app-version"sv});
constexpr auto preferences_names =
    std::to_array({"notificationPreferences"sv, "notification-preferences"sv});
constexpr auto platforms = std::to_array({"ios"sv, "android"sv});

constexpr auto builtin_fields = std::to_array<ContractField>({
    {.name = "locale",
     .documented_query_name = "locale",
     .in_query = true,
     .in_body = true,
     .matches = matches_locale,
     .expectation = "must be a language tag such as en or en_GB"},
    {.name = "device_token",
     .documented_query_name = "device_token",
     .in_query = true,
     .in_body = true,
     .secret = true,
     .aliases = token_names,
     .matches = matches_device_token,
     .expectation = "must be 1 to 4096 printable characters without spaces"},
    {.name = "device_type",
     .documented_query_name = "device_type",
     .in_query = true,
     .in_body = true,
     .aliases = type_names,
     .matches = matches_device_type,
     .expectation = "must be ios or android, or one of them with a suffix such as -production",
     .case_insensitive = true},
    {.name = "platform",
     .documented_query_name = "platfrom",
     .in_query = true,
     .in_body = true,
     .aliases = platform_names,
     .values = platforms,
     .matches = matches_platform,
     .expectation = "must be one of ios, android",
     .case_insensitive = true},
    {.name = "app_version",
     .documented_query_name = "app_version",
     .in_query = true,
     .in_body = true,
     .aliases = version_names,
     .matches = matches_app_version,
     .expectation = "must be a version such as 4.17.0 or 4.17.0-1566",
     .numeric = true},
    {.name = "notification_preferences",
     .documented_query_name = "notification_preferences",
     .type = FieldType::object_of_booleans,
     .in_body = true,
     .aliases = preferences_names,
     .expectation = "must be an object"},
});

}  // namespace

const Contract& Contract::builtin() {
  static constexpr Contract contract;
  return contract;
}

std::string_view Contract::path() const {
  return "/api/1/notification_preferences";
}
std::string_view Contract::allowed_methods() const {
  return "GET, POST";
}
std::span<const ContractField> Contract::fields() const {
  return builtin_fields;
}

std::uint8_t Contract::find(std::string_view name) const {
  for (std::size_t i = 0; i < builtin_fields.size(); ++i)
    if (builtin_fields[i].name == name) return static_cast<std::uint8_t>(i);
  return none;
}

std::uint8_t Contract::alias(std::string_view name) const {
  for (std::size_t i = 0; i < builtin_fields.size(); ++i)
    if (std::ranges::count(builtin_fields[i].aliases, name) > 0)
      return static_cast<std::uint8_t>(i);
  return none;
}

std::uint8_t Contract::nearest(std::string_view name, bool in_query) const {
  std::uint8_t found = none;
  for (std::size_t i = 0; i < builtin_fields.size(); ++i) {
    const auto& field = builtin_fields[i];
    if (!(in_query ? field.in_query : field.in_body) || !at_most_one_edit(name, field.name))
      continue;
    if (found != none) return none;
    found = static_cast<std::uint8_t>(i);
  }
  return found;
}

std::string_view Contract::nearest_value(const ContractField& field, std::string_view text) {
  std::string_view found;
  for (const auto value : field.values) {
    if (edits_between(text, value, 2) > 2) continue;
    if (!found.empty()) return {};
    found = value;
  }
  return found;
}

bool Contract::valid_preference_name(std::string_view name) const {
  return matches_preference_name(name);
}
bool Contract::known_preference(std::string_view name) const {
  return is_known_preference(name);
}
std::string_view Contract::nearest_preference(std::string_view name) const {
  return nearest_known_preference(name);
}

}  // namespace filters
