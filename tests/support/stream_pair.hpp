// StreamPair: two Streams at the two ends of a loopback connection, on one loop that a test runs
// for a bounded time. Owned by one test; everything happens on its thread.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "proxy/stream.hpp"
#include "tests/support/tls_peers.hpp"

namespace tests {

struct Outcome {
  proxy::error_code error = proxy::asio::error::would_block;  // not done yet
  std::size_t size = 0;

  bool pending() const { return error == proxy::asio::error::would_block; }
};

struct StreamPair {
  StreamPair();
  explicit StreamPair(TlsWorld& world);  // and both hands shaken

  // Until there is nothing left to do. Fails the test where that takes too long.
  void run();
  // Until `done()`. Fails the test where that takes too long.
  template <class Done>
  void run_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      context.restart();
      context.run_one_for(std::chrono::milliseconds{100});
    }
  }
  // All that can be done without waiting.
  void poll() {
    context.restart();
    context.poll();
  }
  void shake_hands(TlsWorld& world);

  proxy::asio::io_context context{1};
  proxy::Watchdog watchdog{context};
  proxy::Stream client;
  proxy::Stream server;
};

// Two connected sockets on loopback.
std::pair<proxy::Socket, proxy::Socket> connected_sockets(proxy::asio::io_context& context);

// Each is spawned on the loop and says in `outcome` what came of it.
proxy::Task<> read_some(proxy::Stream& from, std::string& into, Outcome& outcome);
// Until the end of the stream or an error, which is in `outcome`.
proxy::Task<> read_all(proxy::Stream& from, std::string& into, Outcome& outcome);
proxy::Task<> write(proxy::Stream& to, std::string_view bytes, Outcome& outcome);
proxy::Task<> finish(proxy::Stream& stream, Outcome& outcome);
proxy::Task<> handshake(proxy::Stream& stream, Outcome& outcome);

template <class Context>
void spawn(Context& context, proxy::Task<> task) {
  proxy::asio::co_spawn(context, std::move(task), proxy::asio::detached);
}

}  // namespace tests
