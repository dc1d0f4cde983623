// Each limit of the configuration, from both sides: what just fits passes, one more does not.
#include <doctest/doctest.h>

#include <array>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

const std::string spaces(2'000, ' ');

// A GET of another path whose head has exactly that many bytes.
std::string head_of(std::size_t bytes) {
  const std::string rest = "GET /x HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n";
  return rest.substr(0, rest.size() - 4) + std::string(bytes - rest.size(), 'x') + "\r\n\r\n";
}

std::string fields_of(std::size_t count) {
  std::string text = "GET /x HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < count; ++i) text += "A: b\r\n";
  return text + "\r\n";
}

std::string target_of(std::size_t bytes) {
  return request("GET", "/" + std::string(bytes - 1, 'x'));
}

std::string padded_body(std::size_t bytes) {
  return std::string(good_body) + spaces.substr(0, bytes - good_body.size());
}

std::string post_of(std::size_t bytes) {
  return request("POST", path, app_fields, padded_body(bytes));
}

std::string chunks_of(std::size_t bytes) {
  std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + app_fields[0] +
                     "\r\n" + app_fields[1] + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto body = padded_body(bytes);
  for (std::size_t at = 0; at < body.size(); at += 10) {
    const auto part = body.substr(at, 10);
    text += std::string(1, "0123456789a"[part.size()]) + "\r\n" + part + "\r\n";
  }
  return text + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("what just fits the limits of size passes, and one more does not") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(),
                         {.limits = "{head: 1KiB, fields: 10, target: 256B, body: 1KiB}"});
  struct Case {
    std::string what;
    std::string fits;
    std::string one_more;
    int status;
    std::string reason;
  };
  const std::vector<Case> cases{
      {"head", head_of(1024), head_of(1025), 431, "head_too_large"},
      {"fields", fields_of(10), fields_of(11), 431, "head_too_large"},
      {"target", target_of(256), target_of(257), 414, "target_too_long"},
      {"a target beyond the head", target_of(256), target_of(1100), 414, "target_too_long"},
      {"body", post_of(1024), post_of(1025), 413, "body_too_large"},
      {"a body in chunks", chunks_of(1024), chunks_of(1025), 413, "body_too_large"},
      {"a body far beyond", post_of(1000),
       request("POST", path, app_fields, std::string(9'000, ' ')), 413, "body_too_large"},
      {"a body of another path has no limit", request("POST", "/x", {}, std::string(9'000, 'x')),
       "", 0, ""},
  };
  std::size_t passed = 0;
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    CHECK(client.exchange(each.fits).status == 200);
    CHECK(upstream.requests().size() == ++passed);
    if (each.status == 0) continue;
    client.send(each.one_more);
    const auto answer = client.receive();
    CHECK(answer.status == each.status);
    CHECK(answer.body.starts_with(R"({"response":null,"error":")"));
    CHECK(upstream.requests().size() == passed);
  }
  std::size_t at = 0;
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size() * 2 - 1);
  for (const auto& each : cases) {
    CHECK(records[at++].number("http.response.status_code") == 200);
    if (each.status != 0) CHECK(records[at++].text("reason") == each.reason);
  }
}

TEST_CASE("a small body that is refused leaves the connection usable") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.limits = "{body: 1KiB}"});
  auto client = gateway.client();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.exchange(post_of(1'500));
    CHECK(answer.status == 413);
    CHECK_FALSE(answer.has("Connection"));
  }
  CHECK(client.exchange(good_get()).status == 200);
}

TEST_CASE("one connection more than the limit is closed, and one that ends makes room") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.limits = "{connections: 3}"});
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(gateway.client());
    CHECK(clients.back().exchange(good_get()).status == 200);
  }
  {
    auto fourth = gateway.client();
    CHECK(fourth.is_closed());
  }
  CHECK(clients[0].exchange(good_get()).status == 200);
  clients.pop_back();
  const auto until = std::chrono::steady_clock::now() + patience;
  bool there_is_room = false;
  while (!there_is_room && std::chrono::steady_clock::now() < until) {
    auto another = gateway.client();
    try {
      there_is_room = another.exchange(good_get()).status == 200;
    } catch (const std::exception&) {  // NOLINT: the one that left is not gone yet
    }
  }
  CHECK(there_is_room);
}

TEST_CASE("a connection carries as many requests as it may, and says so in time") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.limits = "{requests_per_connection: 3}"});
  auto client = gateway.client();
  CHECK_FALSE(client.exchange(good_get()).has("Connection"));
  CHECK_FALSE(client.exchange(good_post()).has("Connection"));
  CHECK(client.exchange(good_get()).field("Connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("a request that comes too slowly gets 408 and a closed connection") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url(), {.limits = "{request: 300ms}"});
  const auto whole = good_post();
  const std::string chunked = "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" +
                              app_fields[0] + "\r\n" + app_fields[1] +
                              "\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> beginnings{"G",
                                            "GET /x HTTP/1.1\r\nHost: a\r\n",
                                            whole.substr(0, whole.size() - good_body.size()),
                                            whole.substr(0, whole.size() - 1),
                                            chunked,
                                            chunked + "10\r\nhello"};
  for (const auto& each : beginnings) {
    CAPTURE(each);
    auto client = gateway.client();
    client.send(each);
    const auto answer = client.receive();
    CHECK(answer.status == 408);
    CHECK(answer.field("connection") == "close");
    CHECK(client.is_closed());
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == beginnings.size());
  for (const auto& record : records) CHECK(record.text("reason") == "request_timeout");
}

TEST_CASE("a streamed body that stops gets 408, and the upstream never takes it for whole") {
  ScriptedUpstream upstream([](ScriptedUpstream::Peer& peer) { peer.request(); });
  RunningGateway gateway(upstream.url(), {.limits = "{request: 300ms}"});
  for (const auto& framing : {std::string("Content-Length: 100\r\n\r\nhello"),
                              std::string("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")}) {
    CAPTURE(framing);
    auto client = gateway.client();
    const auto answer = client.exchange("POST /x HTTP/1.1\r\nHost: a\r\n" + framing);
    CHECK(answer.status == 408);
    CHECK(client.is_closed());
  }
  CHECK(gateway.records().size() == 2);
  CHECK(upstream.requests().empty());
}

TEST_CASE("a connection on which nothing happens is closed without a word") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.limits = "{idle: 300ms, handshake: 300ms}"});
  auto fresh = gateway.client();
  CHECK(fresh.is_closed());
  auto used = gateway.client();
  CHECK(used.exchange(good_get()).status == 200);
  CHECK(used.is_closed());
  auto secure = gateway.tls_client();
  CHECK(secure.exchange(good_get()).status == 200);
  CHECK(secure.is_closed());
  Client silent(gateway.tls_port());  // never begins its handshake
  CHECK(silent.is_closed());
  Client half(gateway.tls_port());
  half.send(std::string("\x16\x03\x01\x00\x80\x01", 6));
  CHECK(half.is_closed());
  CHECK(gateway.records().size() == 2);
}
