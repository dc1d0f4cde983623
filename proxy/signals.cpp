#include "proxy/signals.hpp"

#include <csignal>
#include <system_error>
#include <utility>

namespace proxy {
namespace {

int open_signals(std::initializer_list<int> which) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : which) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int file = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  return file;
}

}  // namespace

Signals::Signals(asio::io_context& context, std::initializer_list<int> which)
    : arrivals_(context, open_signals(which)) {}

void Signals::wait(std::function<void(int signal)> take) {
  take_ = std::move(take);
  read();
}

// The kernel gives whole entries only.
void Signals::read() {
  arrivals_.async_read_some(asio::buffer(&arrived_, sizeof arrived_),
                            [this](error_code error, std::size_t) {
                              if (error) return;
                              take_(static_cast<int>(arrived_.ssi_signo));
                              if (arrivals_.is_open()) read();
                            });
}

}  // namespace proxy
