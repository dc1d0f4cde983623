#include "bench/load/progress.hpp"

#include <ostream>

#include "bench/load/report.hpp"

namespace load {

std::string progress_text(const Result& so_far) {
  // The last one may be running still, where an answer has come in it.
  std::size_t passed = so_far.seconds.size();
  while (passed > 0 && so_far.seconds[passed - 1].lasted == 0) --passed;
  if (passed == 0) return {};
  const auto& last = so_far.seconds[passed - 1];
  return std::to_string(passed) + " s: asked " + count_text(last.asked) + "/s, achieved " +
         count_text(last.answered) + "/s, p50 " + duration_text(last.p50) + ", p99 " +
         duration_text(last.p99) + ", " + count_text(so_far.failed()) + " failed, " +
         count_text(so_far.wrong()) + " unexpected";
}

void Progress::show(const Result& so_far) {
  if (!out_) return;
  *out_ << "\r\x1B[K" << progress_text(so_far) << std::flush;
  drawn_ = true;
}

Progress::~Progress() {
  if (drawn_) *out_ << "\r\x1B[K" << std::flush;
}

}  // namespace load
