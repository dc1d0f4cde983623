// Sessions of a worker in this process: how requests come, in what order answers go, and when a
// connection ends. What answers hold is tested in tests/integration.
#include "proxy/session.hpp"

#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/fake_upstream.hpp"
#include "tests/support/test_gateway.hpp"

namespace {

using namespace std::chrono_literals;
using tests::Client;
using tests::FakeUpstream;
using tests::request;
using tests::TestGateway;
using tests::TlsWorld;

const std::string bearer = "Authorization: Bearer abc";
const std::string json = "Content-Type: application/json";
const std::string path(tests::path);

// "200 /path" of the request it got.
std::string echo(const std::string& text) {
  const auto begin = text.find(' ') + 1;
  return FakeUpstream::ok(text.substr(begin, text.find(' ', begin) - begin));
}

// A POST's head with these fields, and no length but theirs.
std::string post_head(const std::vector<std::string>& fields) {
  auto head = request("POST", path, fields);
  constexpr std::string_view length = "Content-Length: 0\r\n\r\n";
  return head.substr(0, head.size() - length.size()) + "\r\n";
}

struct Fixture {
  explicit Fixture(FakeUpstream::Answer answer = echo, void (*change)(proxy::Config&) = nullptr)
      : upstream(std::move(answer)), gateway(config(upstream.port(), change), world) {}
  static proxy::Config config(std::uint16_t port, void (*change)(proxy::Config&)) {
    auto config = TestGateway::config(port);
    if (change) change(config);
    return config;
  }

  TlsWorld world;
  FakeUpstream upstream;
  TestGateway gateway;
};

TEST_CASE_FIXTURE(Fixture,
                  "requests of one connection are answered in order, however they arrive") {
  std::string all;
  for (int i = 0; i < 20; ++i) all += request("GET", "/" + std::to_string(i));
  const auto expect_all = [](Client& client) {
    for (int i = 0; i < 20; ++i) REQUIRE(client.receive().body == "/" + std::to_string(i));
  };
  SUBCASE("in one piece") {
    auto client = gateway.client();
    client.send(all);
    expect_all(client);
  }
  SUBCASE("byte by byte") {
    auto client = gateway.client();
    for (const char c : all) client.send({&c, 1});
    expect_all(client);
  }
  SUBCASE("in one piece, over TLS") {
    auto client = gateway.tls_client();
    client.send(all);
    expect_all(client);
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE_FIXTURE(Fixture, "an empty line before a request is passed over") {
  auto client = gateway.client();
  CHECK(client.exchange("\r\n" + request("GET", "/a")).body == "/a");
  client.send("\r");  // in two pieces
  gateway.settle();
  CHECK(client.exchange("\n" + request("GET", "/b")).body == "/b");
  CHECK(client.exchange("\r\n\r\n" + request("GET", "/c")).status == 400);
}

TEST_CASE_FIXTURE(Fixture, "a connection ends after the request that says so, or that is 1.0") {
  for (const char* text :
       {"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"}) {
    auto client = gateway.client();
    client.send(text);
    const auto answer = client.receive();
    CHECK(answer.body == "/a");
    CHECK(answer.field("connection") == "close");
    CHECK(client.is_closed());
    CHECK_FALSE(client.was_reset());
  }
  auto client = gateway.client();
  const std::string old = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(client.exchange(old).field("connection") == "keep-alive");
  CHECK(client.exchange(old).body == "/a");
}

TEST_CASE_FIXTURE(Fixture, "what is not HTTP is answered once with 400, and goes nowhere") {
  for (const char* text : {"GET / HTTP/1.1\nHost: a\n\n", "\x16\x03\x01\x02\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                           "Transfer-Encoding: chunked\r\n\r\nx"}) {
    auto client = gateway.client();
    client.send(std::string(text) + request("GET", "/second"));
    CHECK(client.receive().status == 400);
    CHECK(client.receive_all() == "");
  }
  CHECK(upstream.requests().empty());
  CHECK(gateway.records(3).size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "a body is waited for with 100 Continue, where the client waits") {
  auto client = gateway.client();
  const auto body = tests::app_body(3);
  client.send(post_head(
      {bearer, json, "Expect: 100-continue", "Content-Length: " + std::to_string(body.size())}));
  CHECK(client.receive_head().status == 100);
  client.send(body);
  CHECK(client.receive().status == 200);
  // Refused before its body: no 100, and the connection ends.
  client.send(post_head({json, "Expect: 100-continue", "Content-Length: 5"}));
  const auto refused = client.receive();
  CHECK(refused.status == 401);
  CHECK(refused.field("connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE_FIXTURE(Fixture, "the body of a refused request is passed over, where it is short") {
  auto client = gateway.client();
  const auto refused = request("POST", path, {json}, std::string(20'000, ' '));
  for (int i = 0; i < 3; ++i) {
    CHECK(client.exchange(refused).status == 401);
    CHECK(client.exchange(request("GET", "/next")).body == "/next");
  }
  client.send(post_head({json, "Content-Length: 1000000"}));
  const auto long_one = client.receive();
  CHECK(long_one.status == 401);
  CHECK(long_one.field("connection") == "close");
}

TEST_CASE("an answer to HEAD has no body, whoever makes it") {
  Fixture fixture([](const std::string& text) {
    return text.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n" : echo(text);
  });
  auto client = fixture.gateway.client();
  const auto answer = client.exchange(request("HEAD", "/x"), true);
  CHECK(answer.field("content-length") == "77");
  CHECK(client.exchange(request("HEAD", path, {bearer}), true).status == 405);
  CHECK(client.exchange(request("GET", "/next")).body == "/next");
}

TEST_CASE("an answer of unknown length reaches a client of either version whole") {
  Fixture fixture([](const std::string& text) -> std::string {
    if (text.find(" /chunked ") != std::string::npos)
      return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    return std::string(FakeUpstream::hang_up) + "HTTP/1.1 200 OK\r\n\r\nhello";
  });
  for (const char* target : {"/chunked", "/close"}) {
    CAPTURE(target);
    auto client = fixture.gateway.client();
    for (int i = 0; i < 2; ++i) {
      const auto answer = client.exchange(request("GET", target));
      CHECK(answer.body == "hello");
      CHECK(answer.field("transfer-encoding") == "chunked");
    }
    client.send("GET " + std::string(target) + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto all = client.receive_all();
    CHECK(all.ends_with("\r\n\r\nhello"));
    CHECK(all.find("chunked") == std::string::npos);
  }
}

TEST_CASE("an idle connection just ends at its deadline") {
  Fixture fixture(echo, [](proxy::Config& config) { config.limits.idle = 60ms; });
  auto client = fixture.gateway.client();
  CHECK(client.receive_all() == "");
  CHECK_FALSE(client.was_reset());
  CHECK(fixture.gateway.records().empty());
}

TEST_CASE("half a request gets a 408 at its deadline") {
  Fixture fixture(echo, [](proxy::Config& config) { config.limits.request = 60ms; });
  for (const auto& half : {std::string("GET / HTTP/1.1\r\nHo"),
                           post_head({bearer, json, "Content-Length: 5"}) + "{}"}) {
    auto client = fixture.gateway.client();
    client.send(half);
    CHECK(client.receive().status == 408);
    CHECK(client.is_closed());
  }
  CHECK(fixture.upstream.requests().empty());
  CHECK(fixture.gateway.records(2).size() == 2);
}

TEST_CASE("a client that never shakes hands is hung up on at its deadline") {
  Fixture fixture(echo, [](proxy::Config& config) { config.limits.handshake = 60ms; });
  CHECK(Client(fixture.gateway.tls_port()).receive_all() == "");
}

TEST_CASE("a connection carries as many requests as allowed") {
  Fixture fixture(echo, [](proxy::Config& config) { config.limits.requests_per_connection = 2; });
  auto client = fixture.gateway.client();
  CHECK_FALSE(client.exchange(request("GET", "/1")).has("connection"));
  CHECK(client.exchange(request("GET", "/2")).field("connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("beyond the limit of connections a new one is closed at once") {
  Fixture fixture(echo, [](proxy::Config& config) { config.limits.connections = 1; });
  {
    auto client = fixture.gateway.client();
    CHECK(client.exchange(request("GET", "/1")).status == 200);
    CHECK(fixture.gateway.client().is_closed());
    CHECK(client.exchange(request("GET", "/2")).status == 200);
  }
}

TEST_CASE_FIXTURE(Fixture, "draining: what has begun is finished, then the connection ends") {
  auto idle = gateway.client();
  CHECK(idle.exchange(request("GET", "/1")).status == 200);
  auto begun = gateway.client();
  begun.send("GET /2 HTTP/1.1\r\n");
  gateway.settle();
  gateway.worker().drain([] {});
  begun.send("Host: a\r\n\r\n");
  const auto answer = begun.receive();
  CHECK(answer.body == "/2");
  CHECK(answer.field("connection") == "close");
  CHECK(begun.is_closed());
  // An idle one may still have a request on its way.
  CHECK(idle.exchange(request("GET", "/3")).field("connection") == "close");
  CHECK(idle.is_closed());
}

// ---- Former bugs.

TEST_CASE_FIXTURE(Fixture, "a governed body in chunks that has arrived whole is not waited for") {
  const auto body = tests::app_body(17);
  const auto text = post_head({bearer, json, "Transfer-Encoding: chunked"});
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size());
  auto client = gateway.client();
  client.send(text + size + body + "\r\n0\r\n\r\n");
  CHECK(client.receive().status == 200);
  REQUIRE(upstream.requests().size() == 1);
  CHECK(upstream.requests()[0].ends_with("\r\n\r\n" + body));
}

}  // namespace
