#include "proxy/stream.hpp"

#include <doctest/doctest.h>

#include <random>

#include "tests/support/stream_pair.hpp"

namespace {

using namespace std::chrono_literals;
namespace asio = proxy::asio;
using proxy::milliseconds;
using proxy::Stream;
using tests::finish;
using tests::Outcome;
using tests::read_all;
using tests::read_some;
using tests::spawn;
using tests::StreamPair;
using tests::TlsWorld;
using tests::write;

// Calls `test(pair, tls)` for clear text and each version of TLS.
template <class Test>
void for_each_kind(Test test) {
  {
    CAPTURE("clear");
    StreamPair pair;
    test(pair, false);
  }
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version);
    StreamPair pair(world);
    test(pair, true);
  }
}

// A FIN. To close with unread input, tickets say, would be an RST.
void hang_up(Stream& stream) {
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
}

std::string noise(std::size_t size) {
  std::mt19937 random(63);
  std::string text(size, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

TEST_CASE("what one end writes the other reads, both ways at once, until the orderly end") {
  for_each_kind([](StreamPair& pair, bool) {
    const std::string question = "question", reply = noise(70'000);
    std::string asked, replied;
    Outcome here, there, wrote, answered, ended, closed;
    spawn(pair.context, read_all(pair.server, asked, there));
    spawn(pair.context, read_all(pair.client, replied, here));
    spawn(pair.context, write(pair.client, question, wrote));
    spawn(pair.context, write(pair.server, reply, answered));
    pair.run_until([&] { return !wrote.pending() && !answered.pending(); });
    spawn(pair.context, finish(pair.client, ended));
    spawn(pair.context, finish(pair.server, closed));
    pair.run_until([&] { return !ended.pending() && !closed.pending(); });
    for (auto* stream : {&pair.client, &pair.server}) hang_up(*stream);
    pair.run();
    CHECK(asked == question);
    CHECK(replied == reply);
    CHECK(here.error == asio::error::eof);
    CHECK(there.error == asio::error::eof);
    CHECK_FALSE(ended.error.failed());
    CHECK_FALSE(closed.error.failed());
  });
}

TEST_CASE("a write larger than the sockets hold goes on as the reader reads") {
  for_each_kind([](StreamPair& pair, bool tls) {
    const auto bytes = noise(12 * 1024 * 1024);
    std::string got;
    Outcome wrote, read, ended;
    spawn(pair.context, write(pair.client, bytes, wrote));
    pair.poll();  // as much as the kernel takes
    CHECK(wrote.pending());
    spawn(pair.context, read_all(pair.server, got, read));
    pair.run_until([&] { return !wrote.pending(); });
    CHECK_FALSE(wrote.error.failed());
    CHECK(wrote.size >= bytes.size());
    if (!tls) CHECK(wrote.size == bytes.size());
    spawn(pair.context, finish(pair.client, ended));
    pair.run_until([&] { return !ended.pending(); });
    hang_up(pair.client);
    pair.run();
    CHECK(read.error == asio::error::eof);
    CHECK((got == bytes));
  });
}

TEST_CASE("what the sockets take is sent at once, and a write goes on with what they do not") {
  for_each_kind([](StreamPair& pair, bool tls) {
    std::string_view left = "at once, ";
    CHECK(pair.client.write_now(left) >= 9);
    CHECK_FALSE(pair.client.unsent(left));
    const auto bytes = noise(12 * 1024 * 1024);
    left = bytes;
    const auto at_once = pair.client.write_now(left);
    CHECK(at_once > 0);
    CHECK(pair.client.unsent(left));
    if (!tls) CHECK(left.size() == bytes.size() - at_once);
    std::string got;
    Outcome wrote, read, ended;
    spawn(pair.context, write(pair.client, left, wrote));
    spawn(pair.context, read_all(pair.server, got, read));
    pair.run_until([&] { return !wrote.pending(); });
    CHECK_FALSE(wrote.error.failed());
    if (!tls) CHECK(at_once + wrote.size == bytes.size());
    spawn(pair.context, finish(pair.client, ended));
    pair.run_until([&] { return !ended.pending(); });
    hang_up(pair.client);
    pair.run();
    CHECK((got == "at once, " + bytes));
  });
}

TEST_CASE(
    "what cannot be sent at once because the connection is gone, the write has the error of") {
  for_each_kind([](StreamPair& pair, bool) {
    pair.client.close();
    std::string_view left = "nobody";
    CHECK(pair.client.write_now(left) == 0);
    REQUIRE(pair.client.unsent(left));
    Outcome wrote;
    spawn(pair.context, write(pair.client, left, wrote));
    pair.run();
    CHECK(wrote.error.failed());
    CHECK_FALSE(wrote.pending());
  });
}

TEST_CASE("a read that nothing comes for ends at its deadline, not before") {
  for_each_kind([](StreamPair& pair, bool) {
    std::string got;
    Outcome read;
    const auto begun = std::chrono::steady_clock::now();
    pair.server.reading.arm(30ms);
    spawn(pair.context, read_some(pair.server, got, read));
    pair.run();
    CHECK(read.error == proxy::timed_out);
    CHECK(read.size == 0);
    CHECK(std::chrono::steady_clock::now() - begun >= 30ms);
    // And so does the next one, until it is armed again.
    spawn(pair.context, read_some(pair.server, got, read));
    pair.run();
    CHECK(read.error == proxy::timed_out);
    Outcome wrote;
    pair.server.reading.arm(10s);
    spawn(pair.context, read_some(pair.server, got, read));
    spawn(pair.context, write(pair.client, "late", wrote));
    pair.run_until([&] { return !read.error; });
    CHECK(got == "late");
    pair.server.reading.disarm();
    pair.run();
  });
}

TEST_CASE("a write that nobody reads ends at its deadline, and says how much went out") {
  for_each_kind([](StreamPair& pair, bool) {
    const auto bytes = noise(12 * 1024 * 1024);
    Outcome wrote;
    pair.client.writing.arm(30ms);
    spawn(pair.context, write(pair.client, bytes, wrote));
    pair.run();
    CHECK(wrote.error == proxy::timed_out);
    CHECK(wrote.size > 0);
    CHECK(wrote.size < bytes.size());
  });
}

TEST_CASE("a handshake with a silent peer ends at its deadline") {
  TlsWorld world;
  for (const bool as_server : {true, false}) {
    StreamPair pair;
    if (as_server)
      pair.client.secure_as_server(world.server);
    else
      pair.client.secure_as_client(world.client, "localhost", nullptr);
    Outcome shaken;
    pair.client.reading.arm(30ms);
    spawn(pair.context, tests::handshake(pair.client, shaken));
    pair.run();
    CHECK(shaken.error == proxy::timed_out);
  }
}

TEST_CASE("the end of a clear connection is its end; of TLS only with close_notify before it") {
  for_each_kind([](StreamPair& pair, bool tls) {
    std::string got;
    Outcome wrote, read;
    spawn(pair.context, write(pair.client, "half", wrote));
    pair.run_until([&] { return !wrote.pending(); });
    hang_up(pair.client);
    spawn(pair.context, read_all(pair.server, got, read));
    pair.run();
    CHECK(got == "half");
    CHECK(read.error == (tls ? proxy::tls_failed : proxy::error_code(asio::error::eof)));
    if (tls) CHECK(pair.server.tls()->error().find("close_notify") != std::string::npos);
  });
}

TEST_CASE("an abort is seen as a reset, with nothing of an orderly end") {
  for_each_kind([](StreamPair& pair, bool) {
    std::string got;
    Outcome read;
    spawn(pair.context, read_all(pair.server, got, read));
    pair.poll();
    pair.client.abort();
    pair.run();
    CHECK(read.error == asio::error::connection_reset);
    CHECK(got.empty());
  });
}

TEST_CASE("closing a stream ends what is under way on it") {
  for_each_kind([](StreamPair& pair, bool) {
    std::string got;
    Outcome read, wrote;
    const auto bytes = noise(12 * 1024 * 1024);
    spawn(pair.context, read_some(pair.server, got, read));
    spawn(pair.context, write(pair.server, bytes, wrote));
    pair.poll();
    pair.server.close();
    pair.run();
    CHECK(read.error == asio::error::operation_aborted);
    CHECK(wrote.error == asio::error::operation_aborted);
  });
}

TEST_CASE("a peer that answers TLS with something else is refused with words") {
  TlsWorld world;
  for (const bool as_server : {true, false}) {
    StreamPair pair;
    if (as_server)
      pair.client.secure_as_server(world.server);
    else
      pair.client.secure_as_client(world.client, "localhost", nullptr);
    Outcome shaken, wrote;
    spawn(pair.context, tests::handshake(pair.client, shaken));
    spawn(pair.context, write(pair.server, "HTTP/1.1 400 Bad Request\r\n\r\n", wrote));
    pair.run_until([&] { return !shaken.pending(); });
    CHECK(shaken.error == proxy::tls_failed);
    CHECK_FALSE(pair.client.tls()->error().empty());
  }
}

// Reads what comes next into the buffer.
proxy::Task<> read_next(Stream& from, proxy::Buffer& into, std::size_t most, Outcome& outcome) {
  const auto [error, size] = co_await from.async_read(into, most, proxy::as_result);
  if (!error) into.commit(size);
  outcome = {error, size};
}

TEST_CASE("a buffer is filled up to what is asked for; under TLS it has no memory before") {
  for_each_kind([](StreamPair& pair, bool tls) {
    proxy::Buffer buffer(4096);
    Outcome read, wrote;
    spawn(pair.context, read_next(pair.server, buffer, 5, read));
    pair.poll();
    CHECK(read.pending());
    CHECK((buffer.capacity() == 0) == tls);
    spawn(pair.context, write(pair.client, "question", wrote));
    pair.run_until([&] { return !read.pending(); });
    CHECK(buffer.data() == "quest");
    // The rest has come already, or is in the engine: it is not waited for.
    Outcome rest;
    spawn(pair.context, read_next(pair.server, buffer, 4096, rest));
    pair.run_until([&] { return !rest.pending(); });
    CHECK_FALSE(rest.error);
    CHECK(buffer.data() == "question");
  });
}

}  // namespace
