#include "filters/contract/known_preferences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace filters;

TEST_CASE("all 122 known names are known, sorted, and nothing beside them is") {
  const auto names = known_preferences();
  CHECK(names.size() == 122);
  CHECK(std::ranges::is_sorted(names));
  for (const auto name : names) {
    CHECK(is_known_preference(name));
    CHECK_FALSE(is_known_preference(std::string(name) + "_"));
    CHECK_FALSE(is_known_preference(name.substr(1)));
  }
  CHECK_FALSE(is_known_preference(""));
  CHECK_FALSE(is_known_preference(std::string(500, 'a')));
  // The vendor's own spelling.
  CHECK(is_known_preference("supercharing_coupon_redemption"));
}

TEST_CASE("a suggestion is the one nearest name, at most two edits away") {
  CHECK(nearest_known_preference("alarn") == "alarm");
  CHECK(nearest_known_preference("Alarm") == "alarm");
  CHECK(nearest_known_preference("chargin_started") == "charging_started");
  CHECK(nearest_known_preference("key_aded") == "key_added");
  CHECK(nearest_known_preference("something_else") == "");
  CHECK(nearest_known_preference("") == "");
  CHECK(nearest_known_preference(std::string(1000, 'a')) == "");
}

TEST_CASE("a known name short of one character suggests itself, unless two names are as near") {
  for (const auto name : known_preferences()) {
    const bool has_opposite = name.starts_with("service_range_analysis_");
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string wrong(name);
      wrong.erase(i, 1);
      CAPTURE(wrong);
      if (has_opposite)
        CHECK((nearest_known_preference(wrong) == name || nearest_known_preference(wrong) == ""));
      else
        CHECK(nearest_known_preference(wrong) == name);
    }
  }
}
