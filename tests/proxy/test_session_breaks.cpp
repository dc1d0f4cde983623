// Clients and upstreams that break off, at every byte: each exchange still ends, once, with its
// record, and the next is served as if nothing had been.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/fake_upstream.hpp"
#include "tests/support/test_gateway.hpp"

namespace {

using tests::FakeUpstream;
using tests::request;
using tests::TestGateway;
using tests::TlsWorld;

const std::vector<std::string> fields{"Authorization: Bearer abc",
                                      "Content-Type: application/json"};
const std::string post = request("POST", tests::path, fields, tests::app_body(2));
const std::string get = request("GET", "/other");

std::string fine(const std::string&) {
  return FakeUpstream::ok("fine");
}

// The ending of the last record, and that it is the only one.
bool one_record(TestGateway& gateway, std::string_view words) {
  const auto records = gateway.records(1);
  return records.size() == 1 && records[0].find(words) != std::string::npos;
}

TEST_CASE("a client that goes away after any byte of its request leaves nothing behind") {
  const TlsWorld world;
  FakeUpstream upstream(fine);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  for (const bool reset : {false, true}) {
    for (std::size_t cut = 0; cut < post.size(); ++cut) {
      CAPTURE(reset);
      CAPTURE(cut);
      auto client = gateway.client();
      client.send(std::string_view(post).substr(0, cut));
      if (reset)
        client.reset();
      else
        client.finish_sending();
      if (!reset) client.receive_all();
    }
  }
  auto client = gateway.client();
  CHECK(client.exchange(get).body == "fine");
  // A body that is not whole goes nowhere.
  CHECK(upstream.requests().size() == 1);
  // A head that was not whole is no exchange; each other has one record.
  const auto heads = post.size() - (post.find("\r\n\r\n") + 4);
  gateway.settle();
  CHECK(gateway.records(2 * heads + 1).size() <= 2 * heads + 1);
}

TEST_CASE("a client under TLS that goes away after any part of its request leaves nothing behind") {
  const TlsWorld world;
  FakeUpstream upstream(fine);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  for (const bool reset : {false, true})
    for (std::size_t cut = 0; cut < post.size(); cut += 29) {
      auto client = gateway.tls_client();
      client.send(std::string_view(post).substr(0, cut));
      if (reset)
        client.reset();
      else
        client.finish_sending();
    }
  CHECK(gateway.tls_client().exchange(get).body == "fine");
  CHECK(upstream.requests().size() == 1);
}

TEST_CASE("a client that goes away without reading its answer does not hold anything up") {
  const TlsWorld world;
  FakeUpstream upstream(fine);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  for (int i = 0; i < 50; ++i) {
    auto client = gateway.client();
    client.send(post + get + post);
    client.reset();
  }
  CHECK(gateway.client().exchange(post).status == 200);
}

TEST_CASE("an upstream that breaks off after any byte of its answer: 502, and no half answer") {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-A: b\r\n\r\nhello, world";
  const TlsWorld world;
  for (const bool tls : {false, true}) {
    std::atomic<std::size_t> cut{0};
    FakeUpstream upstream(
        [&](const std::string&) {
          return std::string(FakeUpstream::hang_up) + whole.substr(0, cut);
        },
        tls ? &world.server : nullptr);
    TestGateway gateway(TestGateway::config(upstream.port(), tls), world);
    auto client = gateway.client();
    for (const auto& request_text : {post, get}) {
      for (cut = 0; cut < whole.size(); cut += tls ? 7 : 1) {
        CAPTURE(tls);
        CAPTURE(cut);
        const auto answer = client.exchange(request_text);
        REQUIRE(answer.status == 502);
        REQUIRE(answer.field("x-prefgate-delivery") == "unknown");
        REQUIRE(answer.body.find("hello") == std::string::npos);
        REQUIRE(one_record(gateway, "\"http.response.status_code\":502"));
      }
      cut = whole.size();
      REQUIRE(client.exchange(request_text).body == "hello, world");
      REQUIRE(one_record(gateway, "\"http.response.status_code\":200"));
    }
  }
}

TEST_CASE("an upstream that breaks off in a streamed answer: the client sees it is not whole") {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, "
      "world\r\n0\r\n\r\n";
  const auto body = whole.find("\r\n\r\n") + 4;
  const TlsWorld world;
  std::atomic<std::size_t> cut{0};
  FakeUpstream upstream([&](const std::string&) {
    return std::string(FakeUpstream::hang_up) + whole.substr(0, cut);
  });
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  for (cut = body; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    auto client = gateway.client();
    client.send(get);
    const auto all = client.receive_all();
    REQUIRE_FALSE(all.ends_with("0\r\n\r\n"));
    REQUIRE(gateway.records(1).size() == 1);
  }
}

TEST_CASE("an upstream that says nothing sensible is a 502 of its own kind") {
  const TlsWorld world;
  std::string says;
  FakeUpstream upstream([&](const std::string&) { return says; });
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  auto client = gateway.client();
  for (const char* garbage : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                              "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n"}) {
    CAPTURE(std::string(garbage));
    says = garbage;
    for (const auto& text : {post, get}) {
      const auto answer = client.exchange(text);
      CHECK(answer.status == 502);
      CHECK(one_record(gateway, "garbled"));
    }
  }
}

TEST_CASE("interim answers are not the answer, and do not come without end") {
  const TlsWorld world;
  std::size_t interim = 0;
  FakeUpstream upstream([&](const std::string&) {
    std::string text;
    for (std::size_t i = 0; i < interim; ++i) text += "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    return text + FakeUpstream::ok("fine");
  });
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  auto client = gateway.client();
  for (interim = 0; interim <= 16; ++interim) CHECK(client.exchange(post).body == "fine");
  interim = 40;
  CHECK(client.exchange(post).status == 502);
}

// An idle connection that the upstream closes just as a request is written to it: the one case in
// which a request is repeated.
TEST_CASE("an upstream that closes after each answer, unannounced, costs no client its answer") {
  const TlsWorld world;
  FakeUpstream upstream([](const std::string&) {
    return std::string(FakeUpstream::hang_up) + FakeUpstream::ok("fine");
  });
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  auto client = gateway.client();
  for (int i = 0; i < 100; ++i) REQUIRE(client.exchange(get).body == "fine");
}

}  // namespace
