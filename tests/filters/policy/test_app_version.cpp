#include "filters/policy/app_version.hpp"

#include <doctest/doctest.h>

using namespace filters;

namespace {

VersionRange range(std::string_view text) {
  std::string fault;
  const auto found = parse_version_range(text, fault);
  CAPTURE(text);
  REQUIRE(found);
  return *found;
}

AppVersion version(std::string_view text) {
  CAPTURE(text);
  const auto found = AppVersion::parse(text);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("versions are compared number by number, and builds do not count") {
  CHECK(version("4.9") < version("4.10"));
  CHECK(version("4") == version("4.0.0.0"));
  CHECK(version("4.17.0-1566") == version("4.17.0"));
  CHECK(version("4.17.0+beta.2") == version("4.17"));
  CHECK(version("999999999.0.0.1") > version("999999999"));
}

TEST_CASE("what is not one to four numbers is no version") {
  for (const std::string_view text : {"", ".", "4.", ".4", "4..1", "a", "4a", "1.2.3.4.5",
                                      "1234567890", "-1", " 4", "4 ", "+4", "4.-1"}) {
    CAPTURE(text);
    CHECK_FALSE(AppVersion::parse(text));
  }
}

TEST_CASE("a range holds the versions that keep all its comparisons") {
  const struct {
    std::string_view range;
    std::vector<std::string_view> in, out;
  } cases[] = {
      {">=4.10 <5", {"4.10", "4.10.0", "4.57.5-4357", "4.999"}, {"4.9", "5", "5.0.0", "10"}},
      {">4.10", {"4.10.0.1", "4.11"}, {"4.10", "4.10.0-7"}},
      {"<=4.10", {"4.10", "0", "4.10.0.0"}, {"4.10.0.1"}},
      {"=4.17", {"4.17.0-1", "4.17"}, {"4.17.1"}},
      {"  <5   >=4 ", {"4"}, {"3", "5"}},
      {">=4 <5 <4.5", {"4.4"}, {"4.5"}},
      {">1.999999999.999999999.999999999", {"2"}, {"1.999999999.999999999.999999999"}},
      {"<2", {"1.999999999.999999999.999999999"}, {"2"}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.range);
    for (const std::string_view text : each.in)
      CHECK_MESSAGE(range(each.range).contains(version(text)), text);
    for (const std::string_view text : each.out)
      CHECK_FALSE_MESSAGE(range(each.range).contains(version(text)), text);
  }
}

TEST_CASE("a range that no version is in says so") {
  for (const std::string_view text : {"<4 >4", ">=5 <5", "<0", ">4.1 <4.1.0.1", ">4 =4", "<=3 >=4",
                                      ">999999999.999999999.999999999.999999999"}) {
    CAPTURE(text);
    CHECK(range(text).empty());
  }
  CHECK_FALSE(range(">=4.1 <4.1.0.1").empty());
  CHECK_FALSE(range("<=0").empty());
}

TEST_CASE("what is no range is refused: a bare version could mean two things") {
  for (const std::string_view text : {"", " ", "4.10", ">=", ">= 4.10", "=>4", "==4", "!=4", "<>4",
                                      ">=4,<5", ">=4.10-7", "~4", ">=4 or <3"}) {
    CAPTURE(text);
    std::string fault;
    CHECK_FALSE(parse_version_range(text, fault));
    CHECK(fault.starts_with("expected a range of versions"));
  }
}

TEST_CASE("ranges that overlap or touch become one") {
  const auto pieces =
      merged({range(">=5 <6"), range("<4 >4"), range(">=4 <5"), range(">=7 <8"), range(">=7.5")});
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].low == version("4"));
  CHECK(pieces[0].contains(version("5.999")));
  CHECK_FALSE(pieces[0].contains(version("6")));
  CHECK(pieces[1].low == version("7"));
  CHECK(pieces[1].high == AppVersion::last());
}
