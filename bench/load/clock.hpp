// The times of a load run: of the steady clock, or since the run's start, in nanoseconds.
#pragma once

#include <chrono>

namespace load {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;
using std::chrono::milliseconds;

inline double in_seconds(Nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}
inline double in_milliseconds(Nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace load
