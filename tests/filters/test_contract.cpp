#include "filters/contract/contract.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "filters/exchange.hpp"

using namespace filters;

namespace {
const auto& endpoint = Contract::builtin().endpoints()[0];
const ContractField& field(std::string_view name) {
  const auto index = endpoint.find(name);
  REQUIRE(index != Endpoint::none);
  return endpoint.fields()[index];
}
}  // namespace

TEST_CASE("patterns accept what the contract lists and nothing around it") {
  const struct {
    std::string_view name;
    std::vector<std::string> good, bad;
  } cases[] = {
      {"locale",
       {"en", "en_GB", "en-GB", "zh_Hans_CN", "deu", "de-1996-ab-cd"},
       {"", "e", "engl", "en_", "en_G", "en__GB", "en_GB_", "en GB", "e1", "en_123456789",
        "aa_bb_cc_dd_ee", "en\n", "_en"}},
      {"device_token",
       {"a", "abc:def", std::string(4096, '~'), "!"},
       {"", " ", "a b", "a\t", std::string(4097, 'a'), "\xC3\xA4", "a\x7F",
        std::string("a\0b", 3)}},
      {"device_type",
       {"ios", "android", "android-production-firebase", "android-production-jpush2", "ios-beta"},
       {"", "iOS", "ios-", "ios--a", "iosx", "windows", "-ios", "ios_a", "android-A", "ios-a-"}},
      {"platform", {"ios", "android"}, {"", "iOS", "ios ", "windows", "ios-beta"}},
      {"app_version",
       {"4", "4.17", "4.17.0", "4.17.0-1566", "4.55.0", "1.2.3.4", "123456789", "4.17+a.b",
        "1-" + std::string(32, 'x')},
       {"", ".", "4.", ".4", "4..1", "1.2.3.4.5", "1234567890", "4.17-", "v4", "4.17 ",
        "1-" + std::string(33, 'x'), "4-a_b", "4-a-b", "1e5", "-1"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    for (const auto& text : c.good) {
      CAPTURE(text);
      CHECK(field(c.name).matches(text));
    }
    for (const auto& text : c.bad) {
      CAPTURE(text);
      CHECK_FALSE(field(c.name).matches(text));
    }
  }
}

TEST_CASE("preference names are letters, digits and underscores") {
  CHECK(endpoint.valid_preference_name("supercharing_coupon_redemption"));
  CHECK(endpoint.valid_preference_name(std::string(128, 'a')));
  for (const std::string& bad : {std::string(129, 'a'), std::string(), std::string("a-b"),
                                 std::string("a.b"), std::string("a b"), std::string("\xC3\xA4")})
    CHECK_FALSE(endpoint.valid_preference_name(bad));
}

TEST_CASE("fields are found by name, alias and nearness, where they belong") {
  CHECK(endpoint.fields().size() <= Endpoint::most_fields);
  CHECK(field("platform").documented_query_name == "platfrom");
  CHECK(endpoint.find("Platform") == Endpoint::none);
  CHECK(endpoint.alias("platfrom") == endpoint.find("platform"));
  CHECK(endpoint.alias("deviceToken") == endpoint.find("device_token"));
  CHECK(endpoint.alias("devicetoken") == Endpoint::none);
  CHECK(endpoint.nearest("PLATFORM", true) == endpoint.find("platform"));
  CHECK(endpoint.nearest("plaform", true) == endpoint.find("platform"));
  CHECK(endpoint.nearest("plform", true) == Endpoint::none);
  CHECK(endpoint.nearest("notification_preference", true) == Endpoint::none);
  CHECK(endpoint.nearest("notification_preference", false) ==
        endpoint.find("notification_preferences"));
}

TEST_CASE("values of an enumeration are suggested when one is near") {
  const auto& platform = field("platform");
  CHECK(Endpoint::nearest_value(platform, "IOS") == "ios");
  CHECK(Endpoint::nearest_value(platform, "andriod") == "android");
  CHECK(Endpoint::nearest_value(platform, "windows") == "");
}
