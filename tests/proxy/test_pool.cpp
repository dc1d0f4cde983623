#include "proxy/pool.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "tests/support/pool_fixture.hpp"

namespace {

using namespace std::chrono_literals;
namespace asio = proxy::asio;
using proxy::FailureKind;
using proxy::Lease;
using tests::FakeUpstream;
using tests::PoolFixture;
using tests::spawn;
using tests::take;
using tests::Taken;
using tests::TlsWorld;

TEST_CASE("a lease that is kept is handed out again; one that is not is closed") {
  PoolFixture fixture;
  CHECK_FALSE(fixture.pool().take_idle());
  {
    auto taken = fixture.take_now();
    REQUIRE(taken.lease);
    CHECK_FALSE(taken.failure);
    CHECK(taken.lease->exchanges == 0);
    CHECK(taken.lease->address->text == "127.0.0.1:" + std::to_string(fixture.upstream.port()));
    CHECK(fixture.open() == 1);
    taken.lease.keep();
    CHECK_FALSE(taken.lease);
    CHECK(fixture.idle() == 1);
  }
  {
    auto lease = fixture.pool().take_idle();
    REQUIRE(lease);
    CHECK(lease->exchanges == 1);
    CHECK(fixture.idle() == 0);
    CHECK(fixture.open() == 1);
  }
  CHECK(fixture.idle() == 0);
  CHECK(fixture.open() == 0);
}

TEST_CASE("a lease moves, and what it replaces is closed") {
  PoolFixture fixture;
  auto one = fixture.take_now();
  auto two = fixture.take_now();
  CHECK(fixture.open() == 2);
  one.lease = std::move(two.lease);
  CHECK(fixture.open() == 1);
  const Lease moved(std::move(one.lease));
  CHECK(moved);
  CHECK_FALSE(one.lease);
  CHECK(fixture.open() == 1);
}

TEST_CASE("no more connections are kept idle than allowed, the one used last is taken first") {
  PoolFixture fixture;
  fixture.config.pool.idle = 2;
  std::vector<Taken> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(fixture.take_now());
  const auto* const last = &*taken[1].lease;
  taken[0].lease.keep();
  taken[1].lease.keep();
  taken[2].lease.keep();
  CHECK(fixture.idle() == 2);
  CHECK(fixture.open() == 2);
  CHECK(&*fixture.pool().take_idle() == last);
}

TEST_CASE("those in line are served in order: with a connection given back, or the right to open") {
  PoolFixture fixture;
  fixture.config.pool.connections = 1;
  auto first = fixture.take_now();
  std::deque<Taken> line(3);
  for (auto& each : line) spawn(fixture.context, take(fixture.pool(), 10s, each));
  fixture.run_until([&] { return fixture.pool().counts().waiting == 3; });
  auto* const connection = &*first.lease;
  first.lease.keep();
  fixture.run_until([&] { return line[0].done; });
  CHECK(&*line[0].lease == connection);
  CHECK_FALSE(line[1].done);
  CHECK(fixture.open() == 1);
  line[0].lease.end();  // closed: the next opens another
  fixture.run_until([&] { return line[1].done; });
  REQUIRE(line[1].lease);
  CHECK(line[1].lease->exchanges == 0);
  CHECK_FALSE(line[2].done);
  line[1].lease.keep();
  fixture.run_until([&] { return line[2].done; });
  CHECK(line[2].lease->exchanges == 1);
  CHECK(fixture.open() == 1);
}

TEST_CASE("who waits too long, or finds the line full, is told so") {
  PoolFixture fixture;
  fixture.config.pool.connections = 1;
  fixture.config.pool.waiting = 1;
  auto first = fixture.take_now();
  Taken waiting;
  spawn(fixture.context, take(fixture.pool(), 50ms, waiting));
  fixture.run_until([&] { return fixture.pool().counts().waiting == 1; });
  const auto refused = fixture.take_now();
  CHECK_FALSE(refused.lease);
  CHECK(refused.failure.kind == FailureKind::pool_full);
  fixture.run_until([&] { return waiting.done; });
  CHECK_FALSE(waiting.lease);
  CHECK(waiting.failure.kind == FailureKind::pool_timeout);
  CHECK(fixture.pool().counts().waiting == 0);
  first.lease.keep();
  CHECK(fixture.idle() == 1);
}

TEST_CASE("how long the first in line has waited is known, and 0 where there is no line") {
  PoolFixture fixture;
  fixture.config.pool.connections = 1;
  auto first = fixture.take_now();
  CHECK(fixture.pool().oldest_wait() == 0ms);
  std::deque<Taken> line(2);
  const auto begun = std::chrono::steady_clock::now();
  for (auto& each : line) spawn(fixture.context, take(fixture.pool(), 10s, each));
  fixture.run_until([&] { return fixture.pool().oldest_wait() >= 30ms; });
  CHECK(std::chrono::steady_clock::now() - begun >= 30ms);
  first.lease.keep();
  fixture.run_until([&] { return line[0].done; });
  CHECK(fixture.pool().oldest_wait() >= 30ms);  // of the second, who came with the first
  line[0].lease.keep();
  fixture.run_until([&] { return line[1].done; });
  CHECK(fixture.pool().oldest_wait() == 0ms);
}

TEST_CASE("an idle connection is dropped when its time is over, each at its own") {
  PoolFixture fixture;
  fixture.config.pool.idle_timeout = 60ms;
  auto one = fixture.take_now();
  auto two = fixture.take_now();
  one.lease.keep();
  fixture.context.run_for(30ms);
  const auto begun = std::chrono::steady_clock::now();
  two.lease.keep();
  fixture.run_until([&] { return fixture.idle() < 2; });
  CHECK(fixture.open() == fixture.idle());
  fixture.run_until([&] { return fixture.idle() == 0; });
  CHECK(std::chrono::steady_clock::now() - begun >= 60ms);
  CHECK(fixture.open() == 0);
}

TEST_CASE("idle connections go at once when the worker ends") {
  PoolFixture fixture;
  fixture.take_now().lease.keep();
  fixture.pool().close_idle();
  CHECK(fixture.open() == 0);
  CHECK(fixture.watchdog.armed() == 0);
}

TEST_CASE("a connection that the upstream has closed while idle is not handed out") {
  PoolFixture fixture(nullptr, nullptr,
                      [](const std::string&) { return std::string(FakeUpstream::hang_up); });
  auto taken = fixture.take_now();
  tests::Outcome wrote;
  spawn(fixture.context,
        tests::write(taken.lease->stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", wrote));
  fixture.run_until([&] { return !wrote.error.failed(); });
  taken.lease->stream.socket().wait(asio::socket_base::wait_read);  // until the end is there
  taken.lease.keep();
  CHECK(fixture.idle() == 1);
  CHECK_FALSE(fixture.pool().take_idle());
  CHECK(fixture.open() == 0);
}

TEST_CASE("a connection that holds bytes nobody has read is not handed out") {
  PoolFixture fixture;
  auto taken = fixture.take_now();
  taken.lease->input.room(100)[0] = 'x';
  taken.lease->input.commit(1);
  taken.lease.keep();
  CHECK_FALSE(fixture.pool().take_idle());
  CHECK(fixture.open() == 0);
}

TEST_CASE("nobody listens: refused, and the next in line is not left waiting") {
  PoolFixture fixture;
  {
    asio::io_context other;
    proxy::Acceptor closed(other, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    fixture.config.port = closed.local_endpoint().port();
  }
  fixture.config.pool.connections = 1;
  std::deque<Taken> all(4);
  for (auto& each : all) spawn(fixture.context, take(fixture.pool(), 10s, each));
  for (auto& each : all) {
    fixture.run_until([&] { return each.done; });
    CHECK_FALSE(each.lease);
    CHECK(each.failure.kind == FailureKind::connect_refused);
    CHECK(each.failure.detail.find(std::to_string(fixture.config.port)) != std::string::npos);
  }
  CHECK(fixture.open() == 0);
}

// Former bug: it got nothing, and the place in the pool was lost for good.
TEST_CASE("who is in line for a second try is served though its first has failed") {
  PoolFixture fixture;
  fixture.config.pool.connections = 1;
  auto first = fixture.take_now();
  Taken again;
  again.failure.kind = FailureKind::closed;
  spawn(fixture.context, take(fixture.pool(), 10s, again));
  fixture.run_until([&] { return fixture.pool().counts().waiting == 1; });
  first.lease.end();
  fixture.run_until([&] { return again.done; });
  CHECK(again.lease);
  CHECK_FALSE(again.failure);
  again.lease.end();
  CHECK(fixture.open() == 0);
}

TEST_CASE("a peer that never shakes hands is given up in time") {
  TlsWorld world;
  PoolFixture fixture(nullptr, &world.client);  // it waits for a request in clear text
  fixture.config.timeouts.connect = 60ms;
  const auto taken = fixture.take_now();
  CHECK(taken.failure.kind == FailureKind::connect_timeout);
  CHECK(fixture.open() == 0);
}

}  // namespace
