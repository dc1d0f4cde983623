#include "filters/rate_limiter.hpp"

#include <algorithm>
#include <array>

#include "filters/yaml/units.hpp"

namespace filters {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  std::chrono::seconds period;
};
constexpr std::array units{Unit{"s", 1s}, Unit{"min", 60s}, Unit{"h", 3600s}};

}  // namespace

std::string_view to_string(Per per) {
  switch (per) {
    case Per::address:
      return "address";
    case Per::token:
      return "token";
    case Per::device:
      return "device";
  }
  return "";
}

std::optional<Rate> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return {};
  const auto requests = parse_count(text.substr(0, slash));
  const auto unit = std::ranges::find(units, text.substr(slash + 1), &Unit::name);
  if (!requests || unit == units.end()) return {};
  return Rate{*requests, unit->period};
}

std::string to_string(const Rate& rate) {
  const auto unit = std::ranges::find(units, rate.period, &Unit::period);
  return std::to_string(rate.requests) + "/" + std::string(unit->name);
}

}  // namespace filters
