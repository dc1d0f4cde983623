// Handshakes of clients that come to nothing: each is counted by its reason, and told to people.
#include <doctest/doctest.h>

#include <functional>

#include "tests/support/certificates.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string series(const std::string& reason) {
  return "prefgate_tls_handshake_failures_total{reason=\"" + reason + "\"}";
}

void shake_hands(std::uint16_t port, const Tls& tls) {
  try {
    Client client(port, tls);
    (void)client.exchange(good_get());  // with TLS 1.3 a refusal comes when it reads
  } catch (const std::exception&) {     // NOLINT: as it should be
  }
}

}  // namespace

TEST_CASE("a failed handshake is counted by its reason, and logged with the client's address") {
  const TemporaryDirectory folder;
  const auto foreign = make_ca(folder.path(), "foreign");
  const auto stranger = make_leaf(folder.path(), foreign, "stranger", {"client"});
  const auto greet = [](std::string bytes) {
    return [bytes = std::move(bytes)](std::uint16_t port) {
      Client client(port);
      client.send(bytes);
      client.receive_all();
    };
  };
  const auto with = [](Tls tls) {
    return [tls = std::move(tls)](std::uint16_t port) { shake_hands(port, tls); };
  };
  struct Case {
    std::string reason;
    std::string said;  // empty: not above `debug`
    std::function<void(std::uint16_t port)> begin;
    bool client_certificates = false;
  };
  const Case cases[] = {
      {"not_tls", "the peer speaks clear HTTP, not TLS", greet(good_get())},
      {"not_tls", "the peer does not speak TLS", greet("SSH-2.0-OpenSSH_9.2\r\n")},
      {"timeout", "it took longer than limits.handshake", greet("")},
      {"timeout", "it took longer than limits.handshake", greet({"\x16\x03\x01\x00\x80\x01", 6})},
      {"closed", "", [](std::uint16_t port) { Client client(port); }},
      {"closed", "", [](std::uint16_t port) { Client(port).reset(); }},
      {"protocol", "the client offers no application protocol that is spoken here",
       with({.protocols = {"h3"}})},
      {"alert", "the peer refused with the alert `unknown CA`", with({.ca = foreign.certificate})},
      {"certificate", "the client showed no certificate, and one is required", with({}), true},
      {"certificate", "the client's certificate does not verify",
       with({.certificate = stranger.certificate, .private_key = stranger.private_key}), true},
  };
  for (const auto& each : cases) {
    CAPTURE(each.reason);
    CAPTURE(each.said);
    const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
    RunningGateway gateway(upstream.url(), {.limits = "{handshake: 300ms}",
                                            .client_certificates = each.client_certificates});
    each.begin(gateway.tls_port());
    const auto until = std::chrono::steady_clock::now() + patience;
    while (sum_of(scrape(gateway), "prefgate_tls_handshake_failures_total") == 0)
      REQUIRE(std::chrono::steady_clock::now() < until);
    auto metrics = scrape(gateway);
    CHECK(metrics[series(each.reason)] == 1);
    CHECK(sum_of(metrics, "prefgate_tls_handshake_failures_total") == 1);
    if (each.said.empty()) continue;
    const auto line = gateway.wait_for("TLS handshake with 127.0.0.1 port ");
    CHECK_MESSAGE(line.find("failed: " + each.said) != line.npos, line);
  }
}

TEST_CASE("many failed handshakes are all counted, and not all logged") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  constexpr int many = 300;
  for (int i = 0; i < many; ++i) {
    Client client(gateway.tls_port());
    client.send("no TLS at all\r\n");
    client.receive_all();
  }
  CHECK(scrape(gateway)[series("not_tls")] == many);
  CHECK(gateway.tls_client().exchange(good_get()).status == 200);
  CHECK(gateway.stop() == 0);
  const auto printed = gateway.printed();
  int lines = 0;
  for (auto at = printed.find("TLS handshake"); at != printed.npos;
       at = printed.find("TLS handshake", at + 1))
    ++lines;
  CHECK(lines > 0);
  CHECK(lines < many / 2);
}
