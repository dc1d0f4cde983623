// An upstream of two addresses, of which one dies in some way: what can be answered is, the dead
// one is left out before long, and a POST never arrives twice. The failures of a single address are
// in test_upstream_failures.cpp, those of its name in test_name_server.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "tests/support/exchange.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

// The URL has the name, the addresses are of others.
GatewaySetup between(const ScriptedUpstream& one, const ScriptedUpstream& two) {
  return {.upstream = "  addresses: [" + one.address() + ", " + two.address() +
                      "]\n  ejection: {failures: 3}\n"};
}

ScriptedUpstream::Script good() {
  return ScriptedUpstream::always(ScriptedUpstream::ok());
}

// Whole requests for this target, at both.
std::size_t deliveries(const std::string& target, const ScriptedUpstream& one,
                       const ScriptedUpstream& two) {
  std::size_t count = 0;
  for (const auto* upstream : {&one, &two})
    for (const auto& seen : upstream->requests())
      if (seen.find(" " + target + " ") != std::string::npos) ++count;
  return count;
}

struct Row {
  std::string what;
  ScriptedUpstream::Script ill;
  bool listens;
  std::size_t most_failures;  // of 24 requests
  double ejections;
};

}  // namespace

TEST_CASE("whatever one address does, a POST arrives at most once and most requests are answered") {
  const Row rows[] = {
      {"refuses", good(), false, 0, 1},
      {"closes at once", [](Peer&) {}, true, 3, 1},
      {"resets at once", [](Peer& peer) { peer.reset(); }, true, 3, 1},
      {"closes when it has read the request", [](Peer& peer) { peer.request(); }, true, 3, 1},
      {"resets when it has read the request",
       [](Peer& peer) {
         peer.request();
         peer.reset();
       },
       true, 3, 1},
      {"closes amid the answer's head",
       [](Peer& peer) {
         peer.request();
         peer.send("HTTP/1.1 200 OK\r\nContent-Le");
       },
       true, 3, 1},
      {"answers garbage",
       [](Peer& peer) {
         peer.request();
         peer.send("no HTTP\r\n\r\n");
       },
       true, 3, 1},
      {"answers 503", ScriptedUpstream::always("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
       true, 3, 1},
      {"never answers", [](Peer& peer) { peer.wait_for_end(); }, true, 3, 1},
      // What an upstream does that keeps idle connections for less long. It is none the worse.
      {"closes with the second request of a connection",
       [](Peer& peer) {
         if (peer.request().empty()) return;
         peer.send(ScriptedUpstream::ok());
         peer.request();
       },
       true, 12, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::string method : {"POST", "GET"}) {
      CAPTURE(method);
      ScriptedUpstream ill(row.ill);
      if (!row.listens) ill.stop_listening();
      const ScriptedUpstream well(good());
      auto setup = between(ill, well);
      setup.timeouts = "{first_byte: 1s}";  // of a good one on a busy machine, too
      const RunningGateway gateway("http://api.test", setup);
      auto client = gateway.client();
      std::size_t failures = 0;
      std::string which;
      for (int i = 0; i < 24; ++i) {
        const auto target = "/n/" + std::to_string(i);
        const auto status =
            client.exchange(request(method, target, {}, method == "POST" ? "x" : "")).status;
        if (status != 200) {
          ++failures;
          which += target + ": " + std::to_string(status) + "; ";
        }
        const auto arrived = deliveries(target, ill, well);
        CAPTURE(target);
        CHECK(arrived <= (method == "POST" ? 1 : 2));
        if (status == 200) CHECK(arrived >= 1);
      }
      CHECK_MESSAGE(failures <= row.most_failures, which);
      CHECK(scrape(gateway)["prefgate_upstream_ejections_total"] == row.ejections);
    }
  }
}

TEST_CASE(
    "an address that dies amid its work takes one request with it, and no other is lost or "
    "doubled") {
  std::atomic<bool> dying{false};
  ScriptedUpstream ill([&](Peer& peer) {
    while (!peer.request().empty()) {
      if (dying) return ill.stop_listening();
      if (!peer.send(ScriptedUpstream::ok())) return;
    }
  });
  const ScriptedUpstream well(good());
  const RunningGateway gateway("http://api.test", between(ill, well));
  auto client = gateway.client();
  std::size_t failures = 0;
  for (int i = 0; i < 30; ++i) {
    if (i == 10) dying = true;
    const auto target = "/n/" + std::to_string(i);
    const auto answer = client.exchange(request("POST", target, {}, "x"));
    if (answer.status != 200) {
      ++failures;
      CHECK(answer.status == 502);
      CHECK(answer.field("x-prefgate-delivery") == "unknown");
    }
    CHECK(deliveries(target, ill, well) == 1);
  }
  CHECK(failures == 1);
  CHECK(ill.requests().size() == 6);
}

TEST_CASE("requests are shared out, and connections stay open to each address") {
  const ScriptedUpstream one(good()), two(good());
  const RunningGateway gateway("http://api.test", between(one, two));
  auto client = gateway.client();
  for (int i = 0; i < 20; ++i) CHECK(client.exchange(good_post()).status == 200);
  CHECK(one.requests().size() == 10);
  CHECK(two.requests().size() == 10);
  CHECK(one.connections() == 1);
  CHECK(two.connections() == 1);
  CHECK(one.requests()[0].find("\r\nHost: api.test\r\n") != std::string::npos);
}
