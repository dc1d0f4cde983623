// AuditTime: the time of a record, and the times that people give to ask for records. Pure
// functions; they know no time zone but those that a text names, and no clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace proxy {

using AuditTime = std::chrono::sys_time<std::chrono::microseconds>;

// A time of RFC 3339 with its zone: "2026-11-22T20:31:15.742312Z" as records have it,
// "2026-11-22T22:31:15+02:00". Of a fraction what is below a microsecond is left out. None for
// anything else, and for years before 1970.
std::optional<AuditTime> parse_timestamp(std::string_view text);

// What `--since` and `--until` take: a timestamp, a date, which is the day's first second in UTC,
// or how long before `now`: "90s", "15m", "2h", "7d".
std::optional<AuditTime> parse_time_bound(std::string_view text, AuditTime now);
// What was expected instead; empty where it is one.
std::string fault_of_time_bound(const std::string& text);

}  // namespace proxy
