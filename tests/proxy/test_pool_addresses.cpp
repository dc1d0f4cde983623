// A pool whose upstream has several addresses, or none yet.
#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "proxy/pool.hpp"
#include "tests/support/pool_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using proxy::Endpoint;
using proxy::Failure;
using proxy::FailureKind;
using tests::FakeUpstream;
using tests::PoolFixture;
using tests::spawn;
using tests::take;
using tests::Taken;
using tests::TlsWorld;

Endpoint at(std::uint16_t port) {
  return {"127.0.0.1", port};
}

// Where nobody listens.
std::uint16_t dead_port() {
  proxy::asio::io_context context;
  const auto loopback = proxy::asio::ip::address_v4::loopback();
  return proxy::Acceptor(context, {loopback, 0}).local_endpoint().port();
}

Failure failure(FailureKind kind) {
  Failure made;
  made.kind = kind;
  return made;
}

struct TwoAddresses : PoolFixture {
  TwoAddresses() { config.addresses = {at(upstream.port()), at(other.port())}; }

  FakeUpstream other{tests::answer};
};

std::uint16_t port_of(const Taken& taken) {
  REQUIRE(taken.lease);
  return taken.lease->address->endpoint.port;
}

TEST_CASE(
    "requests go to the address with the fewest in flight, new connections and idle ones alike") {
  TwoAddresses fixture;
  std::deque<Taken> all;
  std::map<std::uint16_t, int> leased;
  for (int i = 0; i < 4; ++i) {
    all.push_back(fixture.take_now());
    ++leased[port_of(all.back())];
  }
  CHECK(leased[fixture.upstream.port()] == 2);
  CHECK(leased[fixture.other.port()] == 2);
  for (auto& each : all) each.lease.keep();
  CHECK(fixture.idle() == 4);
  auto first = fixture.pool().take_idle();
  auto second = fixture.pool().take_idle();
  CHECK(first->address != second->address);
  const auto busy = first->address;
  second.keep();
  auto third = fixture.pool().take_idle();
  CHECK(third->address != busy);
}

TEST_CASE(
    "rather a new connection to an address with nothing to do than an idle one to a busy one") {
  TwoAddresses fixture;
  auto one = fixture.take_now();
  auto two = fixture.take_now();
  CHECK(port_of(one) != port_of(two));
  const auto busy = port_of(one);
  auto more = fixture.take_now();  // by turns: of the same address as `one`
  CHECK(port_of(more) == busy);
  more.lease.keep();
  two.lease.end();
  CHECK_FALSE(fixture.pool().take_idle());
  CHECK(port_of(fixture.take_now()) != busy);
}

TEST_CASE("an address that refuses costs a try, not the request, and is left out before long") {
  TwoAddresses fixture;
  fixture.config.addresses = {at(dead_port()), at(fixture.upstream.port())};
  fixture.config.ejection.failures = 3;
  for (int i = 0; i < 20; ++i) {
    auto taken = fixture.take_now();
    CHECK(port_of(taken) == fixture.upstream.port());
    CHECK_FALSE(taken.failure);
    taken.lease.keep();
  }
  CHECK(fixture.meter.ejections() == 1);
  // A connection that had come back was used again after each try that failed.
  CHECK(fixture.open() == 1);
  REQUIRE(fixture.meter.addresses().size() == 2);
  CHECK(fixture.meter.addresses()[0]->ejected(std::chrono::steady_clock::now()));
  CHECK(fixture.meter.addresses()[0]->in_flight.get() == 0);
  CHECK(fixture.meter.addresses()[1]->in_flight.get() == 0);
}

TEST_CASE("what comes of requests ejects an address, too, and closes its idle connections") {
  struct Row {
    const char* what;
    Failure failure;
    int status;
    bool ejects;
  };
  for (const auto& [what, failed, status, ejects] :
       {Row{"closed", failure(FailureKind::closed), 0, true},
        {"too slow", failure(FailureKind::first_byte_timeout), 0, true},
        {"500", {}, 500, true},
        {"503", {}, 503, true},
        {"404", {}, 404, false},
        {"200", {}, 200, false}}) {
    CAPTURE(what);
    TwoAddresses fixture;
    fixture.config.ejection.failures = 2;
    std::deque<Taken> all;
    for (int i = 0; i < 4; ++i) all.push_back(fixture.take_now());
    const auto ill = all[0].lease->address;
    CHECK(all[2].lease->address == ill);
    all[2].lease.keep();
    CHECK(fixture.idle() == 1);
    all[0].lease.judge(failed, status);
    CHECK(fixture.idle() == 1);
    all[0].lease.judge(failed, status);
    CHECK(fixture.idle() == (ejects ? 0 : 1));
    CHECK(fixture.meter.ejections() == (ejects ? 1 : 0));
    // What was under way ends as it may; its connection is not used again.
    all[0].lease.keep();
    CHECK(fixture.idle() == (ejects ? 0 : 2));
    if (ejects) CHECK(fixture.take_now().lease->address != ill);
  }
}

TEST_CASE("a good answer in between, and failures do not add up") {
  TwoAddresses fixture;
  fixture.config.ejection.failures = 2;
  auto taken = fixture.take_now();
  for (int i = 0; i < 5; ++i) {
    taken.lease.judge(failure(FailureKind::closed), 0);
    taken.lease.judge({}, 200);
  }
  CHECK(fixture.meter.ejections() == 0);
}

TEST_CASE("other addresses: new connections go there, and idle ones to what is gone are closed") {
  TwoAddresses fixture;
  fixture.config.addresses = {at(fixture.upstream.port())};
  auto idle = fixture.take_now();
  auto busy = fixture.take_now();
  idle.lease.keep();
  fixture.pool().adopt({.addresses = {at(fixture.other.port())}});
  CHECK(fixture.idle() == 0);
  CHECK(fixture.open() == 1);
  CHECK(port_of(fixture.take_now()) == fixture.other.port());
  busy.lease.keep();
  CHECK(fixture.idle() == 0);
  CHECK(fixture.open() == 0);
}

TEST_CASE("who asks before the name's addresses are known waits for them") {
  TwoAddresses fixture;
  fixture.config.addresses = {};
  fixture.config.host = "api.example";
  std::deque<Taken> all(2);
  for (auto& each : all) spawn(fixture.context, take(fixture.pool(), 10s, each));
  fixture.context.run_for(20ms);
  CHECK_FALSE(all[0].done);
  fixture.pool().adopt({.addresses = {at(fixture.upstream.port())}});
  for (auto& each : all) {
    fixture.run_until([&] { return each.done; });
    CHECK(port_of(each) == fixture.upstream.port());
  }
}

TEST_CASE("a name without an address fails at once, with the reason, until it has one") {
  TwoAddresses fixture;
  fixture.config.addresses = {};
  fixture.config.host = "api.example";
  fixture.pool().adopt({.addresses = {}, .fault = "api.example: there is no such name"});
  const auto taken = fixture.take_now();
  CHECK(taken.failure.kind == FailureKind::resolve);
  CHECK(taken.failure.detail == "api.example: there is no such name");
  CHECK(fixture.open() == 0);
  fixture.pool().adopt({.addresses = {at(fixture.upstream.port())}});
  CHECK(port_of(fixture.take_now()) == fixture.upstream.port());
}

TEST_CASE("nobody waits for a name server longer than for a connection, nor once all is to end") {
  for (const bool stops : {false, true}) {
    CAPTURE(stops);
    TwoAddresses fixture;
    fixture.config.addresses = {};
    fixture.config.host = "api.example";
    fixture.config.timeouts.connect = stops ? 10s : 30ms;
    Taken taken;
    spawn(fixture.context, take(fixture.pool(), 10s, taken));
    fixture.context.run_for(1ms);
    if (stops) fixture.pool().stop();
    fixture.run_until([&] { return taken.done; });
    CHECK_FALSE(taken.lease);
    CHECK(taken.failure.kind == FailureKind::resolve);
    CHECK(taken.failure.detail == "api.example: no name server has answered yet");
  }
}

TEST_CASE("where every address fails, the failure that got furthest is told") {
  const TlsWorld world;
  const auto other = tests::make_leaf(world.folder.path(), world.ca, "other", {"other.example"});
  const auto wrong = world.server_with(other);
  PoolFixture fixture(&wrong, &world.client);
  fixture.config.addresses = {at(fixture.upstream.port()), at(dead_port())};
  const auto taken = fixture.take_now();
  CHECK_FALSE(taken.lease);
  CHECK(taken.failure.kind == FailureKind::tls_unverified);
  CHECK(taken.failure.detail.starts_with("127.0.0.1:" + std::to_string(fixture.upstream.port())));
}

TEST_CASE("addresses are tried for no longer than the request may wait") {
  const TlsWorld world;
  PoolFixture fixture(nullptr, &world.client);  // they wait for a request in clear text
  const FakeUpstream other(tests::answer);
  fixture.config.addresses = {at(fixture.upstream.port()), at(other.port())};
  fixture.config.timeouts.connect = 10s;
  const auto taken = fixture.take_now(60ms);
  CHECK(taken.failure.kind == FailureKind::connect_timeout);
  std::size_t failures = 0;
  for (const auto& each : fixture.meter.addresses()) failures += each->failures;
  CHECK(failures == 1);
}

TEST_CASE("an address that comes back gets its share, though the others fill the pool") {
  TwoAddresses fixture;
  fixture.config.pool.connections = 3;
  fixture.config.pool.idle = 3;
  fixture.config.addresses = {at(fixture.upstream.port())};
  std::deque<Taken> all;
  for (int i = 0; i < 3; ++i) all.push_back(fixture.take_now());
  fixture.pool().adopt({.addresses = {at(fixture.upstream.port()), at(fixture.other.port())}});

  SUBCASE("by a place that an idle connection makes") {
    all[0].lease.keep();
    auto taken = fixture.take_now();
    CHECK(port_of(taken) == fixture.other.port());
    CHECK(fixture.open() == 3);
    CHECK(fixture.idle() == 0);
    // Two and one: with nothing to gain, nothing is closed.
    all[1].lease.keep();
    CHECK(port_of(fixture.take_now()) == fixture.upstream.port());
  }
  SUBCASE("by the place of a connection that comes back while others are in line") {
    Taken waiting;
    spawn(fixture.context, take(fixture.pool(), 10s, waiting));
    fixture.run_until([&] { return fixture.pool().counts().waiting == 1; });
    all[0].lease.keep();
    fixture.run_until([&] { return waiting.done; });
    CHECK(port_of(waiting) == fixture.other.port());
    CHECK(fixture.open() == 3);
  }
}

}  // namespace
