#include "filters/policy/moment.hpp"

#include <algorithm>
#include <cstdint>

namespace filters {
namespace {

// Digits where `form` has 0, itself anywhere else.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;
  });
}

unsigned digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  using namespace std::chrono;
  const bool exact = has_form(text, "0000-00-00T00:00:00Z");
  if (!exact && !has_form(text, "0000-00-00")) return {};
  const year_month_day day(year(static_cast<int>(digits(text.substr(0, 4)))),
                           month(digits(text.substr(5, 2))),
                           std::chrono::day(digits(text.substr(8, 2))));
  if (!day.ok() || day.year() < year(1970)) return {};
  const Moment midnight{sys_days(day)};
  if (!exact) return midnight;
  const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
             second = digits(text.substr(17, 2));
  if (hour > 23 || minute > 59 || second > 59) return {};
  return midnight + hours(hour) + minutes(minute) + seconds(second);
}

// Not `rfc3339`: its clock ends in 2262, and "for ever" is written 9999-12-31.
std::string format_moment(Moment moment) {
  using namespace std::chrono;
  const auto midnight = floor<days>(moment);
  const year_month_day day(midnight);
  const hh_mm_ss time(moment - midnight);
  const auto padded = [](std::int64_t number, std::size_t width) {
    auto text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
  };
  std::string text = padded(static_cast<int>(day.year()), 4) + "-" +
                     padded(unsigned{day.month()}, 2) + "-" + padded(unsigned{day.day()}, 2);
  if (moment == midnight) return text;
  return text + "T" + padded(time.hours().count(), 2) + ":" + padded(time.minutes().count(), 2) +
         ":" + padded(time.seconds().count(), 2) + "Z";
}

}  // namespace filters
