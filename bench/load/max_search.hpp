// MaxSearch: the search for the highest rate that holds: doubled from the first on until one does
// not hold, then halved between the two. Pure: it asks for trials and is told how they went.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/recorder.hpp"

namespace load {

class MaxSearch {
 public:
  static constexpr double close_enough = 1.05;  // the least that fails over the most that holds
  static constexpr std::size_t most_trials = 20;

  explicit MaxSearch(std::uint64_t first) : next_(first) {}

  // What to try; none: the search has ended.
  std::optional<std::uint64_t> next() const;
  // How that went.
  void tell(bool holds);

  std::uint64_t holds() const { return holds_; }  // 0: none does
  std::uint64_t fails() const { return fails_; }  // 0: none does not

 private:
  std::uint64_t next_;
  std::uint64_t holds_ = 0;
  std::uint64_t fails_ = 0;
  std::size_t trials_ = 0;
};

// Why a rate does not hold: empty where it does. It holds where every request was answered as
// expected, 98 % of what was asked was achieved, and the p99 is not above `p99`.
std::string why_not(const Result& result, Nanoseconds p99);

}  // namespace load
