// EndingSignals: SIGINT and SIGTERM, held back as long as this lives, so that a command that waits
// for records can end in good order. On the main thread, before it starts others: they hold back
// what it does. Handles nothing by itself; what came meanwhile is forgotten.
#pragma once

#include <csignal>

namespace proxy {

class EndingSignals {
 public:
  EndingSignals();
  ~EndingSignals();
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;

  // Waits as long, in milliseconds, or until one of them comes: true then.
  bool came_within(long milliseconds) const;

 private:
  sigset_t ending_{};
  sigset_t before_{};
};

}  // namespace proxy
