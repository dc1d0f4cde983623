#include "bench/load/max_search.hpp"

#include <algorithm>

#include "bench/load/report.hpp"

namespace load {
namespace {

constexpr std::uint64_t highest = 10'000'000;

}  // namespace

std::optional<std::uint64_t> MaxSearch::next() const {
  const bool found =
      fails_ > 0 && static_cast<double>(fails_) <= static_cast<double>(holds_) * close_enough;
  // Neighbours cannot be told apart any further, and 0 is no rate.
  const bool exhausted = fails_ > 0 && fails_ <= holds_ + 1;
  if (found || exhausted || trials_ >= most_trials || holds_ >= highest) return std::nullopt;
  return next_;
}

void MaxSearch::tell(bool holds) {
  ++trials_;
  (holds ? holds_ : fails_) = next_;
  next_ = fails_ == 0 ? std::min(holds_ * 2, highest) : holds_ + (fails_ - holds_) / 2;
}

std::string why_not(const Result& result, Nanoseconds p99) {
  if (result.failed() > 0) return count_text(result.failed()) + " failed";
  if (result.wrong() > 0)
    return count_text(result.wrong()) + " were answered otherwise than expected";
  if (static_cast<double>(result.answered) < 0.98 * static_cast<double>(result.asked) ||
      result.answered == 0)
    return "only " + count_text(result.answered) + " of " + count_text(result.asked) +
           " were answered";
  const auto reached = result.latency.percentile(99);
  if (reached > p99) return "p99 " + duration_text(reached);
  return {};
}

}  // namespace load
