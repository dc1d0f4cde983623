// A peer that breaks off: after every k bytes of what it would have sent, with an orderly close or
// a reset, our side of the connection ends with an error. It never hangs and never takes half for
// whole.
#include <doctest/doctest.h>

#include "tests/support/stream_pair.hpp"

namespace {

namespace asio = proxy::asio;
using proxy::as_result;
using proxy::Stream;
using proxy::Task;
using tests::Outcome;
using tests::StreamPair;
using tests::TlsPeer;
using tests::TlsWorld;

constexpr std::string_view ours = "what our side says";
constexpr std::string_view theirs = "what the peer says, and then close_notify";

// Our side: handshake, write, read to the end. The first error is what came of it.
Task<> talk(Stream& stream, std::string& got, Outcome& outcome) {
  stream.reading.arm(proxy::milliseconds{10'000});
  Outcome step;
  co_await tests::handshake(stream, step);
  if (!step.error) co_await tests::write(stream, ours, step);
  if (!step.error) co_await tests::read_all(stream, got, step);
  stream.reading.disarm();
  outcome = step;
}

// The peer, over a bare socket: an engine that says `theirs` and good-bye, of whose bytes only the
// first `most` are sent. `sent` is how many were.
Task<> break_off(proxy::Socket& socket, TlsPeer& peer, std::size_t most, bool reset,
                 std::size_t& sent) {
  bool said = false;
  for (;;) {
    peer.step();
    if (peer.established && !said) {
      (void)peer.engine.write(theirs);
      peer.engine.shutdown();
      said = true;
    }
    while (peer.engine.has_output() && sent < most) {
      const auto output = peer.engine.output().substr(0, most - sent);
      const auto [error, count] =
          co_await socket.async_write_some(asio::buffer(output.data(), output.size()), as_result);
      if (error) co_return;
      peer.engine.sent(count);
      sent += count;
    }
    if (sent >= most || (said && peer.received == ours)) break;
    const auto room = peer.engine.input_room(1);
    const auto [error, count] =
        co_await socket.async_read_some(asio::buffer(room.data(), room.size()), as_result);
    if (error) co_return;
    peer.engine.fed(count);
  }
  proxy::error_code ignored;
  if (reset) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

struct Broken {
  Outcome outcome;
  std::string got;
  std::size_t sent = 0;
};

Broken run(TlsWorld& world, bool as_server, std::size_t most, bool reset) {
  StreamPair pair;
  Broken broken;
  std::optional<TlsPeer> peer;
  if (as_server) {
    pair.client.secure_as_server(world.server);
    peer.emplace(proxy::TlsEngine::Client{}, world.client, "localhost", nullptr);
  } else {
    pair.client.secure_as_client(world.client, "localhost", nullptr);
    peer.emplace(proxy::TlsEngine::Server{}, world.server);
  }
  tests::spawn(pair.context, talk(pair.client, broken.got, broken.outcome));
  tests::spawn(pair.context, break_off(pair.server.socket(), *peer, most, reset, broken.sent));
  pair.run();
  return broken;
}

TEST_CASE("a peer under TLS that breaks off after any number of bytes is an error, in time") {
  // Every 23rd cut: 23 is prime to the lengths of records, so all kinds of place are met.
  constexpr std::size_t stride = 23;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsWorld world(version);
    for (const bool as_server : {false, true}) {
      const auto whole = run(world, as_server, 1 << 20, false);
      CHECK(whole.outcome.error == asio::error::eof);
      REQUIRE(whole.got == theirs);
      for (const bool reset : {false, true}) {
        std::size_t most = 0;
        for (; most < whole.sent - 10; most += stride) {  // lengths vary by a few bytes
          CAPTURE(version);
          CAPTURE(as_server);
          CAPTURE(reset);
          CAPTURE(most);
          const auto broken = run(world, as_server, most, reset);
          REQUIRE(broken.outcome.error.failed());
          REQUIRE(broken.outcome.error != asio::error::would_block);
          REQUIRE(broken.outcome.error != asio::error::eof);  // that is the orderly end
          REQUIRE(broken.outcome.error != proxy::timed_out);
          REQUIRE(theirs.starts_with(broken.got));
        }
        CHECK(most > 300);
      }
    }
  }
}

}  // namespace
