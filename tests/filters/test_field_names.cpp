#include "filters/field_names.hpp"

#include <doctest/doctest.h>

using namespace filters;

TEST_CASE("a name stands for a field however it is misspelt, wherever the field may stand") {
  const auto& endpoint = Contract::builtin().endpoints()[0];
  for (const auto* name : {"platform", "platfrom", "PLATFORM", "plaform"})
    CHECK(field_meant(endpoint, name) == endpoint.find("platform"));
  for (const auto* name :
       {"notification_preferences", "notificationPreferences", "notification_preference"})
    CHECK(field_meant(endpoint, name) == endpoint.find("notification_preferences"));
  for (const auto* name : {"", "txid", "platforms_of_mine", "platform[]"})
    CHECK(field_meant(endpoint, name) == Endpoint::none);
}

TEST_CASE("names that some server reads as one are alike") {
  CHECK(read_alike("device.type", "device_type"));
  CHECK(read_alike("Device Type", "device_type"));
  // former bugs: PHP makes `_` of a bracket that is never closed
  CHECK(read_alike("device[type", "device_type"));
  CHECK_FALSE(read_alike("device[type]", "device_type"));
  CHECK_FALSE(read_alike("devicetype", "device_type"));
}

TEST_CASE("servers that build objects from names read them without brackets, blanks and controls") {
  using namespace std::string_view_literals;
  for (const auto name :
       {"platform"sv, "platform[]"sv, "platform[x][y]"sv, "[platform]"sv, "platform]"sv,
        "  platform"sv, "platform\0"sv, "platform \x7F[a]"sv,
        // former bugs: these were names like any other
        "platform."sv, "platform.x"sv, "platform\xE2\x80\x8B"sv, "\xEF\xBB\xBFplatform"sv})
    CHECK((base_name(name) == "platform"));
  CHECK((base_name("x[platform]") == "x"));
  CHECK((base_name("[]") == ""));
  CHECK((base_name("") == ""));
}
