// Moment: a date or a time of a policy, always of UTC, in whole seconds. Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace filters {

using Moment = std::chrono::sys_seconds;

// "2027-01-01", which is the day's first second, or "2027-01-01T08:30:00Z". None for anything else,
// and for days that no calendar has. Years from 1970 to 9999.
std::optional<Moment> parse_moment(std::string_view text);
// In the shorter of these two forms.
std::string format_moment(Moment moment);

}  // namespace filters
