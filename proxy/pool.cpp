#include "proxy/pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "filters/yaml/units.hpp"

namespace proxy {

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    end();
    pool_ = other.pool_;
    upstream_ = std::move(other.upstream_);
  }
  return *this;
}

void Lease::keep() {
  if (upstream_) pool_->give_back(std::move(upstream_), true);
}

void Lease::end() {
  if (upstream_) pool_->give_back(std::move(upstream_), false);
}

void Lease::judge(const Failure& failure, int status) const {
  auto& address = *upstream_->address;
  if (failure && !blames_address(failure)) return;
  pool_->judge(address, !failure && !blames_address(status, pool_->config_->ejection.answers));
}

Pool::Pool(asio::io_context& context, Watchdog& watchdog, UpstreamConfigPtr config,
           std::shared_ptr<const TlsContext> tls, Meter* meter)
    : context_(context),
      watchdog_(watchdog),
      config_(std::move(config)),
      tls_(std::move(tls)),
      meter_(meter),
      limits_{config_->pool.connections, config_->pool.idle, config_->pool.waiting},
      book_(config_->ejection),
      idle_watch_(watchdog, this, [](void* self) { static_cast<Pool*>(self)->drop_outdated(); }) {
  idle_.reserve(limits_.idle);
  if (const auto given = given_addresses(*config_); !given.empty()) adopt({.addresses = given});
}

// To be called wherever the counts have changed and another thread may get to look at them.
void Pool::show() const {
  if (meter_) meter_->show(counts());
}

// The one used last: the others may grow old.
Pool::Idle::iterator Pool::idle_to(const Address& address) {
  const auto last = std::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& upstream) {
    return upstream->address.get() == &address;
  });
  return last == idle_.rend() ? idle_.end() : last.base() - 1;
}

// The next to be used; the end where a new one to another address is the better choice. Room for
// that is made where there is none: else whoever comes back after a failure would be left out for
// as long as the others fill the pool.
Pool::Idle::iterator Pool::next_idle() {
  const auto next = book_.choose(Clock::now());
  const auto at = next ? idle_to(*next) : idle_.end();
  if (at != idle_.end() || open_ < limits_.connections) return at;
  const auto least = std::ranges::min_element(
      idle_, {}, [](const auto& upstream) { return upstream->address->in_flight.get(); });
  if (!next || next->in_flight.get() >= (*least)->address->in_flight.get()) return least;
  idle_.erase(idle_.begin());
  --open_;
  show();
  return idle_.end();
}

std::unique_ptr<Upstream> Pool::lend(Idle::iterator at) {
  auto upstream = std::move(*at);
  idle_.erase(at);
  const bool alive = upstream->alive();
  if (alive)
    book_.begin(*upstream->address);
  else
    --open_;
  show();
  if (!alive) upstream.reset();
  return upstream;
}

Lease Pool::take_idle() {
  while (next_step(counts(), limits_) == PoolStep::reuse) {
    const auto at = next_idle();
    if (at == idle_.end()) break;
    if (auto upstream = lend(at)) return {*this, std::move(upstream)};
  }
  return {};
}

Task<Lease> Pool::take(milliseconds patience, Failure& failure) {
  failure = {};  // it may hold that of a first try
  if (auto lease = take_idle()) co_return lease;
  const auto until = Clock::now() + patience;
  const auto step = next_step(counts(), limits_);
  if (step == PoolStep::refuse || stopped_) {
    failure.kind = FailureKind::pool_full;
    co_return Lease{};
  }
  if (step == PoolStep::wait) {
    auto lease = co_await wait_in_line(patience, failure);
    if (lease || failure) co_return lease;
  } else {  // nothing idle, or nothing that is as good
    ++open_;
    show();
  }
  auto upstream = co_await open(until, failure);
  if (!upstream) {
    --open_;
    serve_next(nullptr);
    co_return Lease{};
  }
  co_return Lease{*this, std::move(upstream)};
}

// Ends with a connection, or with none and no failure: then the right to open one has been handed
// over (`open_` counts it already).
Task<Lease> Pool::wait_in_line(milliseconds patience, Failure& failure) {
  Waiter self(context_);
  waiting_.push_back(&self);
  show();
  self.wake.expires_after(patience);
  co_await self.wake.async_wait(as_result);
  if (!self.served) {
    std::erase(waiting_, &self);
    show();
    failure.kind = FailureKind::pool_timeout;
    co_return Lease{};
  }
  co_return self.upstream ? Lease{*this, std::move(self.upstream)} : Lease{};
}

milliseconds Pool::oldest_wait() const {
  if (waiting_.empty()) return milliseconds{0};
  const auto waited = std::chrono::steady_clock::now() - waiting_.front()->since;
  return std::chrono::duration_cast<milliseconds>(waited);
}

void Pool::give_back(std::unique_ptr<Upstream> upstream, bool reusable) {
  const bool trusted = upstream->trusted == trusted_;
  if (auto* tls = upstream->stream.tls(); tls && trusted) {
    if (auto session = tls->take_session()) session_ = std::move(session);
  }
  const auto now = Clock::now();
  auto& address = *upstream->address;
  book_.end(address);
  const bool wanted = book_.usable(address, now) && keeps(counts(), limits_) &&
                      (waiting_.empty() || !better_elsewhere(address, now));
  if (!reusable || !trusted || !wanted) {
    upstream.reset();
    --open_;
    return serve_next(nullptr);
  }
  ++upstream->exchanges;
  if (!waiting_.empty()) return serve_next(std::move(upstream));
  upstream->input.shrink();
  if (auto* tls = upstream->stream.tls()) tls->release_buffers();
  upstream->idle_since = now;
  idle_.push_back(std::move(upstream));
  show();
  if (!idle_watch_.armed()) idle_watch_.arm(config_->pool.idle_timeout);
}

// Whether the first in line does better with a new connection than with this address's.
bool Pool::better_elsewhere(const Address& address, Clock::time_point now) const {
  const auto next = book_.choose(now);
  return next && next->in_flight.get() < address.in_flight.get();
}

// The first in line gets `upstream`, or the right to open one in place of one that has gone.
void Pool::serve_next(std::unique_ptr<Upstream> upstream) {
  if (waiting_.empty() || (!upstream && open_ >= limits_.connections)) return show();
  auto* const next = waiting_.front();
  waiting_.pop_front();
  if (upstream)
    book_.begin(*upstream->address);
  else
    ++open_;
  show();
  next->upstream = std::move(upstream);
  next->served = true;
  next->wake.cancel();
}

template <class Which>
void Pool::drop_idle(Which which) {
  open_ -= std::erase_if(idle_, [&](const auto& upstream) { return which(*upstream); });
  show();
}

void Pool::drop_outdated() {
  const auto oldest = Clock::now() - config_->pool.idle_timeout;
  drop_idle([&](const Upstream& upstream) { return upstream.idle_since <= oldest; });
  if (idle_.empty()) return;
  idle_watch_.arm(std::chrono::ceil<milliseconds>(idle_.front()->idle_since - oldest));
}

void Pool::adopt(const Resolution& resolution) {
  fault_ = resolution.fault;
  book_.adopt(resolution.addresses, Clock::now());
  drop_idle([](const Upstream& upstream) { return !upstream.address->listed; });
  if (meter_) meter_->show({book_.all().begin(), book_.all().end()});
  for (auto* wake : hoping_) wake->cancel();
}

void Pool::judge(Address& address, bool good) {
  if (good) return book_.succeeded(address);
  const auto now = Clock::now();
  const auto failures = address.failures + 1;
  if (!book_.failed(address, now)) return;
  const auto left = AddressTime::duration(address.ejected_until.get()) - now.time_since_epoch();
  spdlog::warn("upstream {}: left out for {} after {} failure{} in a row", address.text,
               filters::format_time(std::chrono::ceil<milliseconds>(left)), failures,
               failures == 1 ? "" : "s");
  if (meter_) meter_->count_ejection();
  drop_idle([&](const Upstream& upstream) { return upstream.address.get() == &address; });
}

void Pool::trust(std::shared_ptr<const TlsContext> tls) {
  tls_ = std::move(tls);
  ++trusted_;
  session_.reset();
  close_idle();
}

void Pool::retire() {
  meter_ = nullptr;
  limits_.idle = 0;
  close_idle();
}

void Pool::close_idle() {
  open_ -= idle_.size();
  idle_.clear();
  show();
  idle_watch_.disarm();
}

void Pool::stop() {
  stopped_ = true;
  for (auto* upstream : everyone_) upstream->stream.close();
  for (auto* waiter : waiting_) waiter->wake.cancel();
  for (auto* wake : hoping_) wake->cancel();
}

}  // namespace proxy
