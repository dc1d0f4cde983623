#include "bench/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {

// A value of more than 8 bits loses its low ones: what is left begins with a 1, so half of the 256
// numbers of 8 bits are taken at each doubling.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  const int dropped = std::max(0, static_cast<int>(std::bit_width(value)) - kept_bits);
  return static_cast<std::size_t>(dropped) * half + static_cast<std::size_t>(value >> dropped);
}

std::uint64_t Histogram::highest_in(std::size_t bucket) {
  if (bucket < 2 * half) return bucket;
  const auto dropped = bucket / half - 1;
  return ((bucket - dropped * half + 1) << dropped) - 1;
}

void Histogram::add(Nanoseconds took) {
  took = std::clamp(took, Nanoseconds(0), longest);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(took.count()))];
  ++count_;
  most_ = std::max(most_, took);
  sum_ += static_cast<double>(took.count());
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  most_ = std::max(most_, other.most_);
  sum_ += other.sum_;
}

Nanoseconds Histogram::percentile(double percent) const {
  if (count_ == 0) return Nanoseconds(0);
  const auto wanted = std::ceil(percent / 100 * static_cast<double>(count_) - 1e-9);
  const auto rank =
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(wanted, 1.0)), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(most_, Nanoseconds(static_cast<std::int64_t>(highest_in(i))));
  }
  return most_;
}

Nanoseconds Histogram::mean() const {
  if (count_ == 0) return Nanoseconds(0);
  return Nanoseconds(std::llround(sum_ / static_cast<double>(count_)));
}

}  // namespace load
