// Recorder: what a run has been, counted as it goes: latencies, failures, what each second was like
// and whether requests left in time. It gets its times handed in and looks at no clock. Result:
// what it has counted. Owned by the run, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/load/connection.hpp"
#include "bench/load/histogram.hpp"

namespace load {

// One second of a run.
struct Second {
  std::uint64_t asked = 0;  // requests that were due in it
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  Nanoseconds p50{0}, p99{0}, most{0};  // of the answers in it
  double busy = 0;    // share of it that the generator computed or waited for a core
  double lasted = 0;  // seconds: the last one may be cut short; 0 while it runs
};

struct Result {
  Histogram latency;        // of what was answered, and of what was given up for late, until then
  std::uint64_t asked = 0;  // requests due
  std::uint64_t answered = 0;
  std::uint64_t late = 0;                               // left later than they could have
  std::array<std::uint64_t, failure_count> failures{};  // by Failure
  std::string connect_fault;                            // of the first that failed so
  std::map<int, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t> unexpected;  // what was wrong, how often
  std::vector<Second> seconds;
  double asked_for = 0;           // seconds, from the first that was due to the last
  double lasted = 0;              // seconds, to the last answer
  std::uint64_t connections = 0;  // opened, warm-up included

  std::uint64_t failed() const;
  std::uint64_t wrong() const;  // answers that were not as expected
};

class Recorder {
 public:
  // Times are since the run's start. Nothing due before `warmup` counts. What leaves more than
  // `in_time` after it could is late. `busy_time`: that the generator's
  // thread has computed or waited for a core.
  Recorder(Nanoseconds warmup, Nanoseconds in_time, std::function<Nanoseconds()> busy_time);
  // Is told of each second that has passed.
  std::function<void(const Result& so_far)> on_second;

  // `could`: when it was due and a connection was free; `now`: when it left.
  void sent(Nanoseconds due, Nanoseconds could, Nanoseconds now);
  void answered(Nanoseconds due, Nanoseconds now, int status, const std::string& wrong);
  void failed(Nanoseconds due, Nanoseconds now, Failure failure, const std::string& fault = {});
  // The time has come to `now`: seconds that have passed are closed.
  void pass(Nanoseconds now);
  // The last request was due before `now`; nothing is recorded behind this.
  Result finish(Nanoseconds now, std::uint64_t connections);

 private:
  bool counts(Nanoseconds due) const { return due >= warmup_; }
  Second& second_of(Nanoseconds time);
  void ask(Nanoseconds due);
  void close_second(double lasted);

  const Nanoseconds warmup_;
  const Nanoseconds in_time_;
  const std::function<Nanoseconds()> busy_time_;
  Result result_;
  Histogram now_;            // of the second that runs
  std::size_t running_ = 0;  // which that is
  Nanoseconds first_due_{0}, last_due_{0};
  Nanoseconds busy_before_{0};  // at its begin
  bool begun_ = false;
};

}  // namespace load
