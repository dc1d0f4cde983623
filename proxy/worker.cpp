#include "proxy/worker.hpp"

#include <algorithm>
#include <utility>

namespace proxy {

bool well_formed_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Worker::Worker(const Shared& shared, std::size_t number, const Governing& governance,
               AuditRing& ring, std::vector<int> sockets)
    : shared_(shared),
      meter_(number),
      work_(asio::make_work_guard(context_)),
      watchdog_(context_),
      tls_(shared.tls),
      pool_(context_, watchdog_, shared.config.upstream, tls_.upstream.get(), &meter_),
      hash_(shared.hmac_key),
      audit_(context_, ring, shared.config.audit.durability, shared.config.audit.on_full),
      gateway_(shared.config, counted_apart(governance), pool_, audit_, hash_, meter_),
      random_(std::random_device{}()) {
  for (std::size_t i = 0; i < sockets.size(); ++i)
    listeners_.push_back(std::make_unique<Listener>(*this, sockets[i], tls_.listeners[i].get()));
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

void Worker::accepted(Socket socket, const TlsContext* tls) {
  // The count is of all workers, so the limit is the process's. Over it: closed at once.
  if (shared_.connections.fetch_add(1, std::memory_order_relaxed) >=
      shared_.config.limits.connections) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto session = std::make_unique<Session>(*this, std::move(socket), tls);
  if (draining_) session->drain();
  asio::co_spawn(
      context_,
      [](std::unique_ptr<Session> owned) -> Task<> { co_await owned->run(); }(std::move(session)),
      asio::detached);
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
    if (tls_.upstream) pool_.trust(*tls_.upstream);
  });
}

void Worker::adopt(ResolutionPtr resolution) {
  asio::post(context_, [this, next = std::move(resolution)] { pool_.adopt(*next); });
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
    pool_.stop();
    audit_.stop();
  });
}

// With nothing left to do, the loop runs out of work and the thread ends.
void Worker::end_if_idle() {
  if (!draining_ || !sessions_.empty()) return;
  pool_.close_idle();
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
