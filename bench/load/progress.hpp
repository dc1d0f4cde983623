// Progress: how a run goes, on one line of a terminal that is written over each second. Owned by
// the run; draws nothing where there is no terminal.
#pragma once

#include <iosfwd>
#include <string>

#include "bench/load/recorder.hpp"

namespace load {

// "12 s: asked 5,000/s, achieved 4,998/s, p50 0.21 ms, p99 1.20 ms, 0 failed": of the last second
// that has passed.
std::string progress_text(const Result& so_far);

class Progress {
 public:
  // `out`: the terminal, or none.
  explicit Progress(std::ostream* out) : out_(out) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Result& so_far);

 private:
  std::ostream* const out_;
  bool drawn_ = false;
};

}  // namespace load
