// Driver: sends what a Source has, on a fixed number of connections, by one thread that waits for
// nothing but the next request that is due and the next answer. A request that is due while all
// connections are busy stays in line; the line is what lies between two numbers, so it may be as
// long as it likes. Owned by the run.
#pragma once

#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/connection.hpp"
#include "bench/load/recorder.hpp"

namespace load {

struct Pace {
  std::size_t connections = 64;
  bool closed = false;           // a request leaves when the answer before it has come
  bool new_connections = false;  // each on a connection of its own
  // When the last request is due; in a closed loop, when the last one leaves. None: when the source
  // has no more.
  std::optional<Nanoseconds> until;
  Nanoseconds timeout = std::chrono::seconds(10);  // from leaving to the answer's last byte
  Nanoseconds drain = std::chrono::seconds(10);    // behind `until`; then all is given up
};

class Driver {
 public:
  // All must outlive it. Throws std::system_error.
  Driver(const Target& target, const Pace& pace, Source& source, Recorder& recorder);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // To the end; returns when that was, since the start. Throws std::runtime_error where
  // connections cannot be opened, to begin with or any more.
  Nanoseconds run();
  // No further request leaves. From a signal handler, too.
  void stop() { stopped_ = 1; }
  std::uint64_t opened() const;  // connections, so far

 private:
  Nanoseconds now() const { return Clock::now() - start_; }
  void open_all();
  void send_due();
  void send(Connection& connection, Nanoseconds due);
  // Of the request that is to leave next; none: there are no more.
  std::optional<Nanoseconds> next_due();
  bool out_of_time(Nanoseconds at) const;
  Nanoseconds patience();
  template <class Take>
  void wait(Nanoseconds most, Take take);
  void take(Connection& connection, Connection::Event event);
  void note_failure(const Connection& connection);
  void look_for_timeouts(Nanoseconds at);
  void give_up(Nanoseconds at);

  const Target& target_;
  const Pace pace_;
  Source& source_;
  Recorder& recorder_;
  const int epoll_;
  Clock::time_point start_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;  // that free longest first
  std::vector<char> scratch_;
  std::uint64_t next_ = 0;          // request
  std::optional<Nanoseconds> due_;  // of next_, once asked for
  std::size_t busy_ = 0;
  Nanoseconds next_look_{0};   // for timeouts
  std::uint64_t refused_ = 0;  // connections in a row
  volatile std::sig_atomic_t stopped_ = 0;
};

}  // namespace load
