#include "proxy/query/audit_time.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace proxy;

namespace {

// Microseconds since 1970.
std::int64_t since_1970(std::optional<AuditTime> time) {
  return time ? time->time_since_epoch().count() : -1;
}

const AuditTime now{std::chrono::hours(1000)};

std::int64_t ago(std::string_view text) {
  const auto time = parse_time_bound(text, now);
  return time ? (now - *time).count() : -1;
}

}  // namespace

TEST_CASE("a timestamp has its zone, and microseconds") {
  struct Case {
    const char* text;
    std::int64_t microseconds;
  };
  for (const auto& [text, microseconds] : {
           Case{"1970-01-01T00:00:00Z", 0},
           Case{"1970-01-01T00:00:01.5Z", 1'500'000},
           Case{"1970-01-01T00:00:00.000001Z", 1},
           Case{"1970-01-01T00:00:00.123456789Z", 123'456},
           Case{"1970-01-01T02:00:00+02:00", 0},
           Case{"1970-01-01T00:00:00-00:30", 1'800'000'000},
           Case{"2026-11-22T20:31:15.742312Z", 1'795'379'475'742'312},
           Case{"9999-12-31T23:59:59Z", 253'402'300'799'000'000},
       }) {
    CAPTURE(text);
    CHECK(since_1970(parse_timestamp(text)) == microseconds);
    CHECK(since_1970(parse_time_bound(text, now)) == microseconds);
  }
}

TEST_CASE("what is no time is none, and never half of one") {
  for (const auto* text : {"",
                           "x",
                           "2026",
                           "2026-13-01",
                           "2026-02-30",
                           "2026-11-22T",
                           "2026-11-22T10:00:00",
                           "2026-11-22T10:00:00.Z",
                           "2026-11-22T10:00:00.1",
                           "2026-11-22T10:00:00.1234567890Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T10:60:00Z",
                           "2026-11-22T10:00:60Z",
                           "2026-11-22T10:00:00Zx",
                           "2026-11-22T10:00:00+2:00",
                           "2026-11-22T10:00:00+0200",
                           "2026-11-22T10:00:00+24:00",
                           "2026-11-22T10:00:00+02:60",
                           "2026-11-22 10:00:00Z",
                           "1969-12-31T00:00:00Z",
                           "7",
                           "7x",
                           "-7d",
                           "7 d",
                           "d",
                           "m",
                           "1.5h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time_bound(text, now));
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("a bound may be a date or an age") {
  CHECK_FALSE(parse_timestamp("1970-01-02"));
  CHECK(since_1970(parse_time_bound("1970-01-02", now)) == 86'400'000'000);
  CHECK(ago("0s") == 0);
  CHECK(ago("250ms") == 250'000);
  CHECK(ago("90s") == 90'000'000);
  CHECK(ago("15m") == 15 * 60'000'000LL);
  CHECK(ago("15min") == ago("15m"));
  CHECK(ago("2h") == 2 * 3'600'000'000LL);
  CHECK(ago("7d") == 7 * 86'400'000'000LL);
  // Longer ago than there is time.
  CHECK(since_1970(parse_time_bound("1000h", now)) == 0);
  CHECK(since_1970(parse_time_bound("1001h", now)) == 0);
  CHECK(since_1970(parse_time_bound("100000000000d", now)) == 0);
}
