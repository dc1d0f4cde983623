// Schedule: when each request is to leave, whatever becomes of those before it. Made from what
// `--rate` says: a rate, a ramp from one to another, or steps of equal length. Pure and immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/load/clock.hpp"

namespace load {

// Requests per second, from here on to there, evenly.
struct Rate {
  double from = 0;
  double to = 0;
  bool operator==(const Rate&) const = default;
};

// "5000", "1000..5000" (a ramp), "1000,2000,4000" (steps): whole numbers from 1 to 10,000,000.
std::optional<std::vector<Rate>> parse_rates(std::string_view text);

class Schedule {
 public:
  // Each of `steps`, of which there is at least one, lasts an equal part of `whole`. Before them
  // comes `warmup`, at the rate that the first begins with.
  Schedule(const std::vector<Rate>& steps, Nanoseconds whole, Nanoseconds warmup);

  // Since the start; none where all have left. The first leaves at 0.
  std::optional<Nanoseconds> due(std::uint64_t number) const;
  std::uint64_t count() const;
  Nanoseconds end() const { return end_; }
  Nanoseconds warmup() const { return warmup_; }
  // What is asked for at that time, requests per second.
  double rate_at(Nanoseconds time) const;

 private:
  struct Piece {
    Rate rate;
    double begins = 0;  // seconds
    double lasts = 0;
    double before = 0;  // requests due before it begins
    // So many requests after `time` seconds of it, and the other way round.
    double requests(double time) const;
    double time_of(double request) const;
  };

  std::vector<Piece> pieces_;
  Nanoseconds warmup_;
  Nanoseconds end_;
};

}  // namespace load
