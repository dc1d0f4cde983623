// Pool: this worker's connections to the upstream: keeps idle ones, opens new ones up to a limit,
// lines requests up beyond it. Owned by a Worker, on its thread, no lock; where the configuration
// comes to name another upstream it is replaced, and then owned by the exchanges that began with
// it. What it decides is in pool_policy.hpp and address_book.hpp; here is only what it takes to do
// it. It looks no name up.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "proxy/address_book.hpp"
#include "proxy/config.hpp"
#include "proxy/meter.hpp"
#include "proxy/pool_policy.hpp"
#include "proxy/resolver.hpp"
#include "proxy/upstream.hpp"

namespace proxy {

class Pool;

// The right to use one connection. `keep` hands it back for another exchange; otherwise it is
// closed when the lease ends, which is always safe.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, std::unique_ptr<Upstream> upstream)
      : pool_(&pool), upstream_(std::move(upstream)) {}
  Lease(Lease&& other) noexcept : pool_(other.pool_), upstream_(std::move(other.upstream_)) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { end(); }

  explicit operator bool() const { return upstream_ != nullptr; }
  Upstream* operator->() const { return upstream_.get(); }
  Upstream& operator*() const { return *upstream_; }
  void keep();
  void end();  // closes it
  // What came of an exchange up to its answer's head, for the sake of later ones: a failure, or
  // none and the answer's status.
  void judge(const Failure& failure, int status) const;

 private:
  Pool* pool_ = nullptr;
  std::unique_ptr<Upstream> upstream_;
};

class Pool {
 public:
  // `tls` is null for clear text; `meter`, where the counts are shown, may be. Context, watchdog
  // and meter must outlive the pool.
  Pool(asio::io_context& context, Watchdog& watchdog, UpstreamConfigPtr config,
       std::shared_ptr<const TlsContext> tls, Meter* meter = nullptr);
  Pool(const Pool&) = delete;

  const UpstreamConfig& config() const { return *config_; }

  // An idle connection that is alive, without waiting; empty where there is none to be had at once,
  // or a new one to another address is the better choice.
  Lease take_idle();
  // Opens one, or waits in line for at most `patience`. On failure the lease is empty and `failure`
  // says why.
  Task<Lease> take(milliseconds patience, Failure& failure);

  // What has become known of the upstream's name: connections from now on go to these addresses.
  // Idle ones to others are closed.
  void adopt(const Resolution& resolution);
  // Connections from now on are secured by this one, of which the same holds. None that another has
  // vouched for carries a further request, and no session of theirs is resumed.
  void trust(std::shared_ptr<const TlsContext> tls);
  // Another takes its place: serves those who have it still, keeps nothing idle and shows no
  // counts.
  void retire();
  // No request is left: drops idle connections, so that the worker's loop can end.
  void close_idle();
  // Ends every request's wait for the upstream, now, with a failure; there will be no others.
  void stop();
  // How long the first in line has waited; 0 where there is none.
  milliseconds oldest_wait() const;
  PoolCounts counts() const { return {idle_.size(), open_, waiting_.size()}; }

 private:
  friend class Lease;
  using Clock = std::chrono::steady_clock;
  using Idle = std::vector<std::unique_ptr<Upstream>>;
  struct Waiter {
    explicit Waiter(asio::io_context& context) : wake(context) {}
    const Clock::time_point since = Clock::now();
    Timer wake;  // cancelled when it is this one's turn
    bool served = false;
    std::unique_ptr<Upstream> upstream;  // served with a connection, or with the right to open one
  };

  Idle::iterator idle_to(const Address& address);
  Idle::iterator next_idle();
  std::unique_ptr<Upstream> lend(Idle::iterator at);
  void give_back(std::unique_ptr<Upstream> upstream, bool reusable);
  void serve_next(std::unique_ptr<Upstream> upstream);
  template <class Which>
  void drop_idle(Which which);
  void drop_outdated();
  void judge(Address& address, bool good);
  bool better_elsewhere(const Address& address, Clock::time_point now) const;
  void show() const;
  Task<Lease> wait_in_line(milliseconds patience, Failure& failure);
  Task<> wait_for_addresses(Clock::time_point until);
  Task<std::unique_ptr<Upstream>> open(Clock::time_point until, Failure& failure);
  Task<std::unique_ptr<Upstream>> connect(AddressPtr address, milliseconds within,
                                          Failure& failure);
  Task<> secure(Upstream& upstream, Failure& failure);

  asio::io_context& context_;
  Watchdog& watchdog_;
  const UpstreamConfigPtr config_;
  std::shared_ptr<const TlsContext> tls_;
  std::uint64_t trusted_ = 0;  // how often `trust` was called
  Meter* meter_;
  PoolLimits limits_;
  AddressBook book_;
  std::string fault_;           // why the book is empty; empty while nobody knows
  std::vector<Timer*> hoping_;  // of requests that wait for an address; cancelled when there is one
  std::vector<Upstream*> everyone_;  // idle, leased and being opened
  Idle idle_;                        // oldest first
  Deadline idle_watch_;              // of the oldest
  std::deque<Waiter*> waiting_;
  std::size_t open_ = 0;
  bool stopped_ = false;
  SessionPtr session_;  // of the newest connection, to be resumed by the next
};

}  // namespace proxy
