#include "proxy/query/audit_time.hpp"

#include <algorithm>
#include <string>

#include "filters/policy/moment.hpp"
#include "filters/yaml/units.hpp"

namespace proxy {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;

constexpr std::size_t seconds_end = 19;  // of "2026-11-22T20:31:15"
constexpr std::size_t most_decimals = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// ".742312", taken off the front of `text`; nothing where it begins with none. None where it is
// malformed.
std::optional<microseconds> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return microseconds{};
  text.remove_prefix(1);
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (digits == 0 || digits > most_decimals) return std::nullopt;
  microseconds::rep fraction = 0;
  for (std::size_t i = 0; i < 6; ++i) fraction = fraction * 10 + (i < digits ? text[i] - '0' : 0);
  text.remove_prefix(digits);
  return microseconds{fraction};
}

// "Z", "+02:00": how far the zone is ahead of UTC.
std::optional<minutes> parse_zone(std::string_view text) {
  if (text == "Z") return minutes{};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  for (const auto i : {1U, 2U, 4U, 5U})
    if (!is_digit(text[i])) return std::nullopt;
  const int hour = (text[1] - '0') * 10 + (text[2] - '0');
  const int minute = (text[4] - '0') * 10 + (text[5] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return minutes((text[0] == '-' ? -1 : 1) * (60 * hour + minute));
}

// "15m" is fifteen minutes here, as with other tools that look into logs.
std::optional<std::chrono::milliseconds> parse_age(std::string_view text) {
  std::string age(text);
  if (age.ends_with('m')) age += "in";
  return filters::parse_time(age);
}

}  // namespace

std::optional<AuditTime> parse_timestamp(std::string_view text) {
  if (text.size() <= seconds_end) return std::nullopt;
  char seconds[seconds_end + 1];
  std::copy_n(text.data(), seconds_end, seconds);
  seconds[seconds_end] = 'Z';
  const auto moment = filters::parse_moment({seconds, sizeof seconds});
  text.remove_prefix(seconds_end);
  const auto fraction = take_fraction(text);
  const auto zone = parse_zone(text);
  if (!moment || !fraction || !zone) return std::nullopt;
  return *moment + *fraction - *zone;
}

std::optional<AuditTime> parse_time_bound(std::string_view text, AuditTime now) {
  using std::chrono::milliseconds;
  if (const auto age = parse_age(text)) {
    // Of any number of milliseconds there may be too many microseconds.
    const bool since_epoch = *age < std::chrono::floor<milliseconds>(now.time_since_epoch());
    return since_epoch ? now - *age : AuditTime{};
  }
  if (text.size() <= seconds_end) return filters::parse_moment(text);
  return parse_timestamp(text);
}

std::string fault_of_time_bound(const std::string& text) {
  if (parse_time_bound(text, AuditTime{})) return "";
  return "expected a date (2026-11-22), a time with its zone (2026-11-22T10:00:00Z, "
         "2026-11-22T12:00:00.5+02:00), or how long ago (90s, 15m, 2h, 7d)";
}

}  // namespace proxy
