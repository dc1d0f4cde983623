// Where a message is cut on its way must not matter: each is sent in two pieces, cut at every byte,
// the second only when the gateway has taken the first.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string hex(std::uint64_t number, std::size_t digits) {
  std::string text;
  for (; text.size() < digits; number /= 16) text.insert(0, 1, "0123456789ABCDEF"[number % 16]);
  return text;
}

// Until the other end has read everything from its socket. Over TLS that is the ciphertext.
void wait_until_taken(const Client& client, std::uint16_t port) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  getsockname(client.descriptor(), reinterpret_cast<sockaddr*>(&own), &size);
  // The line of the gateway's socket: "... LOCAL:PORT REMOTE:PORT ST TX:RX ..."
  const auto ends = ":" + hex(port, 4) + " " + hex(htonl(INADDR_LOOPBACK), 8) + ":" +
                    hex(ntohs(own.sin_port), 4) + " ";
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    std::ifstream table("/proc/net/tcp");
    for (std::string line; std::getline(table, line);) {
      const auto at = line.find(ends);
      if (at == std::string::npos) continue;
      const auto received = line.find(':', at + ends.size());
      if (line.compare(received, 9, ":00000000") == 0) return;
    }
    std::this_thread::yield();
  }
  throw std::runtime_error("the gateway did not read what was sent");
}

std::string governed(std::string_view method, std::vector<std::string> more,
                     std::string_view body = {}) {
  more.insert(more.begin(), app_fields.begin(), app_fields.end());
  more.emplace_back("x-request-id: the-same");
  return request(
      method,
      method == "GET" ? std::string(path) + "?" + std::string(good_query) : std::string(path), more,
      body);
}

std::string chunked(const std::string& target) {
  return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + app_fields[0] + "\r\n" +
         app_fields[1] + "\r\nx-request-id: the-same\r\nTransfer-Encoding: chunked\r\n\r\n";
}

const std::string answer =
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE(
    "a good message gets the same answer, and the upstream the same bytes, wherever it is cut") {
  ScriptedUpstream upstream(ScriptedUpstream::always(answer));
  const RunningGateway gateway(upstream.url());
  const std::string body(good_body);
  const auto governed_chunks = hex(16, 2) + "\r\n" + body.substr(0, 16) + "\r\n" +
                               hex(body.size() - 16, 3) + ";a=b\r\n" + body.substr(16) +
                               "\r\n0\r\n\r\n";
  struct Case {
    std::string what;
    std::string bytes;
    std::size_t answers = 1;
  };
  const std::vector<Case> cases{
      {"a GET", governed("GET", {})},
      {"an empty line and a GET", "\r\n" + governed("GET", {})},
      {"a POST with a length", governed("POST", {}, body)},
      {"a chunked POST", chunked(std::string(path)) + governed_chunks},
      {"a chunked POST that is streamed",
       chunked("/api/1/x") + "5\r\nhello\r\n1;x\r\n!\r\n0\r\nA: b\r\n\r\n"},
      {"an empty chunked POST that is streamed", chunked("/api/1/x") + "0\r\n\r\n"},
      {"a pipelined pair", governed("POST", {}, body) + governed("GET", {}), 2},
  };
  std::size_t before = 0;
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    std::vector<std::string> expected;
    client.send(each.bytes);
    for (std::size_t i = 0; i < each.answers; ++i) expected.push_back(client.receive().head);
    for (std::size_t cut = 1; cut < each.bytes.size(); ++cut) {
      CAPTURE(cut);
      client.send(each.bytes.substr(0, cut));
      wait_until_taken(client, gateway.port());
      client.send(each.bytes.substr(cut));
      for (const auto& head : expected) {
        const auto got = client.receive();
        REQUIRE(got.head == head);
        REQUIRE(got.body == "ok");
      }
    }
    const auto seen = upstream.requests();
    REQUIRE(seen.size() == before + each.bytes.size() * each.answers);
    // What streams keeps the chunks it came in: only its content is the same.
    if (each.what.find("streamed") == std::string::npos)
      for (std::size_t i = before + each.answers; i < seen.size(); ++i)
        REQUIRE(seen[i] == seen[i - each.answers]);
    before = seen.size();
  }
}

TEST_CASE("a malformed message is refused wherever it is cut") {
  ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  const RunningGateway gateway(upstream.url());
  const std::string host = "Host: localhost\r\n";
  for (const auto& bytes : {"GET /x HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n",
                            "GET /x HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n",
                            "GET /x HTTP/1.1\r\n" + host + host + "\r\n", std::string("\r\n\r\n"),
                            chunked(std::string(path)) + "2\r\n{}\r\n1x\r\n"}) {
    CAPTURE(bytes);
    const auto from = bytes.size() > 120 ? bytes.size() - 20 : 1;
    for (std::size_t cut = from; cut < bytes.size(); ++cut) {
      CAPTURE(cut);
      auto client = gateway.client();
      client.send(bytes.substr(0, cut));
      wait_until_taken(client, gateway.port());
      try {
        client.send(bytes.substr(cut));
      } catch (const std::system_error&) {  // NOLINT: it was refused, and closed, already
      }
      REQUIRE(client.receive().status == 400);
      REQUIRE(client.receive_all().empty());
    }
  }
}

TEST_CASE("one byte at a time will do, over TLS too") {
  ScriptedUpstream upstream(ScriptedUpstream::always(answer));
  const RunningGateway gateway(upstream.url());
  for (auto client : {&RunningGateway::client, &RunningGateway::tls_client}) {
    auto connection = (gateway.*client)();
    const auto bytes = governed("POST", {}, good_body) + governed("GET", {});
    for (const char byte : bytes) connection.send({&byte, 1});
    CHECK(connection.receive().status == 200);
    CHECK(connection.receive().status == 200);
  }
}
