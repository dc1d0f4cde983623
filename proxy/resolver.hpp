// Resolver: keeps the addresses of the upstream's name up to date: asks for them again whenever
// their time to live is over, and says what has changed. One of a process, owned by the Server,
// with a thread of its own, so that neither a slow name server nor /etc/hosts holds up a worker. It
// connects to nobody but name servers, and an address it has found is never taken back for want of
// an answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/count.hpp"

namespace proxy {

// What is known of a name. Immutable, shared by all workers.
struct Resolution {
  std::vector<Endpoint> addresses;  // in order, each once
  std::string fault = {};           // where there are none: why

  bool operator==(const Resolution&) const = default;
};
using ResolutionPtr = std::shared_ptr<const Resolution>;

// Those that need no look-up; none where the URL has a name and the configuration no addresses.
std::vector<Endpoint> given_addresses(const UpstreamConfig& config);

// When to ask again: after the time to live, but not within a second nor later than in an hour;
// after so many failures in a row, 1, 2, 4 ... 30 s later.
std::chrono::seconds next_look_up(std::chrono::seconds time_to_live);
std::chrono::seconds next_try(unsigned failures);

// How often names were looked up, by result: one resolver after the other counts. Any thread may
// read.
struct LookUps {
  Count succeeded, failed;
};

class Resolver {
 public:
  // `publish` is called on the resolver's thread with the first result, and with each that differs
  // from the one before; never after its end. `look_ups` must outlive it. Throws std::system_error
  // where no descriptor is left, or no thread to be had.
  Resolver(UpstreamConfig config, std::function<void(ResolutionPtr)> publish, LookUps& look_ups);
  ~Resolver();
  Resolver(const Resolver&) = delete;

  // Asks from now on. Once.
  void start() { go_.release(); }

 private:
  void run();
  std::chrono::seconds took(std::vector<Endpoint> addresses, std::chrono::seconds time_to_live);
  std::chrono::seconds missed(const std::string& why);
  void announce(Resolution next);
  bool wait(std::chrono::seconds duration) const;  // false: it is to end

  const UpstreamConfig config_;
  const std::function<void(ResolutionPtr)> publish_;
  const int stop_;  // an eventfd, readable when it is to end
  ResolutionPtr known_;
  unsigned failures_ = 0;                                // in a row
  std::chrono::steady_clock::time_point quiet_until_{};  // of the log, about these
  LookUps& look_ups_;
  std::counting_semaphore<2> go_{0};  // it is to ask, or to end
  std::thread thread_;                // the last: it uses the others
};

}  // namespace proxy
