#include "bench/load/recorder.hpp"

#include <algorithm>
#include <numeric>

namespace load {
namespace {

constexpr Nanoseconds one_second = std::chrono::seconds(1);

}  // namespace

std::uint64_t Result::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

std::uint64_t Result::wrong() const {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : unexpected) sum += count;
  return sum;
}

Recorder::Recorder(Nanoseconds warmup, Nanoseconds in_time, std::function<Nanoseconds()> busy_time)
    : warmup_(warmup), in_time_(in_time), busy_time_(std::move(busy_time)) {}

Second& Recorder::second_of(Nanoseconds time) {
  const auto index =
      static_cast<std::size_t>(std::max(Nanoseconds(0), time - warmup_) / one_second);
  if (index >= result_.seconds.size()) result_.seconds.resize(index + 1);
  return result_.seconds[index];
}

void Recorder::ask(Nanoseconds due) {
  if (result_.asked++ == 0) first_due_ = due;
  last_due_ = due;
  ++second_of(due).asked;
}

void Recorder::sent(Nanoseconds due, Nanoseconds could, Nanoseconds now) {
  if (!counts(due)) return;
  ask(due);
  if (now - could > in_time_) ++result_.late;
}

void Recorder::answered(Nanoseconds due, Nanoseconds now, int status, const std::string& wrong) {
  // What a warm-up gets wrong is wrong, too.
  if (!wrong.empty()) ++result_.unexpected[wrong];
  if (!counts(due)) return;
  pass(now);
  ++result_.answered;
  ++result_.statuses[status];
  ++second_of(now).answered;
  result_.latency.add(now - due);
  now_.add(now - due);
}

void Recorder::failed(Nanoseconds due, Nanoseconds now, Failure failure, const std::string& fault) {
  if (failure == Failure::connect || failure == Failure::tls)
    if (result_.connect_fault.empty()) result_.connect_fault = fault;
  if (!counts(due)) return;
  pass(now);
  if (failure == Failure::unsent) ask(due);
  ++result_.failures.at(static_cast<std::size_t>(failure));
  ++second_of(now).failed;
  // Left out, the slowest of all would make the figures better. One that failed at once would, too.
  if (failure != Failure::timeout && failure != Failure::unsent) return;
  result_.latency.add(now - due);
  now_.add(now - due);
}

void Recorder::close_second(double lasted) {
  auto& second = second_of(warmup_ + running_ * one_second);
  second.p50 = now_.percentile(50);
  second.p99 = now_.percentile(99);
  second.most = now_.most();
  second.lasted = lasted;
  const auto busy = busy_time_();
  // A wait is counted when it ends, and may have begun in the second before.
  second.busy = std::min(1.0, in_seconds(busy - busy_before_) / lasted);
  busy_before_ = busy;
  now_.clear();
  ++running_;
}

void Recorder::pass(Nanoseconds now) {
  if (now < warmup_) return;
  if (!begun_) busy_before_ = busy_time_();
  begun_ = true;
  while (now - warmup_ >= (running_ + 1) * one_second) {
    close_second(1);
    if (on_second) on_second(result_);
  }
}

Result Recorder::finish(Nanoseconds now, std::uint64_t connections) {
  pass(now);
  const auto left = in_seconds(now - warmup_) - static_cast<double>(running_);
  if (left > 0 && begun_) close_second(left);
  result_.asked_for = in_seconds(last_due_ - first_due_);
  result_.lasted = std::max(1e-9, in_seconds(now - warmup_));
  result_.connections = connections;
  return std::move(result_);
}

}  // namespace load
