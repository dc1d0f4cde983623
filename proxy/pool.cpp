#include "proxy/pool.hpp"

#include <algorithm>

namespace proxy {
namespace {

// How long addresses of a name are used before it is asked for again. getaddrinfo hides the TTL.
constexpr std::chrono::seconds addresses_live{30};

std::string to_text(const asio::ip::tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  const auto port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace

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

Pool::Pool(asio::io_context& context, Watchdog& watchdog, const UpstreamConfig& config,
           const TlsContext* tls, Meter* meter)
    : context_(context),
      watchdog_(watchdog),
      config_(config),
      tls_(tls),
      meter_(meter),
      limits_{config.pool.connections, config.pool.idle, config.pool.waiting},
      idle_watch_(watchdog, this, [](void* self) { static_cast<Pool*>(self)->drop_outdated(); }) {
  idle_.reserve(limits_.idle);
}

// To be called wherever the counts have changed and another thread may get to look at them.
void Pool::show() const {
  if (meter_) meter_->show(counts());
}

Lease Pool::take_idle() {
  while (next_step(counts(), limits_) == PoolStep::reuse) {
    auto upstream = std::move(idle_.back());  // the one used last: the others may grow old
    idle_.pop_back();
    const bool alive = upstream->alive();
    if (!alive) --open_;
    show();
    if (alive) return {*this, std::move(upstream)};
  }
  return {};
}

Task<Lease> Pool::take(milliseconds patience, Failure& failure) {
  if (auto lease = take_idle()) co_return lease;
  const auto step = next_step(counts(), limits_);
  if (step == PoolStep::refuse || stopped_) {
    failure.kind = FailureKind::pool_full;
    co_return Lease{};
  }
  if (step == PoolStep::wait) {
    auto lease = co_await wait_in_line(patience, failure);
    if (lease || failure) co_return lease;
  } else {
    ++open_;
    show();
  }
  auto upstream = co_await open(failure);
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
  if (!reusable || !trusted || !keeps(counts(), limits_)) {
    upstream.reset();
    --open_;
    return serve_next(nullptr);
  }
  ++upstream->exchanges;
  if (!waiting_.empty()) return serve_next(std::move(upstream));
  upstream->input.shrink();
  if (auto* tls = upstream->stream.tls()) tls->release_buffers();
  upstream->idle_since = std::chrono::steady_clock::now();
  idle_.push_back(std::move(upstream));
  show();
  if (!idle_watch_.armed()) idle_watch_.arm(config_.pool.idle_timeout);
}

// The first in line gets `upstream`, or the right to open one in place of one that has gone.
void Pool::serve_next(std::unique_ptr<Upstream> upstream) {
  if (waiting_.empty() || (!upstream && open_ >= limits_.connections)) return show();
  auto* const next = waiting_.front();
  waiting_.pop_front();
  if (!upstream) ++open_;
  show();
  next->upstream = std::move(upstream);
  next->served = true;
  next->wake.cancel();
}

void Pool::drop_outdated() {
  const auto oldest = std::chrono::steady_clock::now() - config_.pool.idle_timeout;
  const auto fresh = std::ranges::find_if(
      idle_, [&](const auto& upstream) { return upstream->idle_since > oldest; });
  open_ -= static_cast<std::size_t>(fresh - idle_.begin());
  idle_.erase(idle_.begin(), fresh);
  show();
  if (idle_.empty()) return;
  idle_watch_.arm(std::chrono::ceil<milliseconds>(idle_.front()->idle_since - oldest));
}

void Pool::trust(const TlsContext& tls) {
  tls_ = &tls;
  ++trusted_;
  session_.reset();
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
}

// Tries each address in turn; the last failure stands.
Task<std::unique_ptr<Upstream>> Pool::open(Failure& failure) {
  if (!co_await resolve(failure)) co_return nullptr;
  const auto addresses = addresses_;  // another request may replace them meanwhile
  for (const auto& address : addresses) {
    if (stopped_) failure.kind = FailureKind::pool_full;
    if (stopped_) break;
    failure = {};
    if (auto upstream = co_await connect(address, failure)) co_return upstream;
  }
  addresses_until_ = {};  // ask again next time: the name may have moved
  co_return nullptr;
}

Task<std::unique_ptr<Upstream>> Pool::connect(asio::ip::tcp::endpoint endpoint, Failure& failure) {
  auto upstream =
      std::make_unique<Upstream>(Socket(context_), watchdog_, to_text(endpoint), everyone_);
  auto& stream = upstream->stream;
  stream.reading.arm(config_.timeouts.connect);
  const auto [error] = co_await stream.socket().async_connect(endpoint, as_result);
  if (error || stream.reading.expired()) {
    failure.kind = stream.reading.expired()                   ? FailureKind::connect_timeout
                   : error == asio::error::connection_refused ? FailureKind::connect_refused
                                                              : FailureKind::connect_failed;
    failure.detail = upstream->address + ": " + (error ? error.message() : "timed out");
    co_return nullptr;
  }
  error_code ignored;
  stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls_) {
    upstream->trusted = trusted_;
    stream.secure_as_client(*tls_, config_.host, session_.get());
    const auto [broken, unused] = co_await stream.async_handshake(as_result);
    if (broken) {
      const auto& tls = *stream.tls();
      failure.kind = broken == timed_out                    ? FailureKind::connect_timeout
                     : tls.fault() == TlsFault::certificate ? FailureKind::tls_unverified
                                                            : FailureKind::tls_handshake;
      failure.detail =
          upstream->address + ": " + (broken == tls_failed ? tls.error() : broken.message());
      co_return nullptr;
    }
  }
  stream.reading.disarm();
  co_return upstream;
}

Task<bool> Pool::resolve(Failure& failure) {
  const auto now = std::chrono::steady_clock::now();
  if (now < addresses_until_) co_return true;
  error_code not_numeric;
  const auto numeric = asio::ip::make_address(config_.host, not_numeric);
  if (!not_numeric) {
    addresses_ = {{numeric, config_.port}};
    addresses_until_ = std::chrono::steady_clock::time_point::max();
    co_return true;
  }
  asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(context_);
  const auto [error, found] =
      co_await resolver.async_resolve(config_.host, std::to_string(config_.port),
                                      asio::ip::resolver_base::numeric_service, as_result);
  if (error || found.empty()) {
    // Old addresses are better than none: the name server may be the one that is down.
    if (!addresses_.empty()) co_return true;
    failure.kind = FailureKind::resolve;
    failure.detail = config_.host + ": " + error.message();
    co_return false;
  }
  addresses_.assign(found.begin(), found.end());
  addresses_until_ = now + addresses_live;
  co_return true;
}

}  // namespace proxy
