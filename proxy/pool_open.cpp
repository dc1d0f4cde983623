// How a pool comes by a connection where there is no idle one: address by address, within the time
// that the request has.
#include <algorithm>

#include "proxy/pool.hpp"

namespace proxy {
namespace {

bool of_tls(const Failure& failure) {
  return failure.kind == FailureKind::tls_unverified || failure.kind == FailureKind::tls_handshake;
}

milliseconds time_until(std::chrono::steady_clock::time_point end) {
  const auto left = end - std::chrono::steady_clock::now();
  return std::max(std::chrono::ceil<milliseconds>(left), milliseconds{0});
}

}  // namespace

// The name was never looked up before: its first addresses are on their way.
Task<> Pool::wait_for_addresses(Clock::time_point until) {
  Timer wake(context_);
  hoping_.push_back(&wake);
  wake.expires_after(std::min(config_->timeouts.connect, time_until(until)));
  co_await wake.async_wait(as_result);
  std::erase(hoping_, &wake);
}

// Tries each address, the best first. Where all fail, the last failure stands, but for one of TLS:
// that got further.
Task<std::unique_ptr<Upstream>> Pool::open(Clock::time_point until, Failure& failure) {
  if (book_.all().empty() && fault_.empty()) co_await wait_for_addresses(until);
  if (book_.all().empty()) {
    failure.kind = FailureKind::resolve;
    failure.detail = fault_.empty() ? config_->host + ": no name server has answered yet" : fault_;
    co_return nullptr;
  }
  std::vector<AddressPtr> tried;
  for (auto left = time_until(until); tried.empty() || left > milliseconds{0};
       left = time_until(until)) {
    auto address = book_.choose(Clock::now(), tried);
    if (!address) break;
    if (stopped_) failure.kind = FailureKind::pool_full;
    if (stopped_) break;
    // One that has come back meanwhile: then the right to open one is somebody else's.
    if (const auto at = idle_to(*address); at != idle_.end()) {
      if (auto upstream = lend(at)) {
        failure = {};
        --open_;
        serve_next(nullptr);
        co_return upstream;
      }
      continue;
    }
    tried.push_back(address);
    Failure why;
    auto upstream = co_await connect(address, std::min(config_->timeouts.connect, left), why);
    if (!why) failure = {};
    if (!why) co_return upstream;
    if (!of_tls(failure)) failure = std::move(why);
  }
  co_return nullptr;
}

Task<std::unique_ptr<Upstream>> Pool::connect(AddressPtr address, milliseconds within,
                                              Failure& failure) {
  book_.begin(*address);
  auto upstream = std::make_unique<Upstream>(Socket(context_), watchdog_, address, everyone_);
  auto& stream = upstream->stream;
  stream.reading.arm(within);
  const asio::ip::tcp::endpoint peer(asio::ip::make_address(address->endpoint.host),
                                     address->endpoint.port);
  const auto [error] = co_await stream.socket().async_connect(peer, as_result);
  if (error || stream.reading.expired()) {
    failure.kind = stream.reading.expired()                   ? FailureKind::connect_timeout
                   : error == asio::error::connection_refused ? FailureKind::connect_refused
                                                              : FailureKind::connect_failed;
    failure.detail = error && !stream.reading.expired() ? error.message() : "timed out";
  } else {
    error_code ignored;
    stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    if (tls_) co_await secure(*upstream, failure);
  }
  stream.reading.disarm();
  if (!failure) co_return upstream;
  failure.detail = address->text + ": " + failure.detail;
  book_.end(*address);
  if (!stopped_) judge(*address, false);
  co_return nullptr;
}

Task<> Pool::secure(Upstream& upstream, Failure& failure) {
  auto& stream = upstream.stream;
  upstream.trusted = trusted_;
  stream.secure_as_client(*tls_, config_->host, session_.get());
  const auto [broken, unused] = co_await stream.async_handshake(as_result);
  if (!broken) co_return;
  const auto& tls = *stream.tls();
  failure.kind = broken == timed_out                    ? FailureKind::connect_timeout
                 : tls.fault() == TlsFault::certificate ? FailureKind::tls_unverified
                                                        : FailureKind::tls_handshake;
  failure.detail = broken == tls_failed ? tls.error() : broken.message();
}

}  // namespace proxy
