#include "proxy/pool.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "tests/support/fake_upstream.hpp"
#include "tests/support/stream_pair.hpp"

namespace {

using namespace std::chrono_literals;
namespace asio = proxy::asio;
using proxy::as_result;
using proxy::error_code;
using proxy::Failure;
using proxy::FailureKind;
using proxy::Lease;
using proxy::Pool;
using proxy::Task;
using tests::FakeUpstream;
using tests::spawn;
using tests::TlsWorld;

struct Taken {
  Lease lease = {};
  Failure failure = {};
  bool done = false;
};

Task<> take(Pool& pool, proxy::milliseconds patience, Taken& taken) {
  taken.lease = co_await pool.take(patience, taken.failure);
  taken.done = true;
}

std::string answer(const std::string&) {
  return FakeUpstream::ok("fine");
}

struct Fixture {
  explicit Fixture(const proxy::TlsContext* server = nullptr,
                   const proxy::TlsContext* client = nullptr, FakeUpstream::Answer says = answer)
      : upstream(std::move(says), server), tls(client) {
    config.host = "127.0.0.1";
    config.port = upstream.port();
    config.tls = client != nullptr;
  }

  Pool& pool() {
    if (!pool_) pool_.emplace(context, watchdog, config, tls, &meter);
    return *pool_;
  }
  // Runs the loop until `done` says so. Fails the test where that takes too long.
  template <class Done>
  void run_until(Done done) {
    context.restart();
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      context.run_one_for(100ms);
      context.restart();
    }
    CHECK(meter.pool() == pool().counts());  // what is shown is what is, at any time
  }
  Taken take_now(proxy::milliseconds patience = 10s) {
    Taken taken;
    spawn(context, take(pool(), patience, taken));
    run_until([&] { return taken.done; });
    return taken;
  }
  std::size_t idle() { return pool().counts().idle; }
  std::size_t open() { return pool().counts().open; }

  asio::io_context context{1};
  proxy::Watchdog watchdog{context};
  proxy::Meter meter;
  proxy::UpstreamConfig config;
  FakeUpstream upstream;
  const proxy::TlsContext* tls;
  std::optional<Pool> pool_;
};

TEST_CASE("a lease that is kept is handed out again; one that is not is closed") {
  Fixture fixture;
  CHECK_FALSE(fixture.pool().take_idle());
  {
    auto taken = fixture.take_now();
    REQUIRE(taken.lease);
    CHECK_FALSE(taken.failure);
    CHECK(taken.lease->exchanges == 0);
    CHECK(taken.lease->address == "127.0.0.1:" + std::to_string(fixture.upstream.port()));
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
  Fixture fixture;
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
  Fixture fixture;
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
  Fixture fixture;
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
  Fixture fixture;
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

TEST_CASE("an idle connection is dropped when its time is over, each at its own") {
  Fixture fixture;
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
  Fixture fixture;
  fixture.take_now().lease.keep();
  fixture.pool().close_idle();
  CHECK(fixture.open() == 0);
  CHECK(fixture.watchdog.armed() == 0);
}

TEST_CASE("a connection that the upstream has closed while idle is not handed out") {
  Fixture fixture(nullptr, nullptr,
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
  Fixture fixture;
  auto taken = fixture.take_now();
  taken.lease->input.room(100)[0] = 'x';
  taken.lease->input.commit(1);
  taken.lease.keep();
  CHECK_FALSE(fixture.pool().take_idle());
  CHECK(fixture.open() == 0);
}

TEST_CASE("nobody listens: refused, and the next in line is not left waiting") {
  Fixture fixture;
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

TEST_CASE("a name is looked up and every address tried") {
  Fixture fixture;
  fixture.config.host = "localhost";  // perhaps ::1 too, where nobody listens
  CHECK(fixture.take_now().lease);
}

TEST_CASE("a peer that never shakes hands is given up in time") {
  TlsWorld world;
  Fixture fixture(nullptr, &world.client);  // it waits for a request in clear text
  fixture.config.timeouts.connect = 60ms;
  const auto taken = fixture.take_now();
  CHECK(taken.failure.kind == FailureKind::connect_timeout);
  CHECK(fixture.open() == 0);
}

TEST_CASE("an upstream whose certificate proves another name is refused") {
  TlsWorld world;
  Fixture fixture(&world.server, &world.client);
  fixture.config.host = "127.0.0.1";
  CHECK(fixture.take_now().lease);

  const auto other = tests::make_leaf(world.folder.path(), world.ca, "other", {"other.example"});
  const auto wrong = world.server_with(other);
  Fixture refused(&wrong, &world.client);
  const auto taken = refused.take_now();
  CHECK_FALSE(taken.lease);
  CHECK(taken.failure.kind == FailureKind::tls_unverified);
  CHECK(refused.open() == 0);
}

// Writes a request, reads its answer as far as the first bytes go.
Task<> exchange(proxy::Upstream& upstream, tests::Outcome& outcome, std::size_t room = 4096) {
  tests::Outcome wrote;
  co_await tests::write(upstream.stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", wrote);
  std::vector<char> into(room);
  const auto [error, size] = co_await upstream.stream.async_read(asio::buffer(into), as_result);
  outcome = {error, size};
}

TEST_CASE("a later connection resumes the session of an earlier one") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version);
    Fixture fixture(&world.server, &world.client);
    auto first = fixture.take_now();
    CHECK_FALSE(first.lease->stream.tls()->resumed());
    tests::Outcome outcome;
    spawn(fixture.context, exchange(*first.lease, outcome));
    fixture.run_until([&] { return !outcome.error.failed(); });
    first.lease.keep();
    first.lease = fixture.pool().take_idle();
    const auto second = fixture.take_now();
    CHECK(second.lease->stream.tls()->resumed());
  }
}

TEST_CASE("after other trust is given nothing that the old one vouched for is used again") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version);
    Fixture fixture(&world.server, &world.client);
    auto idle = fixture.take_now();
    auto busy = fixture.take_now();
    for (auto* taken : {&idle, &busy}) {
      tests::Outcome outcome;
      spawn(fixture.context, exchange(*taken->lease, outcome));
      fixture.run_until([&] { return !outcome.error.failed(); });
    }
    idle.lease.keep();
    CHECK(fixture.idle() == 1);

    const auto trusting = proxy::make_client_context(world.ca.certificate);
    fixture.pool().trust(trusting);
    CHECK(fixture.idle() == 0);
    CHECK(fixture.open() == 1);
    busy.lease.keep();  // its exchange was under way, and it carries no other
    CHECK(fixture.idle() == 0);
    CHECK(fixture.open() == 0);
    CHECK_FALSE(fixture.take_now().lease->stream.tls()->resumed());
    const auto stranger = tests::make_ca(world.folder.path(), "stranger");
    const auto distrusting = proxy::make_client_context(stranger.certificate);
    fixture.pool().trust(distrusting);
    CHECK(fixture.take_now().failure.kind == FailureKind::tls_unverified);
  }
}

// ---- Former bugs.

TEST_CASE("bytes that came behind an answer are nobody's next answer, under TLS as well") {
  for (const int version : {0, TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version == 0 ? TLS1_3_VERSION : version);
    const bool tls = version != 0;
    Fixture fixture(tls ? &world.server : nullptr, tls ? &world.client : nullptr);
    auto taken = fixture.take_now();
    tests::Outcome outcome;
    // The reader's room holds a part of what has arrived.
    spawn(fixture.context, exchange(*taken.lease, outcome, 10));
    fixture.run_until([&] { return !outcome.error.failed(); });
    CHECK(outcome.size == 10);
    taken.lease.keep();
    CHECK_FALSE(fixture.pool().take_idle());
  }
}

}  // namespace
