#include "filters/policy/moment.hpp"

#include <doctest/doctest.h>

using namespace filters;
using namespace std::chrono;

TEST_CASE("a date is its first second, UTC, and a time is exact") {
  CHECK(parse_moment("1970-01-01") == Moment{});
  CHECK(parse_moment("2024-02-29") == Moment{sys_days(2024y / February / 29)});
  CHECK(parse_moment("2027-01-01T08:30:05Z") ==
        Moment{sys_days(2027y / January / 1)} + 8h + 30min + 5s);
}

TEST_CASE("what no calendar or clock has is refused") {
  for (const std::string_view text :
       {"", "2027", "2027-1-1", "2027-02-29", "2027-13-01", "2027-00-01", "2027-01-32",
        "1969-12-31", "2027-01-01 ", "2027-01-01T24:00:00Z", "2027-01-01T08:60:00Z",
        "2027-01-01T08:30:60Z", "2027-01-01T08:30:00", "2027-01-01T08:30:00+01:00", "01.01.2027"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_moment(text));
  }
}

TEST_CASE("a moment is written as it is read") {
  for (const std::string_view text :
       {"2027-01-01", "2027-01-01T08:30:05Z", "1970-01-01", "9999-12-31"})
    CHECK(format_moment(*parse_moment(text)) == text);
}
