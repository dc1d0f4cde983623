// StandingQueue: tells an overload from a burst, by how long what comes out of a queue has waited
// in it. A burst makes a queue that goes away; one that stands only makes everybody late. The idea
// is CoDel's (RFC 8289); what is dropped here is told to others at once, so all of it may be.
// Owned by whoever takes things out of the queue, on its thread. Never asks a clock.
#pragma once

#include <chrono>

namespace proxy {

class StandingQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  // Of what comes out at `now` and has waited so long, where nobody should wait longer than `most`:
  // whether to refuse it. So where it has waited more than half of that, and things have for longer
  // than `most`, without as long a time in which none had.
  bool sheds(Time now, milliseconds waited, milliseconds most) {
    if (waited <= most / 2) return false;
    if (now - last_late_ > most) late_since_ = now;
    last_late_ = now;
    return now - late_since_ > most;
  }

 private:
  Time last_late_{};
  Time late_since_{};
};

}  // namespace proxy
