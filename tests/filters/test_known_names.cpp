#include "filters/contract/known_names.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "filters/contract/contract.hpp"

using namespace filters;

namespace {
const KnownNames& known = Contract::builtin().endpoints()[0].preferences().known;
}  // namespace

TEST_CASE("all 122 known names are known, sorted, and nothing beside them is") {
  const auto& names = known;
  CHECK(names.size() == 122);
  CHECK(std::ranges::is_sorted(names));
  for (const std::string_view name : names) {
    CHECK(known.contains(name));
    CHECK_FALSE(known.contains(std::string(name) + "_"));
    CHECK_FALSE(known.contains(name.substr(1)));
  }
  CHECK_FALSE(known.contains(""));
  CHECK_FALSE(known.contains(std::string(500, 'a')));
  // The vendor's own spelling.
  CHECK(known.contains("supercharing_coupon_redemption"));
}

TEST_CASE("a suggestion is the one nearest name, at most two edits away") {
  CHECK(known.nearest("alarn") == "alarm");
  CHECK(known.nearest("Alarm") == "alarm");
  CHECK(known.nearest("chargin_started") == "charging_started");
  CHECK(known.nearest("key_aded") == "key_added");
  CHECK(known.nearest("something_else") == "");
  CHECK(known.nearest("") == "");
  CHECK(known.nearest(std::string(1000, 'a')) == "");
}

TEST_CASE("a known name short of one character suggests itself, unless two names are as near") {
  for (const std::string_view name : known) {
    const bool has_opposite = name.starts_with("service_range_analysis_");
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string wrong(name);
      wrong.erase(i, 1);
      CAPTURE(wrong);
      if (has_opposite)
        CHECK((known.nearest(wrong) == name || known.nearest(wrong) == ""));
      else
        CHECK(known.nearest(wrong) == name);
    }
  }
}

TEST_CASE("a name is found at its place, and an unknown one nowhere") {
  const KnownNames names({"alarm", "key_added", "a"});
  for (std::uint16_t i = 0; i < names.size(); ++i) CHECK(names.index(names[i]) == i);
  CHECK(names.index("alarms") == KnownNames::none);
  CHECK(names.index("") == KnownNames::none);
  CHECK(KnownNames().index("alarm") == KnownNames::none);
}
