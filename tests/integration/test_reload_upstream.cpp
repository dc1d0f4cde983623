// Another upstream with SIGHUP, under load: what is under way ends where it began, whatever begins
// after that goes to the other one, and nothing is lost or sent twice.
#include <doctest/doctest.h>

#include <set>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/load.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/name_server.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

ScriptedUpstream::Script good() {
  return ScriptedUpstream::always(ScriptedUpstream::ok());
}

// Its configuration from now on, with this instead of that.
void reload_with(RunningGateway& gateway, std::string_view instead_of, std::string_view text) {
  auto config = read_file(gateway.config());
  const auto at = config.find(instead_of);
  REQUIRE(at != config.npos);
  gateway.folder().write("prefgate.yaml", config.replace(at, instead_of.size(), text));
  gateway.send(SIGHUP);
}

void wait_until_in_force(RunningGateway& gateway) {
  gateway.wait_for("SIGHUP: in force");
}

std::string get(std::string_view host) {
  return request("GET", "/api/1/vehicles", {"X-Asked: " + std::string(host)});
}

}  // namespace

TEST_CASE("under load, another upstream takes over without an exchange lost or sent twice") {
  const ScriptedUpstream one(good());
  const ScriptedUpstream two(good());
  RunningGateway gateway(one.url(), {.audit = "{on_full: block}", .workers = 2});
  Load load(gateway);
  for (const auto& [from, to] : {std::pair{&one, &two}, {&two, &one}, {&one, &two}}) {
    load.wait_for_more(200);
    reload_with(gateway, from->url(), to->url());
    CHECK(gateway.wait_for("SIGHUP: upstream ").ends_with(to->address() + " from now on"));
    wait_until_in_force(gateway);
  }
  load.wait_for_more(200);
  load.stop();
  CHECK_MESSAGE(load.faults() == 0, gateway.printed());
  CHECK(one.requests().size() + two.requests().size() == load.answered());
  // Each in the name of the one that got it.
  for (const auto* upstream : {&one, &two})
    for (const auto& request : upstream->requests())
      REQUIRE(request.find("Host: " + upstream->address() + "\r\n") != request.npos);
  const auto before = one.requests().size();
  CHECK(gateway.client().exchange(good_get()).status == 200);
  CHECK(one.requests().size() == before);
  std::set<std::string> addresses;
  for (const auto& record : gateway.records()) addresses.insert(record.text("upstream.address"));
  CHECK(addresses == std::set{one.address(), two.address()});
}

TEST_CASE("who stands in line for the upstream before is served by it") {
  Gate gate;
  const ScriptedUpstream one([&](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      peer.send(ScriptedUpstream::ok());
    }
  });
  const ScriptedUpstream two(good());
  RunningGateway gateway(one.url(), {.limits = "{queue: 20s}", .pool = "{connections: 1}"});
  auto first = gateway.client();
  first.send(get("first"));
  one.wait_for_requests(1);
  auto second = gateway.client();
  second.send(get("second"));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (scrape(gateway)["prefgate_upstream_waiting_requests"] < 1)
    REQUIRE(std::chrono::steady_clock::now() < end);
  reload_with(gateway, one.url(), two.url());
  wait_until_in_force(gateway);
  CHECK(gateway.client().exchange(get("third")).status == 200);
  CHECK(two.requests().size() == 1);
  gate.open();
  CHECK(first.receive().status == 200);
  CHECK(second.receive().status == 200);
  CHECK(one.requests().size() == 2);
  // Neither keeps a connection to it: the gateway has another upstream.
  CHECK(first.exchange(get("fourth")).status == 200);
  CHECK(two.requests().size() == 2);
  CHECK(scrape(gateway)[R"(prefgate_upstream_connections{state="idle"})"] == 1);
}

TEST_CASE("the second signal ends what still waits for the upstream before") {
  Gate gate;
  const ScriptedUpstream one([&](ScriptedUpstream::Peer& peer) {
    peer.request();
    gate.wait();
  });
  const ScriptedUpstream two(good());
  RunningGateway gateway(one.url());
  auto client = gateway.client();
  client.send(get("first"));
  one.wait_for_requests(1);
  reload_with(gateway, one.url(), two.url());
  wait_until_in_force(gateway);
  gateway.send(SIGTERM);
  gateway.wait_for("finishing what is in flight");
  gateway.send(SIGTERM);
  CHECK(gateway.wait() == 0);
  gate.open();
}

TEST_CASE("timeouts and the pool's limits are those of the upstream that is in force") {
  const ScriptedUpstream silent([](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
    }
  });
  RunningGateway gateway(silent.url());
  auto client = gateway.client();
  reload_with(gateway, "timeouts: {}", "timeouts: {first_byte: 50ms}");
  wait_until_in_force(gateway);
  CHECK(client.exchange(get("a")).status == 504);
}

TEST_CASE("another name is looked up") {
  const ScriptedUpstream one(good(), "127.0.0.2", 0);
  const ScriptedUpstream two(good(), "127.0.0.3", one.port());
  const auto port = ":" + std::to_string(one.port());
  const NameServer server("127.0.0.2 one.test\n127.0.0.3 two.test\n");
  RunningGateway gateway("http://one.test" + port,
                         {.upstream = "  resolver: " + server.address() + "\n"});
  auto client = gateway.client();
  CHECK(client.exchange(get("a")).status == 200);
  reload_with(gateway, "http://one.test", "http://two.test");
  wait_until_in_force(gateway);
  CHECK(client.exchange(get("b")).status == 200);
  REQUIRE(two.requests().size() == 1);
  CHECK(two.requests()[0].find("Host: two.test" + port) != std::string::npos);
  reload_with(gateway, "http://two.test", "http://one.test");
  wait_until_in_force(gateway);
  CHECK(client.exchange(get("c")).status == 200);
  CHECK(one.requests().size() == 2);
  const auto status = gateway.admin().exchange(request("GET", "/status", {}));
  CHECK(status.body.find("one.test" + port) != std::string::npos);
  CHECK(status.body.find("two.test") == std::string::npos);
  // Counters go on, whoever counts.
  CHECK(scrape(gateway)[R"(prefgate_upstream_lookups_total{result="success"})"] >= 2);
  reload_with(gateway, "http://one.test", "http://no.test");
  wait_until_in_force(gateway);
  CHECK(client.exchange(get("d")).status == 502);
}

TEST_CASE("from clear text to TLS and back; a CA that cannot be read is refused as a whole") {
  const ScriptedUpstream clear(good());
  const OwnerApi secure;
  RunningGateway gateway(clear.url());
  auto client = gateway.client();
  CHECK(client.exchange(good_get()).status == 200);
  const auto tls_url = "https://localhost:" + std::to_string(secure.tls_port());
  const auto ca = development_certificates() / "ca.pem";
  reload_with(gateway, clear.url(), tls_url + "\n  ca: " + ca.string());
  wait_until_in_force(gateway);
  CHECK(client.exchange(good_get()).status == 200);
  CHECK(clear.requests().size() == 1);
  reload_with(gateway, ca.string(), "/nowhere/ca.pem");
  gateway.wait_for("SIGHUP: not taken over, what was in force stays");
  CHECK(client.exchange(good_get()).status == 200);
  reload_with(gateway, tls_url + "\n  ca: /nowhere/ca.pem", clear.url());
  wait_until_in_force(gateway);
  CHECK(client.exchange(good_get()).status == 200);
  CHECK(clear.requests().size() == 2);
}
