// Worker: one thread and everything it needs: loop, listening sockets, sessions, upstream pool,
// deadlines, exchange slots. Nothing in it is shared with another worker, so nothing is locked.
// Owned by the Server; other threads may call `adopt`, `drain` and `stop`, which post to the loop.
#pragma once

#include <array>
#include <atomic>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/gateway.hpp"
#include "proxy/listener.hpp"
#include "proxy/live_tls.hpp"
#include "proxy/log.hpp"
#include "proxy/session.hpp"
#include "proxy/watchdog.hpp"

namespace proxy {

// What all workers of a server use, and none changes but `connections`.
struct Shared {
  const Config& config;    // as started
  const TlsContexts& tls;  // likewise
  const HmacKey& hmac_key;
  std::atomic<std::size_t>& connections;  // of all workers
};

// What a reload changes of a worker, all of which can be had.
struct Renewal {
  Governing governance;
  Limits limits;
  // By position those of `tls`. A listener that is not among them stops accepting, and its
  // connections end as in a drain; so do those of one that was clear text and is not any more, or
  // the other way round. One that stays refuses nobody meanwhile.
  std::vector<ListenOn> places;
  TlsContexts tls;
  UpstreamConfigPtr upstream;  // where exchanges go that begin from now on; null: as before
};

class Worker {
 public:
  // `number` counts from 0. `places`: one for each listener of the configuration, with a socket.
  Worker(const Shared& shared, std::size_t number, const Governing& governance, AuditRing& ring,
         std::vector<ListenOn> places);
  ~Worker();
  Worker(const Worker&) = delete;

  void start();
  // Exchanges that begin after `done` was called, on that thread, are judged by this governance;
  // those under way, by the one they began with. After the worker's end it is never called.
  void adopt(const Governing& governance, std::function<void()> done);
  // The same for connections that are made from now on. Idle ones to the upstream, which others
  // have vouched for, are closed. The listeners are those that there are, and so is the upstream.
  void adopt(TlsContexts tls);
  // All of it at once: no exchange has a part of what was before and a part of this, save that
  // limits hold for what begins, of those under way, too.
  void adopt(Renewal renewal, std::function<void()> done);
  // The same for what has become known of the addresses of the upstream that is in force.
  void adopt(ResolutionPtr resolution);
  // Stops accepting; every session ends after what it has begun, and the thread after the last.
  // Then `done` is called, on that thread.
  void drain(std::function<void()> done);
  // Ends every session now.
  void stop();
  void join();
  // What it has counted. Any thread, also after the worker's end.
  const Meter& meter() const { return meter_; }

  // ---- For its own parts, on its own thread.
  const Limits& limits() const { return limits_; }
  Watchdog& watchdog() { return watchdog_; }
  Gateway& gateway() { return gateway_; }
  asio::io_context& context() { return context_; }
  void accepted(Socket socket, const Listener& listener);
  // One was closed instead: those that come are more than can be served.
  void shed_connection();
  // Accepting has failed, and is tried again after a pause.
  void not_accepted(error_code error);
  void handshake_failed(const Peer& peer, TlsFault fault, std::string_view why);
  // So many connections that each should hold as little as it can.
  bool is_crowded() const { return sessions_.size() > crowd; }
  void enter(Session& session);
  void leave(Session& session);
  Slot& take_slot();
  void put_slot(Slot& slot) { free_slots_.push_back(&slot); }
  // 32 random hex digits.
  std::string_view new_id(std::span<char, 32> to);
  // The time now as an HTTP date.
  std::string_view date();

 private:
  static constexpr std::size_t crowd = 512;

  void attend(std::unique_ptr<Session> session);
  void let_sleep(std::unique_ptr<Session> session);

  void listen_on(std::vector<ListenOn> places, TlsContexts tls, UpstreamConfigPtr upstream);
  std::vector<std::unique_ptr<Listener>> take_over(std::vector<ListenOn>& places);
  void drain_connections(std::size_t listener);
  std::shared_ptr<Pool> make_pool(UpstreamConfigPtr upstream);
  void change_upstream(UpstreamConfigPtr upstream);
  void end_if_idle();

  const Shared& shared_;
  Limits limits_;
  Meter meter_;
  // One thread uses its sockets: they need no lock. What others post to it has one.
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<Executor> work_;
  Watchdog watchdog_;
  TlsContexts tls_;
  std::shared_ptr<Pool> pool_;
  std::vector<std::weak_ptr<Pool>> retired_;  // each ends with the last exchange that has it
  KeyedHash hash_;
  AuditWaits audit_;
  Gateway gateway_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Session*> sessions_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_slots_;
  std::mt19937_64 random_;
  LogPace limit_pace_, queue_pace_, accept_pace_, handshake_pace_;
  std::time_t date_at_ = 0;
  std::array<char, 32> date_{};
  bool draining_ = false;
  std::function<void()> drained_;
  std::thread thread_;
};

// A request id of a client that is passed on: 1 to 64 of letters, digits, '-', '_', '.'.
bool well_formed_id(std::string_view id);

}  // namespace proxy
