#include "proxy/query/ending_signals.hpp"

#include <ctime>

namespace proxy {

EndingSignals::EndingSignals() {
  sigemptyset(&ending_);
  sigaddset(&ending_, SIGINT);
  sigaddset(&ending_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending_, &before_);
}

EndingSignals::~EndingSignals() {
  while (came_within(0)) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool EndingSignals::came_within(long milliseconds) const {
  const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  return sigtimedwait(&ending_, nullptr, &time) > 0;
}

}  // namespace proxy
