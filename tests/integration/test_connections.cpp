// Connections: what stays open, what closes, what of a message belongs to one hop only.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

std::string target_of(const std::string& request) {
  const auto begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

// Answers each request with its target.
void echo_targets(Peer& peer) {
  for (;;) {
    const auto request = peer.request();
    if (request.empty() || !peer.send(ScriptedUpstream::ok(target_of(request)))) return;
  }
}

std::string body_of(const std::string& message) {
  return message.substr(message.find("\r\n\r\n") + 4);
}

bool has_line(const std::string& message, const std::string& line) {
  return message.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("ten pipelined requests get ten answers in their order") {
  ScriptedUpstream upstream(echo_targets);
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  std::string all;
  for (int i = 0; i < 10; ++i) {
    all += i % 3 == 1 ? request("POST", path, app_fields, "{}")  // rejected, and the line goes on
                      : request("GET", "/api/1/" + std::to_string(i));
  }
  client.send(all);
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    const auto answer = client.receive();
    CHECK(answer.status == (i % 3 == 1 ? 422 : 200));
    if (i % 3 != 1) CHECK(answer.body == "/api/1/" + std::to_string(i));
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a connection stays or closes as both ends have said") {
  ScriptedUpstream upstream(echo_targets);
  const RunningGateway gateway(upstream.url());
  struct Case {
    std::string first_lines;
    std::string connection;  // of the answer
    bool closes;
  };
  const std::vector<Case> cases{
      {"GET /x HTTP/1.1\r\nHost: a\r\n", "", false},
      {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", "close", true},
      {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n", "close", true},
      {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n", "close", true},
      {"GET /x HTTP/1.0\r\n", "close", true},
      {"GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n", "keep-alive", false},
      {"GET /x HTTP/1.0\r\nConnection: keep-alive, close\r\n", "close", true},
  };
  for (const auto& each : cases) {
    CAPTURE(each.first_lines);
    auto client = gateway.client();
    const auto answer = client.exchange(each.first_lines + "\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.version == "HTTP/1.1");
    CHECK(answer.body == "/x");
    CHECK(answer.field("connection") == each.connection);
    if (each.closes)
      CHECK(client.is_closed());
    else
      CHECK(client.exchange(each.first_lines + "\r\n").status == 200);
  }
}

TEST_CASE("a client that waits for 100 Continue is told, once, where its body is wanted") {
  ScriptedUpstream upstream(echo_targets);
  RunningGateway gateway(upstream.url());
  const std::string expect = "Expect: 100-continue";
  for (const auto& target : {std::string(path), std::string("/api/1/x")}) {
    CAPTURE(target);
    auto client = gateway.client();
    auto fields = app_fields;
    fields.push_back(expect);
    const auto whole = request("POST", target, fields, good_body);
    client.send(whole.substr(0, whole.size() - good_body.size()));
    CHECK(client.receive_head().status == 100);
    client.send(good_body);
    CHECK(client.receive().status == 200);
    // With the body at once nobody has to be told.
    std::vector<Answer> interim;
    client.send(whole);
    CHECK(client.receive(false, &interim).status == 200);
    CHECK(interim.empty());
  }
  for (const auto& seen : upstream.requests())
    CHECK(seen.find("100-continue") == std::string::npos);
  auto client = gateway.client();
  const auto whole = request("POST", path, {app_fields[1], expect}, good_body);
  client.send(whole.substr(0, whole.size() - good_body.size()));
  std::vector<Answer> interim;
  const auto answer = client.receive(false, &interim);
  CHECK(answer.status == 401);
  CHECK(interim.empty());
  CHECK(answer.field("connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("answers without a body leave the connection in order") {
  ScriptedUpstream upstream([](Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty()) return;
      const auto target = target_of(request);
      if (target == "/length")
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      else if (target == "/chunked")
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      else if (target == "/204")
        peer.send("HTTP/1.1 204 No Content\r\n\r\n");
      else if (target == "/304")
        peer.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 1000\r\n\r\n");
      else
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  struct Case {
    std::string method, target;
    int status;
    std::string length;
  };
  for (const auto& each : std::vector<Case>{{"HEAD", "/length", 200, "1000000"},
                                            {"HEAD", "/chunked", 200, ""},
                                            {"GET", "/204", 204, ""},
                                            {"HEAD", "/204", 204, ""},
                                            {"GET", "/304", 304, "1000"},
                                            {"GET", "/empty", 200, "0"},
                                            {"DELETE", "/204", 204, ""}}) {
    CAPTURE(each.method + " " + each.target);
    const auto answer = client.exchange(request(each.method, each.target), each.method == "HEAD");
    CHECK(answer.status == each.status);
    CHECK(answer.field("content-length") == each.length);
    CHECK(answer.body.empty());
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("bodies keep their content in whatever framing they come") {
  ScriptedUpstream upstream([](Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty()) return;
      const auto target = target_of(request);
      if (target == "/chunked")
        peer.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n"
            "6\r\n world\r\n0\r\nX-Trailer: secret\r\n\r\n");
      else if (target == "/close")
        return (void)peer.send("HTTP/1.1 200 OK\r\n\r\nhello world");
      else if (target == "/old")
        return (void)peer.send("HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nhello world");
      else
        peer.send(ScriptedUpstream::ok("hello world"));
    }
  });
  const RunningGateway gateway(upstream.url());
  for (const auto* target : {"/chunked", "/close", "/old", "/length"}) {
    CAPTURE(target);
    auto client = gateway.client();
    for (int twice = 0; twice < 2; ++twice) {
      const auto answer = client.exchange(request("GET", target));
      CHECK(answer.body == "hello world");
      CHECK_FALSE(answer.has("X-Trailer"));
      CHECK(answer.field("connection").empty());
    }
    CHECK(client.exchange("GET " + std::string(target) + " HTTP/1.0\r\n\r\n").body ==
          "hello world");
    CHECK(client.is_closed());
  }
  auto client = gateway.client();
  CHECK(client
            .exchange("PUT /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: secret\r\n\r\n")
            .status == 200);
  const auto seen = upstream.requests().back();
  CHECK(has_line(seen, "Transfer-Encoding: chunked"));
  CHECK_FALSE(seen.find("Trailer") != std::string::npos);
  CHECK(body_of(seen) == "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
}

TEST_CASE("interim answers of the upstream are swallowed, and the real one arrives") {
  ScriptedUpstream upstream(ScriptedUpstream::always(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  for (const auto& bytes : {good_get(), good_post(), request("GET", "/x")}) {
    std::vector<Answer> interim;
    client.send(bytes);
    const auto answer = client.receive(false, &interim);
    CHECK(answer.status == 200);
    CHECK(answer.body == "ok");
    CHECK_FALSE(answer.has("Link"));
    CHECK(interim.empty());
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("an early answer to a big upload reaches the client, and the rest is not wanted") {
  ScriptedUpstream upstream([](Peer& peer) {
    peer.head();
    peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    peer.wait_for_end();
  });
  RunningGateway gateway(upstream.url());
  {
    auto client = gateway.client();
    client.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" +
                std::string(200'000, 'x'));
    const auto answer = client.receive();
    CHECK(answer.status == 413);
    CHECK(answer.body == "big");
    CHECK(answer.field("connection") == "close");
    CHECK(client.is_closed());
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].number("http.response.status_code") == 413);
}

TEST_CASE("what belongs to one hop stays there, and what others say of the way is replaced") {
  ScriptedUpstream upstream(ScriptedUpstream::always(
      "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
      "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-End: 1\r\nx-prefgate-origin: forged\r\n"
      "x-prefgate-rules: forged\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: "
      "0\r\n\r\n"));
  const RunningGateway gateway(upstream.url());
  auto client = gateway.tls_client();
  const auto answer = client.exchange(request("GET", "/api/1/x?a=%41",
                                              {"Connection: X-Own, keep-alive",
                                               "X-Own: 1",
                                               "Keep-Alive: 5",
                                               "Proxy-Connection: close",
                                               "Proxy-Authorization: Basic eDp5",
                                               "TE: trailers",
                                               "Trailer: X-T",
                                               "Upgrade: websocket",
                                               "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
                                               "X-Forwarded-For: 6.6.6.6",
                                               "X-Forwarded-Host: evil",
                                               "X-Forwarded-Proto: gopher",
                                               "X-Forwarded-Port: 1",
                                               "X-Real-IP: 6.6.6.6",
                                               "Forwarded: for=6.6.6.6",
                                               "x-prefgate-rules: forged",
                                               "X-End-To-End: yes",
                                               "x-request-id: client-1.2_3",
                                               "Accept: a",
                                               "accept: b"}));
  CHECK(answer.status == 200);
  CHECK(answer.field("x-end") == "1");
  for (const auto* gone :
       {"x-hop", "keep-alive", "proxy-authenticate", "upgrade", "connection", "x-prefgate-rules"})
    CHECK_FALSE(answer.has(gone));
  CHECK(answer.field("x-prefgate-origin") == "upstream");
  CHECK(answer.field("x-request-id") == "client-1.2_3");
  CHECK(upstream.requests().at(0) ==
        "GET /api/1/x?a=%41 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(upstream.port()) +
            "\r\nX-End-To-End: yes\r\nAccept: a\r\naccept: b\r\nVia: 1.1 prefgate\r\n"
            "Forwarded: for=127.0.0.1;proto=https;host=\"localhost\"\r\n"
            "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: localhost\r\nx-request-id: client-1.2_3\r\n\r\n");
}

TEST_CASE("a request id is kept where it is well formed, and new where not") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  const std::string long_one(64, 'x');
  for (const auto& id : {std::string("a"), std::string("A-b_c.9"), long_one})
    CHECK(client.exchange(good_get({"X-Request-Id: " + id})).field("x-request-id") == id);
  std::vector<std::string> fresh;
  for (const auto& id : {std::string(), std::string("a b"), std::string("<x>"),
                         std::string("\xC3\xA4"), long_one + "x"}) {
    CAPTURE(id);
    const auto given = client.exchange(good_get({"X-Request-Id: " + id})).field("x-request-id");
    CHECK(given.size() == 32);
    CHECK(given.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(has_line(upstream.requests().back(), "x-request-id: " + given));
    for (const auto& other : fresh) CHECK(given != other);
    fresh.push_back(given);
  }
}
