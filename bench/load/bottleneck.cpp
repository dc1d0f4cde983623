#include "bench/load/bottleneck.hpp"

#include <algorithm>
#include <cstdio>

namespace load {
namespace {

constexpr double most_late = 0.01;  // of all requests
constexpr double most_full = 0.1;   // of all seconds

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

}  // namespace

std::string own_bottleneck(const Result& result, double most_busy) {
  const auto left =
      result.asked -
      std::min(result.asked, result.failures.at(static_cast<std::size_t>(Failure::unsent)));
  const double late = left > 0 ? static_cast<double>(result.late) / static_cast<double>(left) : 0;
  double whole = 0, busy = 0;
  for (const auto& second : result.seconds) {
    whole += second.lasted;
    if (second.busy > most_busy) busy += second.lasted;
  }
  if (whole > 0 && busy / whole > most_full)
    return "prefgate-load itself was the bottleneck: for " + percent(busy / whole) +
           " of the time its thread computed or waited for a core. Ask for less, or give it a core "
           "of "
           "its own: these figures say nothing of the target";
  if (late > most_late)
    return "prefgate-load itself was the bottleneck: " + percent(late) +
           " of the requests left late (see --late) though a connection was free. Ask for less, or "
           "give it a core of its own: these figures say nothing of the target";
  return {};
}

}  // namespace load
