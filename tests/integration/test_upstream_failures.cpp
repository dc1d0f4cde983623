// An upstream that refuses, resets, closes or cannot prove its name: the client is told 502 and
// whether the request may have arrived, nothing is repeated that must not be, and nothing hangs.
// What it answers wrongly is in test_malformed_answers.cpp.
#include <doctest/doctest.h>

#include "tests/support/certificates.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

TEST_CASE("an upstream that resets the connection becomes 502") {
  for (const bool after_request : {false, true}) {
    CAPTURE(after_request);
    ScriptedUpstream upstream([&](Peer& peer) {
      if (after_request) peer.request();
      peer.reset();
    });
    RunningGateway gateway(upstream.url());
    auto client = gateway.client();
    for (const auto& bytes : {good_get(), good_post()}) {
      const auto answer = client.exchange(bytes);
      CHECK(answer.status == 502);
      CHECK(answer.has("x-prefgate-delivery"));
      if (after_request) CHECK(answer.field("x-prefgate-delivery") == "unknown");
    }
    CHECK(upstream.connections() == 2);
  }
}

TEST_CASE("an upstream that refuses connections got nothing, for certain") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  upstream.stop_listening();
  RunningGateway gateway(upstream.url());
  {
    auto client = gateway.client();
    for (const auto& bytes : {good_get(), good_post(), request("POST", "/x", {}, "hello")}) {
      const auto answer = client.exchange(bytes);
      CHECK(answer.status == 502);
      CHECK(answer.field("x-prefgate-delivery") == "no");
    }
  }
  for (const auto& record : gateway.records())
    CHECK(record.text("upstream.failure") == "connect_refused");
}

TEST_CASE("bytes behind an answer belong to nobody: the connection is not used again") {
  ScriptedUpstream upstream([](Peer& peer) {
    while (!peer.request().empty())
      peer.send(ScriptedUpstream::ok("good") + ScriptedUpstream::ok("evil"));
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  for (int i = 0; i < 5; ++i) CHECK(client.exchange(good_get()).body == "good");
  CHECK(upstream.connections() == 5);
}

TEST_CASE("bytes on an idle connection are not the next answer") {
  Gate late;
  ScriptedUpstream upstream([&](Peer& peer) {
    peer.request();
    peer.send(ScriptedUpstream::ok("good"));
    if (peer.number() == 1) {
      peer.send(ScriptedUpstream::ok("evil"));
      late.open();
    }
    while (!peer.request().empty()) peer.send(ScriptedUpstream::ok("good"));
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  CHECK(client.exchange(good_get()).body == "good");
  CHECK(late.wait());
  for (int i = 0; i < 3; ++i) CHECK(client.exchange(good_get()).body == "good");
  CHECK(upstream.connections() == 2);
}

// The second request on each connection is read to its end, and then the connection closed: to the
// gateway just what an idle connection looks like that the upstream was about to close.
TEST_CASE("when a reused connection closes a GET is sent once more, and a POST is not") {
  const auto stale = [](Peer& peer) {
    if (peer.request().empty()) return;
    peer.send(ScriptedUpstream::ok());
    peer.request();
  };
  struct Case {
    std::string method;
    int status;
    std::size_t deliveries;
  };
  for (const auto& each : std::vector<Case>{{"GET", 200, 2},
                                            {"PUT", 200, 2},
                                            {"DELETE", 200, 2},
                                            {"POST", 502, 1},
                                            {"PATCH", 502, 1}}) {
    CAPTURE(each.method);
    ScriptedUpstream upstream(stale);
    RunningGateway gateway(upstream.url());
    {
      auto client = gateway.client();
      CHECK(client.exchange(request("GET", "/first")).status == 200);
      const auto answer =
          client.exchange(request(each.method, "/second", {}, each.method == "GET" ? "" : "x"));
      CHECK(answer.status == each.status);
      if (each.status == 502) CHECK(answer.field("x-prefgate-delivery") == "unknown");
    }
    std::size_t deliveries = 0;
    for (const auto& seen : upstream.requests())
      if (seen.find("/second") != std::string::npos) ++deliveries;
    CHECK(deliveries == each.deliveries);
    const auto records = gateway.records();
    REQUIRE(records.size() == 2);
    CHECK(records[1].flag("upstream.retried") == (each.deliveries == 2));
  }
}

TEST_CASE("former bug: a second try that reaches nobody says nothing of the first") {
  ScriptedUpstream upstream([&](Peer& peer) {
    peer.request();
    upstream.stop_listening();
    peer.send(ScriptedUpstream::ok());
    peer.request();
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  CHECK(client.exchange(request("GET", "/first")).status == 200);
  const auto answer = client.exchange(request("DELETE", "/second"));
  CHECK(answer.status == 502);
  CHECK(upstream.requests().size() == 2);
  CHECK(answer.field("x-prefgate-delivery") == "unknown");
}

TEST_CASE("an upstream that cannot prove its name gets nothing") {
  const TemporaryDirectory folder;
  const auto ours = make_ca(folder.path(), "ours");
  const auto theirs = make_ca(folder.path(), "theirs");
  const std::chrono::hours day(24);
  struct Case {
    std::string what;
    Certificate certificate;
    bool trusted;
  };
  const std::vector<Case> cases{
      {"right", make_leaf(folder.path(), ours, "right", {"localhost"}), true},
      {"another name", make_leaf(folder.path(), ours, "name", {"example.org"}), false},
      {"an address for a name", make_leaf(folder.path(), ours, "address", {"127.0.0.1"}), false},
      {"another authority", make_leaf(folder.path(), theirs, "other", {"localhost"}), false},
      {"expired", make_leaf(folder.path(), ours, "old", {"localhost"}, {-2 * day, -day}), false},
      {"not valid yet", make_leaf(folder.path(), ours, "new", {"localhost"}, {day, 2 * day}),
       false},
      {"signed by itself", make_ca(folder.path(), "self"), false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    Process upstream({binary("owner-api"), "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0",
                      "--certificate", each.certificate.certificate, "--private-key",
                      each.certificate.private_key});
    const auto clear = upstream.line();
    const auto secure = upstream.line();
    RunningGateway gateway("https://localhost" + secure.substr(secure.rfind(':')),
                           {.ca = ours.certificate});
    {
      auto client = gateway.client();
      const auto answer = client.exchange(good_post());
      CHECK(answer.status == (each.trusted ? 200 : 502));
      CHECK(answer.field("x-prefgate-delivery") == (each.trusted ? "" : "no"));
    }
    const auto records = gateway.records();
    REQUIRE(records.size() == 1);
    CHECK(records[0].text("upstream.failure") == (each.trusted ? "" : "tls_unverified"));
    Client admin(static_cast<std::uint16_t>(std::stoul(clear.substr(clear.rfind(':') + 1))));
    const auto log = admin.exchange(request("GET", "/_admin/log")).body;
    CHECK(log.starts_with(each.trusted ? R"({"received":1,)" : R"({"received":0,)"));
  }
}
