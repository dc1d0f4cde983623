// PoolPolicy: what a pool does with one more request, as a pure function of its counts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace proxy {

struct PoolCounts {
  std::size_t idle = 0;
  std::size_t open = 0;     // idle, leased and being opened
  std::size_t waiting = 0;  // requests in line

  bool operator==(const PoolCounts&) const = default;
};

struct PoolLimits {
  std::size_t connections = 256;
  std::size_t idle = 64;
  std::size_t waiting = 1024;
};

enum class PoolStep : std::uint8_t { reuse, open, wait, refuse };

constexpr PoolStep next_step(const PoolCounts& counts, const PoolLimits& limits) {
  // Those in line come first: nobody overtakes them.
  if (counts.waiting == 0 && counts.idle > 0) return PoolStep::reuse;
  if (counts.waiting == 0 && counts.open < limits.connections) return PoolStep::open;
  return counts.waiting < limits.waiting ? PoolStep::wait : PoolStep::refuse;
}

// Whether a connection that comes back is kept.
constexpr bool keeps(const PoolCounts& counts, const PoolLimits& limits) {
  return counts.waiting > 0 || counts.idle < limits.idle;
}

// Whether one more request may go on whose body is still coming, beside `streams` like it. Each
// holds a connection for as long as its client likes: a quarter is left to requests that are whole.
constexpr bool takes_stream(std::size_t streams, std::size_t connections) {
  return streams < std::max<std::size_t>(connections - (connections + 3) / 4, 1);
}

// Whether one more request is refused at once, because it would only make a line longer that is
// late already. Nobody waits longer than `most`. The line is served in order: where its first has
// waited half of that, those behind it will hardly be served in time. So in an overload that lasts
// the upstream always has work, whoever is let in waits at most `most`, and the rest are told to
// come back. A burst that the line can take sheds nobody.
constexpr bool sheds(std::chrono::milliseconds oldest_wait, std::chrono::milliseconds most) {
  return oldest_wait > most / 2;
}

}  // namespace proxy
