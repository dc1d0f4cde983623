#include "bench/load/schedule.hpp"

#include <algorithm>
#include <cmath>

#include "filters/yaml/units.hpp"

namespace load {
namespace {

constexpr std::uint64_t highest_rate = 10'000'000;

std::optional<double> parse_rate(std::string_view text) {
  const auto rate = filters::parse_count(text);
  if (!rate || *rate == 0 || *rate > highest_rate) return std::nullopt;
  return static_cast<double>(*rate);
}

}  // namespace

std::optional<std::vector<Rate>> parse_rates(std::string_view text) {
  if (const auto dots = text.find(".."); dots != text.npos) {
    const auto from = parse_rate(text.substr(0, dots));
    const auto to = parse_rate(text.substr(dots + 2));
    if (!from || !to) return std::nullopt;
    return std::vector{Rate{*from, *to}};
  }
  std::vector<Rate> steps;
  for (;;) {
    const auto comma = text.find(',');
    const auto rate = parse_rate(text.substr(0, comma));
    if (!rate) return std::nullopt;
    steps.push_back({*rate, *rate});
    if (comma == text.npos) return steps;
    text.remove_prefix(comma + 1);
  }
}

double Schedule::Piece::requests(double time) const {
  return rate.from * time + (rate.to - rate.from) / lasts / 2 * time * time;
}

// The root of the above, in the form that also holds where the rate does not change.
double Schedule::Piece::time_of(double request) const {
  const double slope = (rate.to - rate.from) / lasts;
  const double under_root = std::max(0.0, rate.from * rate.from + 2 * slope * request);
  return 2 * request / (rate.from + std::sqrt(under_root));
}

Schedule::Schedule(const std::vector<Rate>& steps, Nanoseconds whole, Nanoseconds warmup)
    : warmup_(warmup), end_(warmup + whole) {
  double begins = 0;
  double before = 0;
  const auto add = [&](Rate rate, double lasts) {
    pieces_.push_back({rate, begins, lasts, before});
    begins += lasts;
    before += pieces_.back().requests(lasts);
  };
  if (warmup > Nanoseconds(0)) add({steps.front().from, steps.front().from}, in_seconds(warmup));
  for (const auto& step : steps) add(step, in_seconds(whole) / static_cast<double>(steps.size()));
}

std::optional<Nanoseconds> Schedule::due(std::uint64_t number) const {
  const auto request = static_cast<double>(number);
  const auto next = std::ranges::upper_bound(pieces_, request, {}, &Piece::before);
  const auto& piece = *std::prev(next);
  const double seconds = piece.begins + piece.time_of(request - piece.before);
  const Nanoseconds due(std::llround(seconds * 1e9));
  if (due >= end_) return std::nullopt;
  return due;
}

std::uint64_t Schedule::count() const {
  const auto& last = pieces_.back();
  auto count = static_cast<std::uint64_t>(last.before + last.requests(last.lasts));
  while (due(count)) ++count;
  while (count > 0 && !due(count - 1)) --count;
  return count;
}

double Schedule::rate_at(Nanoseconds time) const {
  const double seconds = in_seconds(time);
  const auto next = std::ranges::upper_bound(pieces_, seconds, {}, &Piece::begins);
  const auto& piece = *std::prev(next);
  const double part = std::clamp((seconds - piece.begins) / piece.lasts, 0.0, 1.0);
  return piece.rate.from + (piece.rate.to - piece.rate.from) * part;
}

}  // namespace load
