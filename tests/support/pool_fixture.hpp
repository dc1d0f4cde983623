// A Pool with an upstream to connect to, and a loop that the test runs. For tests of the pool.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/meter.hpp"
#include "proxy/pool.hpp"
#include "tests/support/fake_upstream.hpp"
#include "tests/support/stream_pair.hpp"

namespace tests {

struct Taken {
  proxy::Lease lease = {};
  proxy::Failure failure = {};
  bool done = false;
};

inline proxy::Task<> take(proxy::Pool& pool, proxy::milliseconds patience, Taken& taken) {
  taken.lease = co_await pool.take(patience, taken.failure);
  taken.done = true;
}

inline std::string answer(const std::string&) {
  return FakeUpstream::ok("fine");
}

// For a pool that the test outlives.
inline std::shared_ptr<const proxy::TlsContext> borrowed(const proxy::TlsContext* tls) {
  return {std::shared_ptr<void>(), tls};
}

struct PoolFixture {
  explicit PoolFixture(const proxy::TlsContext* server = nullptr,
                       const proxy::TlsContext* client = nullptr,
                       FakeUpstream::Answer says = answer)
      : upstream(std::move(says), server), tls(borrowed(client)) {
    config.host = "127.0.0.1";
    config.port = upstream.port();
    config.tls = client != nullptr;
  }

  proxy::Pool& pool() {
    if (!pool_)
      pool_.emplace(context, watchdog, std::make_shared<const proxy::UpstreamConfig>(config), tls,
                    &meter);
    return *pool_;
  }
  // Runs the loop until `done` says so. Fails the test where that takes too long.
  template <class Done>
  void run_until(Done done) {
    context.restart();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      context.run_one_for(std::chrono::milliseconds{100});
      context.restart();
    }
    CHECK(meter.pool() == pool().counts());  // what is shown is what is, at any time
  }
  Taken take_now(proxy::milliseconds patience = std::chrono::seconds{10}) {
    Taken taken;
    spawn(context, take(pool(), patience, taken));
    run_until([&] { return taken.done; });
    return taken;
  }
  std::size_t idle() { return pool().counts().idle; }
  std::size_t open() { return pool().counts().open; }

  proxy::asio::io_context context{1};
  proxy::Watchdog watchdog{context};
  proxy::Meter meter;
  proxy::UpstreamConfig config;
  FakeUpstream upstream;
  std::shared_ptr<const proxy::TlsContext> tls;  // owned by the test
  std::optional<proxy::Pool> pool_;
};

// Writes a request, reads its answer as far as the first bytes go.
inline proxy::Task<> exchange(proxy::Upstream& upstream, Outcome& outcome,
                              std::size_t room = 4096) {
  Outcome wrote;
  co_await write(upstream.stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", wrote);
  std::vector<char> into(room);
  const auto [error, size] =
      co_await upstream.stream.async_read(proxy::asio::buffer(into), proxy::as_result);
  outcome = {error, size};
}

}  // namespace tests
