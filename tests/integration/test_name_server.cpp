// The upstream is a name, and a real name server says where it is: another answer, none any more,
// several addresses of which one is dead, none at all.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/exchange.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/name_server.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// As api.test, whose addresses have one port.
std::string url(const ScriptedUpstream& upstream, const std::string& name = "api.test") {
  return "http://" + name + ":" + std::to_string(upstream.port());
}

GatewaySetup asking(const NameServer& server) {
  return {.upstream = "  resolver: " + server.address() + "\n"};
}

ScriptedUpstream::Script good() {
  return ScriptedUpstream::always(ScriptedUpstream::ok());
}

template <class Done>
void until(Done done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) REQUIRE(std::chrono::steady_clock::now() < end);
}

double look_ups(const RunningGateway& gateway, const std::string& result) {
  return scrape(gateway)["prefgate_upstream_lookups_total{result=\"" + result + "\"}"];
}

}  // namespace

TEST_CASE("when a name moves, requests move with it, and when its server dies they stay") {
  const ScriptedUpstream one(good(), "127.0.0.2", 0);
  const ScriptedUpstream two(good(), "127.0.0.3", one.port());
  NameServer server("127.0.0.2 api.test\n");
  RunningGateway gateway(url(one), asking(server));
  auto client = gateway.client();
  for (int i = 0; i < 3; ++i) CHECK(client.exchange(good_post()).status == 200);
  CHECK(one.requests().size() == 3);
  CHECK(one.connections() == 1);
  CHECK(two.connections() == 0);

  server.tell("127.0.0.3 api.test\n");
  until([&] {
    CHECK(client.exchange(good_get()).status == 200);
    return two.connections() > 0;
  });
  const auto before = one.requests().size();
  for (int i = 0; i < 3; ++i) CHECK(client.exchange(good_post()).status == 200);
  CHECK(one.requests().size() == before);
  CHECK(one.connections() == 1);  // over: of all connections one is left, and it is to the other
  auto metrics = scrape(gateway);
  CHECK(metrics[R"(prefgate_upstream_connections{state="idle"})"] == 1);
  CHECK(metrics[R"(prefgate_upstream_connections{state="in_use"})"] == 0);
  const auto status = gateway.admin().exchange(request("GET", "/status")).body;
  CHECK(status.find(R"("addresses":[{"address":")" + two.address() + R"(","state":"usable")") !=
        std::string::npos);

  server.stop();
  until([&] {
    CHECK(client.exchange(good_post()).status == 200);
    return look_ups(gateway, "failure") >= 2;
  });
  CHECK(one.requests().size() == before);
  CHECK(look_ups(gateway, "success") >= 2);
  gateway.stop();
  const auto log = gateway.printed();
  CHECK(log.find("api.test: connections go to " + one.address()) != std::string::npos);
  CHECK(log.find("api.test: connections go to " + two.address()) != std::string::npos);
  // Said once, however often it was asked.
  const std::string complaint = "the addresses found before are still used";
  CHECK(log.find(complaint) != std::string::npos);
  CHECK(log.find(complaint) == log.rfind(complaint));
}

TEST_CASE(
    "a name with a dead address and a live one: every request is answered, and arrives once") {
  const ScriptedUpstream live(good(), "127.0.0.3", 0);
  const NameServer server("127.0.0.2 api.test\n127.0.0.3 api.test\n");
  const RunningGateway gateway(url(live), asking(server));
  auto client = gateway.client();
  for (int i = 0; i < 20; ++i) {
    const auto target = "/n/" + std::to_string(i);
    CHECK(client.exchange(request("POST", target, {}, "x")).status == 200);
  }
  CHECK(live.requests().size() == 20);
  CHECK(scrape(gateway)["prefgate_upstream_ejections_total"] == 1);
}

TEST_CASE("a name that does not exist is 502 with the reason in the log, until it does") {
  const ScriptedUpstream upstream(good(), "127.0.0.2", 0);
  NameServer server("127.0.0.2 api.test\n");
  RunningGateway gateway(url(upstream, "moved.test"), asking(server));
  {
    auto client = gateway.client();
    const auto answer = client.exchange(good_post());
    CHECK(answer.status == 502);
    CHECK(answer.field("x-prefgate-delivery") == "no");
    gateway.wait_for("upstream failed: resolve: moved.test: there is no such name");
    server.tell("127.0.0.2 moved.test\n");
    until([&] { return client.exchange(good_get()).status == 200; });
  }
  const auto records = gateway.records();
  CHECK(records[0].text("upstream.failure") == "resolve");
  CHECK(records[0].text("reason") == "upstream_unreachable");
}

TEST_CASE("/etc/hosts comes first, whatever the name server says") {
  const ScriptedUpstream upstream(good());
  NameServer server("127.0.0.2 localhost\n");
  const auto setup = asking(server);
  server.stop();
  const RunningGateway gateway(url(upstream, "localhost"), setup);
  CHECK(gateway.client().exchange(good_post()).status == 200);
}
