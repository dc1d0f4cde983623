// Count and Histogram: numbers that one thread counts up and any other may read. No lock, and no
// locked instruction: a counter has one writer. Whoever reads a count sees everything that was
// counted before it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace proxy {

class Count {
 public:
  void add(std::uint64_t more = 1) { set(value_.load(std::memory_order_relaxed) + more); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_release); }
  std::uint64_t get() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// How long something took.
class Histogram {
 public:
  using Duration = std::chrono::microseconds;
  // The most that falls into each bucket; there is one more for what is longer.
  static constexpr std::array<Duration, 16> bounds{
      Duration{250},       Duration{500},       Duration{1'000},      Duration{2'500},
      Duration{5'000},     Duration{10'000},    Duration{25'000},     Duration{50'000},
      Duration{100'000},   Duration{250'000},   Duration{500'000},    Duration{1'000'000},
      Duration{2'500'000}, Duration{5'000'000}, Duration{10'000'000}, Duration{30'000'000}};

  void observe(Duration took) {
    const auto bucket = std::ranges::lower_bound(bounds, took) - bounds.begin();
    sum_.add(static_cast<std::uint64_t>(std::max(took, Duration{0}).count()));
    buckets_[static_cast<std::size_t>(bucket)].add();
  }
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].get(); }
  std::uint64_t microseconds() const { return sum_.get(); }

 private:
  std::array<Count, bounds.size() + 1> buckets_;
  Count sum_;
};

}  // namespace proxy
