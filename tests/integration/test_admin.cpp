// What operators see of a running gateway: whether it is ready, what it is, and what keeps it from
// starting.
#include <doctest/doctest.h>

#include "proxy/keyed_hash.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

Answer admin_get(const RunningGateway& gateway, const std::string& target) {
  return gateway.admin().exchange(request("GET", target));
}

}  // namespace

TEST_CASE("a gateway that drains is alive and not ready, and says so to the end") {
  Gate gate;
  const ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    peer.request();
    gate.wait();
    peer.send(ScriptedUpstream::ok());
  });
  RunningGateway gateway(upstream.url());
  CHECK(admin_get(gateway, "/readyz").status == 200);
  auto client = gateway.client();
  client.send(request("GET", "/"));
  upstream.wait_for_requests(1);
  gateway.send(SIGTERM);
  while (gateway.process().line().find("SIGTERM") == std::string::npos) {
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  auto ready = admin_get(gateway, "/readyz");
  while (ready.status == 200 && std::chrono::steady_clock::now() < until)
    ready = admin_get(gateway, "/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body == "draining\n");
  CHECK(admin_get(gateway, "/livez").status == 200);
  CHECK(admin_get(gateway, "/status").body.find(R"("state":"draining")") != std::string::npos);
  gate.open();
  CHECK(client.receive().status == 200);
  CHECK(gateway.wait() == 0);
}

TEST_CASE("the status and the metrics of a gateway tell its configuration and its certificates") {
  const ScriptedUpstream upstream{ScriptedUpstream::Forbidden{}};
  const RunningGateway gateway(upstream.url(), {.workers = 2});
  rapidjson::Document status;
  status.Parse(admin_get(gateway, "/status").body.c_str());
  REQUIRE(status.IsObject());
  CHECK(status["state"].GetString() == std::string("ready"));
  CHECK(status["workers"].GetInt() == 2);
  CHECK(status["in_force"]["config"].GetString() ==
        "sha256:" + proxy::sha256_hex(read_file(gateway.config())));
  CHECK(status["in_force"]["contract"].GetString() ==
        "sha256:" + proxy::sha256_hex(read_file("filters/contract/notification_preferences.yaml")));
  CHECK(status["audit"]["directory"].GetString() == (gateway.folder().path() / "audit").string());
  const auto metrics = admin_get(gateway, "/metrics").body;
  CHECK(metrics.find("prefgate_certificate_not_after_seconds{listener=\"127.0.0.1:" +
                     std::to_string(gateway.tls_port()) + "\"} ") != std::string::npos);
  CHECK(metrics.find("prefgate_build_info{version=\"") != std::string::npos);
}

TEST_CASE("a second gateway on a machine is told that the address for operators is taken") {
  const ScriptedUpstream upstream{ScriptedUpstream::Forbidden{}};
  const RunningGateway gateway(upstream.url());
  const TemporaryDirectory folder;
  const auto taken = "127.0.0.1:" + std::to_string(gateway.admin_port());
  const auto file = folder.write(
      "prefgate.yaml", "listen: [{address: \"127.0.0.1:0\"}]\nadmin: {address: \"" + taken +
                           "\"}\nupstream: {url: \"" + upstream.url() + "\"}\n");
  const auto second = run({binary("prefgate"), "serve", "-c", file});
  CHECK(second.status == 1);
  CHECK(second.errors.find("cannot start: admin.address: cannot listen on 127.0.0.1 port " +
                           std::to_string(gateway.admin_port()) + ": Address already in use") !=
        std::string::npos);
}

TEST_CASE("a gateway can do without a listener for operators") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.admin = "{address: none}"});
  CHECK(gateway.admin_port() == 0);
  CHECK(gateway.client().exchange(request("GET", "/")).status == 200);
}

TEST_CASE("the way of clients has none of the pages, and the operators' none of the way") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok("upstream")));
  const RunningGateway gateway(upstream.url());
  for (const std::string page : {"/livez", "/readyz", "/metrics", "/status"})
    CHECK(gateway.client().exchange(request("GET", page)).body == "upstream");
  CHECK(gateway.admin().exchange(good_get()).status == 404);
  CHECK(gateway.admin().exchange(good_post()).status == 400);
}
