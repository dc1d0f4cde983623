// Signals: those that a program waits for, read one after the other on its loop. No code runs in a
// signal handler, and none is lost, whenever it comes. Made before the program's other threads,
// which inherit that these signals are blocked; used on the loop's thread.
#pragma once

#include <sys/signalfd.h>

#include <functional>
#include <initializer_list>

#include "proxy/net.hpp"

namespace proxy {

class Signals {
 public:
  // From here on these signals wait to be read, and stay blocked when it is gone. Throws
  // std::system_error.
  Signals(asio::io_context& context, std::initializer_list<int> which);

  // Calls `take` with the number of each, until `stop`: that the loop may end.
  void wait(std::function<void(int signal)> take);
  void stop() { arrivals_.close(); }

 private:
  void read();

  asio::posix::basic_stream_descriptor<Executor> arrivals_;
  signalfd_siginfo arrived_{};
  std::function<void(int)> take_;
};

}  // namespace proxy
