// Clients that do not take their answers: none holds a connection to the upstream for ever.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// To /long an answer without end, to anything else a short one.
ScriptedUpstream::Script endless() {
  return [](ScriptedUpstream::Peer& peer) {
    const std::string piece(64 * 1024, 'x');
    for (auto request = peer.request(); !request.empty(); request = peer.request()) {
      if (!request.starts_with("GET /long")) {
        if (!peer.send(ScriptedUpstream::ok())) return;
        continue;
      }
      if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")) return;
      while (peer.send(piece)) continue;
      return;
    }
  };
}

}  // namespace

TEST_CASE("who takes nothing of an answer is cut off, and the upstream's connection is free") {
  const ScriptedUpstream upstream(endless());
  RunningGateway gateway(upstream.url(), {.limits = "{answer: 300ms, queue: 20s}",
                                          .pool = "{connections: 1, idle: 1}"});
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    auto slow = tls ? gateway.tls_client() : gateway.client();
    slow.send(request("GET", "/long"));
    CHECK(slow.receive_head().status == 200);
    // In line behind it, until it is cut off.
    CHECK(gateway.client().exchange(good_get()).status == 200);
    CHECK_NOTHROW(slow.receive_all());
    CHECK(slow.was_reset());
  }
  auto metrics = scrape_after(gateway, 4);
  CHECK(metrics[R"(prefgate_client_aborts_total{reason="timeout"})"] == 2);
  CHECK(metrics[R"(prefgate_client_aborts_total{reason="closed"})"] == 0);
  std::size_t cut = 0;
  for (const auto& record : gateway.records())
    if (record.text("ending") == "client_aborted") ++cut;
  CHECK(cut == 2);
}

TEST_CASE("who leaves in the middle of an answer is counted as gone, not as slow") {
  const ScriptedUpstream upstream(endless());
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  client.send(request("GET", "/long"));
  CHECK(client.receive_head().status == 200);
  client.reset();
  auto metrics = scrape_after(gateway, 1);
  CHECK(metrics[R"(prefgate_client_aborts_total{reason="timeout"})"] == 0);
  CHECK(metrics[R"(prefgate_client_aborts_total{reason="closed"})"] == 1);
}

TEST_CASE("who takes an answer piece by piece has all the time that these take together") {
  const ScriptedUpstream upstream(endless());
  const RunningGateway gateway(upstream.url(), {.limits = "{answer: 500ms}"});
  auto client = gateway.client();
  client.send(request("GET", "/long"));
  CHECK(client.receive_head().status == 200);
  const auto until = std::chrono::steady_clock::now() + milliseconds{1'500};
  std::size_t read = 0;
  while (std::chrono::steady_clock::now() < until) {
    const auto piece = client.read_some();
    REQUIRE_FALSE(piece.empty());
    read += piece.size();
  }
  CHECK(read > 0);
  CHECK(scrape(gateway)[R"(prefgate_client_aborts_total{reason="timeout"})"] == 0);
}
