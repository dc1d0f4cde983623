// More than the upstream takes: those in line are served, and who would only make the line longer
// is told at once to come back.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// Answers nothing until the gate is open.
ScriptedUpstream::Script behind(Gate& gate) {
  return [&gate](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      if (!peer.send(ScriptedUpstream::ok())) return;
    }
  };
}

double value(const RunningGateway& gateway, const std::string& name) {
  return scrape(gateway)[name];
}

// Sends requests until one is refused; the others are in line.
Answer refused(const RunningGateway& gateway, std::vector<Client>& in_line) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    auto client = gateway.client();
    client.send(good_post());
    try {
      return client.receive(false, nullptr, milliseconds{30});
    } catch (const std::exception&) {  // it waits
      in_line.push_back(std::move(client));
    }
  }
  throw std::runtime_error("nobody was refused");
}

}  // namespace

TEST_CASE("while the first in line has waited too long, who comes is told to come back") {
  Gate gate;
  ScriptedUpstream upstream(behind(gate));
  RunningGateway gateway(upstream.url(),
                         {.limits = "{queue: 200ms}", .pool = "{connections: 1, idle: 1}"});
  auto first = gateway.client();
  first.send(good_get());
  upstream.wait_for_requests(1);
  std::vector<Client> in_line;
  const auto answer = refused(gateway, in_line);
  CHECK(answer.status == 503);
  CHECK(answer.field("retry-after") == "1");
  CHECK(answer.field("x-prefgate-origin") == "gateway");
  CHECK_FALSE(answer.has("connection"));
  CHECK(answer.body.find("requests wait too long for the upstream already") != std::string::npos);
  CHECK(!in_line.empty());
  // So is a body that nobody will look at, and another path.
  auto other = gateway.client();
  CHECK(other.exchange(request("POST", path, app_fields, "no JSON at all")).status == 503);
  CHECK(other.exchange(request("GET", "/api/1/vehicles", app_fields)).status == 503);
  // Former bug of this test: the last of them had its answer, and was not yet counted.
  CHECK(scrape_after(gateway, 3)["prefgate_requests_shed_total"] == 3);
  CHECK(gateway.admin().exchange(request("GET", "/status")).body.find(R"("shed":3)") !=
        std::string::npos);
  gate.open();
  CHECK(first.receive().status == 200);
  for (auto& client : in_line) CHECK(client.receive().status == 200);
  CHECK(other.exchange(good_post()).status == 200);
  CHECK(value(gateway, "prefgate_requests_shed_total") == 3);
  CHECK(upstream.requests().size() == in_line.size() + 2);
  std::size_t shed = 0;
  for (const auto& record : gateway.records()) {
    if (record.text("reason") != "shed") continue;
    ++shed;
    CHECK(record.text("decision") == "rejected");
    CHECK(record.number("http.response.status_code") == 503);
  }
  CHECK(shed == 3);
}

TEST_CASE("a line that moves sheds nobody, however long it is") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.pool = "{connections: 1, idle: 1}"});
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(gateway.client());
  for (auto& client : clients) client.send(good_post());
  for (auto& client : clients) CHECK(client.receive().status == 200);
  CHECK(value(gateway, "prefgate_requests_shed_total") == 0);
}
