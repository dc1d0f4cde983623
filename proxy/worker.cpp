#include "proxy/worker.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "filters/yaml/units.hpp"

namespace proxy {

bool well_formed_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Worker::Worker(const Shared& shared, std::size_t number, const Governing& governance,
               AuditRing& ring, std::vector<ListenOn> places)
    : shared_(shared),
      limits_(shared.config.limits),
      meter_(number),
      work_(asio::make_work_guard(context_)),
      watchdog_(context_),
      tls_(shared.tls),
      pool_(make_pool(std::make_shared<const UpstreamConfig>(shared.config.upstream))),
      hash_(shared.hmac_key),
      audit_(context_, ring, shared.config.audit.durability, shared.config.audit.on_full),
      gateway_(shared.config, limits_, counted_apart(governance), pool_, audit_, hash_, meter_),
      random_(std::random_device{}()) {
  for (std::size_t i = 0; i < places.size(); ++i)
    listeners_.push_back(
        std::make_unique<Listener>(*this, std::move(places[i]), tls_.listeners[i].get()));
}

Worker::~Worker() {
  join();
}

void Worker::start() {
  thread_ = std::thread([this] {
    for (auto& listener : listeners_) listener->start();
    context_.run();
    if (drained_) drained_();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::accepted(Socket socket, const Listener& listener) {
  // The count is of all workers, so the limit is the process's. Over it: closed at once.
  if (shared_.connections.fetch_add(1, std::memory_order_relaxed) >= limits_.connections) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    meter_.count_refusal(Refusal::limit);
    if (const auto more = limit_pace_.admit())
      spdlog::warn("a connection was closed at once: there are limits.connections, {}, already{}",
                   limits_.connections, and_more(*more));
    return;
  }
  auto session = std::make_unique<Session>(*this, std::move(socket), listener);
  if (draining_) session->drain();
  attend(std::move(session));
}

void Worker::attend(std::unique_ptr<Session> session) {
  asio::co_spawn(
      context_,
      [](Worker& worker, std::unique_ptr<Session> owned) -> Task<> {
        co_await owned->run();
        if (owned->asleep()) worker.let_sleep(std::move(owned));
      }(*this, std::move(session)),
      asio::detached);
}

// Without a coroutine, whose frames would be most of what an idle connection takes.
void Worker::let_sleep(std::unique_ptr<Session> session) {
  auto& socket = session->socket();
  socket.async_wait(Socket::wait_read, [this, owned = std::move(session)](error_code) mutable {
    attend(std::move(owned));
  });
}

void Worker::shed_connection() {
  meter_.count_refusal(Refusal::queue);
  if (const auto more = queue_pace_.admit())
    spdlog::warn(
        "a connection was closed at once: more come than can be served, and it had waited to be "
        "accepted for longer than half of limits.queue, {}{}",
        filters::format_time(limits_.queue), and_more(*more));
}

void Worker::not_accepted(error_code error) {
  meter_.count_refusal(Refusal::descriptors);
  if (const auto more = accept_pace_.admit())
    spdlog::warn("no connection can be accepted: {}; those that come wait{}", error.message(),
                 and_more(*more));
}

void Worker::handshake_failed(const Peer& peer, TlsFault fault, std::string_view why) {
  meter_.count_handshake_failure(fault);
  // Whoever looks whether the port is open comes and goes like this, often.
  if (fault == TlsFault::closed)
    return spdlog::debug("TLS handshake with {} failed: {}", peer.address, why);
  if (const auto more = handshake_pace_.admit())
    spdlog::info("TLS handshake with {} port {} failed: {}{}", peer.address, peer.port, why,
                 and_more(*more));
}

void Worker::enter(Session& session) {
  session.index = sessions_.size();
  sessions_.push_back(&session);
}

void Worker::leave(Session& session) {
  sessions_[session.index] = sessions_.back();
  sessions_[session.index]->index = session.index;
  sessions_.pop_back();
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  end_if_idle();
}

void Worker::adopt(const Governing& governance, std::function<void()> done) {
  asio::post(context_, [this, own = counted_apart(governance), done = std::move(done)]() mutable {
    gateway_.adopt(std::move(own));
    done();
  });
}

void Worker::adopt(TlsContexts tls) {
  asio::post(context_, [this, next = std::move(tls)]() mutable {
    std::swap(tls_, next);  // what was in force goes when all of it is replaced
    for (std::size_t i = 0; i < listeners_.size(); ++i)
      listeners_[i]->secure_with(tls_.listeners[i].get());
    if (tls_.upstream) pool_->trust(tls_.upstream);
  });
}

void Worker::adopt(Renewal renewal, std::function<void()> done) {
  asio::post(context_, [this, next = std::move(renewal), done = std::move(done)]() mutable {
    gateway_.adopt(counted_apart(std::move(next.governance)));
    limits_ = next.limits;
    if (!draining_)
      listen_on(std::move(next.places), std::move(next.tls), std::move(next.upstream));
    done();
  });
}

void Worker::listen_on(std::vector<ListenOn> places, TlsContexts tls, UpstreamConfigPtr upstream) {
  std::swap(tls_, tls);
  auto gone = take_over(places);
  if (upstream)
    change_upstream(std::move(upstream));
  else if (tls_.upstream)
    pool_->trust(tls_.upstream);
  // Their handlers come first, and may need both.
  asio::post(context_, [listeners = std::move(gone), before = std::move(tls)] {});
}

std::shared_ptr<Pool> Worker::make_pool(UpstreamConfigPtr upstream) {
  return std::make_shared<Pool>(context_, watchdog_, std::move(upstream), tls_.upstream, &meter_);
}

void Worker::change_upstream(UpstreamConfigPtr upstream) {
  pool_->retire();
  std::erase_if(retired_, [](const auto& each) { return each.expired(); });
  retired_.push_back(pool_);
  pool_ = make_pool(std::move(upstream));
  gateway_.adopt(pool_);
}

// Those that are not to go on are closed, and handed out.
std::vector<std::unique_ptr<Listener>> Worker::take_over(std::vector<ListenOn>& places) {
  auto before = std::exchange(listeners_, {});
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto* const tls = tls_.listeners[i].get();
    const auto same = [&](const auto& each) { return each->id() == places[i].id; };
    if (const auto it = std::ranges::find_if(before, same); it != before.end()) {
      if ((tls == nullptr) != ((*it)->tls() == nullptr)) drain_connections((*it)->id());
      (*it)->secure_with(tls);
      listeners_.push_back(std::move(*it));
      before.erase(it);
    } else {
      listeners_.push_back(std::make_unique<Listener>(*this, std::move(places[i]), tls));
      listeners_.back()->start();
    }
  }
  for (const auto& each : before) {
    each->close();
    drain_connections(each->id());
  }
  return before;
}

void Worker::drain_connections(std::size_t listener) {
  for (auto* session : sessions_)
    if (session->listener == listener) session->drain();
}

void Worker::adopt(ResolutionPtr resolution) {
  asio::post(context_, [this, next = std::move(resolution)] { pool_->adopt(*next); });
}

void Worker::drain(std::function<void()> done) {
  asio::post(context_, [this, done = std::move(done)]() mutable {
    if (std::exchange(draining_, true)) return;
    drained_ = std::move(done);
    for (auto& listener : listeners_) listener->close();
    for (auto* session : sessions_) session->drain();
    end_if_idle();
  });
}

void Worker::stop() {
  asio::post(context_, [this] {
    for (auto* session : sessions_) session->cut();
    pool_->stop();
    for (const auto& each : retired_)
      if (const auto pool = each.lock()) pool->stop();
    audit_.stop();
  });
}

// With nothing left to do, the loop runs out of work and the thread ends.
void Worker::end_if_idle() {
  if (!draining_ || !sessions_.empty()) return;
  pool_->close_idle();
  work_.reset();
}

Slot& Worker::take_slot() {
  if (free_slots_.empty()) {
    slots_.push_back(std::make_unique<Slot>());
    free_slots_.reserve(slots_.capacity());
    return *slots_.back();
  }
  auto* const slot = free_slots_.back();
  free_slots_.pop_back();
  return *slot;
}

std::string_view Worker::new_id(std::span<char, 32> to) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t half = 0; half < 2; ++half) {
    auto bits = random_();
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4) to[half * 16 + i] = digits[bits & 15];
  }
  return {to.data(), to.size()};
}

std::string_view Worker::date() {
  const auto now = std::time(nullptr);
  if (now != date_at_) {
    date_at_ = now;
    write_date(now, date_);
  }
  return date_.data();
}

}  // namespace proxy
