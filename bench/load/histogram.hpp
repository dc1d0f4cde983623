// Histogram: how long requests took, with every value kept to within 0.8 %, in memory that does not
// grow: the layout of HdrHistogram, 256 equal buckets and 128 more for each doubling. A plain
// value, of one thread.
#pragma once

#include <array>
#include <cstdint>

#include "bench/load/clock.hpp"

namespace load {

class Histogram {
 public:
  // What is below nothing counts as nothing, what is longer than `longest` as that.
  static constexpr Nanoseconds longest{(std::int64_t{1} << 42) - 1};  // 73 minutes

  void add(Nanoseconds took);
  void merge(const Histogram& other);
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  // The least time that `percent` of all took at most, as exactly as it is kept; 0 where there is
  // none.
  Nanoseconds percentile(double percent) const;
  Nanoseconds most() const { return most_; }  // exact
  Nanoseconds mean() const;

 private:
  static constexpr int kept_bits = 8;
  static constexpr std::size_t half = std::size_t{1} << (kept_bits - 1);
  static constexpr std::size_t bucket_count = 2 * half + (42 - kept_bits) * half;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_in(std::size_t bucket);

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  Nanoseconds most_{0};
  double sum_ = 0;
};

}  // namespace load
