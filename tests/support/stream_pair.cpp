#include "tests/support/stream_pair.hpp"

namespace tests {

using namespace proxy;

std::pair<Socket, Socket> connected_sockets(asio::io_context& context) {
  Acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Socket one(context);
  one.connect(acceptor.local_endpoint());
  Socket other(context);
  acceptor.accept(other);
  for (auto* socket : {&one, &other}) socket->set_option(asio::ip::tcp::no_delay(true));
  return {std::move(one), std::move(other)};
}

namespace {

// Both ends in one expression: Streams do not move.
struct Sockets {
  explicit Sockets(asio::io_context& context) : both(connected_sockets(context)) {}
  std::pair<Socket, Socket> both;
};

}  // namespace

StreamPair::StreamPair() : client(Socket(context), watchdog), server(Socket(context), watchdog) {
  Sockets sockets(context);
  client.socket() = std::move(sockets.both.first);
  server.socket() = std::move(sockets.both.second);
}

StreamPair::StreamPair(TlsWorld& world) : StreamPair() {
  shake_hands(world);
}

void StreamPair::run() {
  context.restart();
  context.run_for(std::chrono::seconds{20});
  REQUIRE(context.stopped());
}

void StreamPair::shake_hands(TlsWorld& world) {
  client.secure_as_client(world.client, "localhost", nullptr);
  server.secure_as_server(world.server);
  Outcome here, there;
  spawn(context, handshake(client, here));
  spawn(context, handshake(server, there));
  run();
  REQUIRE_FALSE(here.error.failed());
  REQUIRE_FALSE(there.error.failed());
}

Task<> read_some(Stream& from, std::string& into, Outcome& outcome) {
  std::array<char, 3000> room;  // NOLINT: filled before it is read
  const auto [error, size] = co_await from.async_read(asio::buffer(room), as_result);
  into.append(room.data(), size);
  outcome = {error, size};
}

Task<> read_all(Stream& from, std::string& into, Outcome& outcome) {
  Outcome last;
  do {
    co_await read_some(from, into, last);
  } while (!last.error);
  outcome = last;
}

Task<> write(Stream& to, std::string_view bytes, Outcome& outcome) {
  const auto [error, size] = co_await to.async_write(bytes, as_result);
  outcome = {error, size};
}

Task<> finish(Stream& stream, Outcome& outcome) {
  const auto [error, size] = co_await stream.async_finish(as_result);
  outcome = {error, size};
}

Task<> handshake(Stream& stream, Outcome& outcome) {
  const auto [error, size] = co_await stream.async_handshake(as_result);
  outcome = {error, size};
}

}  // namespace tests
