// ProgressBar: how far a command is, drawn over itself on one line of a terminal. Made by a
// command, on its thread; draws only where the percentage has changed, and is gone when the command
// prints.
#pragma once

#include <cstdint>
#include <iosfwd>

namespace proxy {

class ProgressBar {
 public:
  // Draws nothing where `out` is none.
  ProgressBar(std::ostream* out, std::uint64_t whole) : out_(out), whole_(whole) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  void show(std::uint64_t done, std::uint64_t found);
  // Takes the line away, until it is shown again.
  void clear();

 private:
  std::ostream* const out_;
  const std::uint64_t whole_;
  std::uint64_t percent_ = 101;  // that is drawn; beyond 100: none
};

}  // namespace proxy
