#include "bench/load/driver.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace load {
namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr Nanoseconds look_every = milliseconds(100);
constexpr std::uint64_t most_refused = 1000;
constexpr Nanoseconds to_open = std::chrono::seconds(5);

int make_epoll() {
  const int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  return descriptor;
}

}  // namespace

Driver::Driver(const Target& target, const Pace& pace, Source& source, Recorder& recorder)
    : target_(target),
      pace_(pace),
      source_(source),
      recorder_(recorder),
      epoll_(make_epoll()),
      start_(Clock::now()),
      scratch_(scratch_bytes) {
  // By default the kernel may wake a sleeper 50 us late.
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (std::uint32_t i = 0; i < pace.connections; ++i)
    connections_.push_back(std::make_unique<Connection>(target_, epoll_, i));
}

Driver::~Driver() {
  connections_.clear();
  close(epoll_);
}

std::uint64_t Driver::opened() const {
  std::uint64_t sum = 0;
  for (const auto& each : connections_) sum += each->opened();
  return sum;
}

Nanoseconds Driver::run() {
  if (!pace_.new_connections) open_all();
  for (auto& each : connections_) free_.push_back(each.get());
  start_ = Clock::now();
  for (;;) {
    send_due();
    const auto at = now();
    recorder_.pass(at);
    if ((busy_ == 0 && !next_due()) || out_of_time(at)) break;
    wait(patience(),
         [this](Connection& connection, Connection::Event event) { take(connection, event); });
    look_for_timeouts(now());
  }
  const auto end = now();
  give_up(end);
  return end;
}

// A wait for all of them at once: how long one takes is no concern of the figures.
void Driver::open_all() {
  std::size_t open = 0;
  const auto take = [&](Connection& connection, Connection::Event event) {
    if (event == Connection::Event::open) ++open;
    if (event == Connection::Event::lost)
      throw std::runtime_error(
          "cannot open " + std::to_string(connections_.size()) + " connections to " + target_.url +
          ": " + (connection.fault().empty() ? "the peer closed one" : connection.fault()));
  };
  for (auto& each : connections_) take(*each, each->open());
  while (open < connections_.size()) {
    if (now() > to_open)
      throw std::runtime_error(target_.url + " took " + std::to_string(open) + " of " +
                               std::to_string(connections_.size()) + " connections in 5 s");
    wait(look_every, take);
  }
}

std::optional<Nanoseconds> Driver::next_due() {
  if (stopped_ != 0) return std::nullopt;
  if (!due_) due_ = source_.due(next_);
  if (!pace_.closed || !due_) return due_;
  const auto at = now();
  return pace_.until && at >= *pace_.until ? std::nullopt : std::optional(at);
}

bool Driver::out_of_time(Nanoseconds at) const {
  return pace_.until && at >= *pace_.until + pace_.drain;
}

void Driver::send_due() {
  while (!free_.empty()) {
    const auto due = next_due();
    if (!due || *due > now()) return;
    auto& connection = *free_.front();
    free_.pop_front();
    send(connection, *due);
  }
}

void Driver::send(Connection& connection, Nanoseconds due) {
  connection.due = due;
  connection.ticket = source_.make(next_, connection.request);
  ++next_;
  due_.reset();
  connection.sent_at = now();
  recorder_.sent(due, std::max(due, connection.free_since), connection.sent_at);
  ++busy_;
  take(connection, connection.send(source_.needs_bodies()));
}

Nanoseconds Driver::patience() {
  if (free_.empty()) return look_every;
  const auto due = next_due();
  return due ? std::clamp(*due - now(), Nanoseconds(0), look_every) : look_every;
}

template <class Take>
void Driver::wait(Nanoseconds most, Take take) {
  std::array<epoll_event, 256> events;  // NOLINT: filled before it is read
  const timespec time{.tv_sec = most.count() / 1'000'000'000,
                      .tv_nsec = most.count() % 1'000'000'000};
  const int count =
      epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &time, nullptr);
  if (count < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const auto& event = events.at(static_cast<std::size_t>(i));
    auto& connection = *connections_.at(event.data.u32);
    const bool ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    take(connection, connection.advance(ended, scratch_));
  }
}

void Driver::take(Connection& connection, Connection::Event event) {
  if (event != Connection::Event::answered && event != Connection::Event::failed) return;
  const auto at = now();
  if (event == Connection::Event::answered) {
    refused_ = 0;
    recorder_.answered(connection.due, at, connection.answer().status(),
                       source_.judge(connection.ticket, connection.answer()));
  } else {
    note_failure(connection);
    source_.failed(connection.ticket);
    recorder_.failed(connection.due, at, connection.failure(), connection.fault());
  }
  if (pace_.new_connections) connection.close();
  connection.free_since = at;
  free_.push_back(&connection);
  --busy_;
}

// A target that is gone would else be asked as fast as it refuses.
void Driver::note_failure(const Connection& connection) {
  const auto failure = connection.failure();
  if (failure != Failure::connect && failure != Failure::tls) return;
  if (++refused_ < most_refused) return;
  throw std::runtime_error(target_.url + " takes no connection any more: " + connection.fault());
}

void Driver::look_for_timeouts(Nanoseconds at) {
  if (at < next_look_) return;
  next_look_ = at + look_every;
  for (auto& each : connections_)
    if (each->busy() && at - each->sent_at > pace_.timeout) take(*each, each->give_up());
}

// Of what is left nothing is forgotten: neither what waits for its answer nor what stands in line.
void Driver::give_up(Nanoseconds at) {
  for (auto& each : connections_)
    if (each->busy()) take(*each, each->give_up());
  if (pace_.closed) return;
  for (; next_due(); ++next_, due_.reset()) recorder_.failed(*due_, at, Failure::unsent);
}

}  // namespace load
