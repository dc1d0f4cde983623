// The limits of the upstream's side: how many connections, how many in line, and how long for what.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

// Listens, and takes nobody: connections to it wait for ever.
class FullBacklog {
 public:
  FullBacklog() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      waiting_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect(waiting_.back(), reinterpret_cast<const sockaddr*>(&address), size);
    }
  }
  ~FullBacklog() {
    for (const int each : waiting_) close(each);
    close(listener_);
  }
  FullBacklog(const FullBacklog&) = delete;
  FullBacklog& operator=(const FullBacklog&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> waiting_;
};

void check_timeout(RunningGateway& gateway, const std::string& bytes, const std::string& delivery,
                   const std::string& failure) {
  {
    auto client = gateway.client();
    const auto answer = client.exchange(bytes);
    CHECK(answer.status == 504);
    CHECK(answer.field("x-prefgate-delivery") == delivery);
    CHECK(answer.field("x-prefgate-origin") == "gateway");
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].number("http.response.status_code") == 504);
  CHECK(records[0].text("upstream.failure") == failure);
  CHECK(records[0].text("delivery") == delivery);
}

}  // namespace

TEST_CASE("beyond pool.connections requests stand in line, beyond pool.waiting they get 503") {
  Gate gate;
  ScriptedUpstream upstream([&](Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      if (!peer.send(ScriptedUpstream::ok())) return;
    }
  });
  RunningGateway gateway(upstream.url(), {.pool = "{connections: 1, idle: 1, waiting: 2}"});
  {
    auto first = gateway.client();
    first.send(good_get());
    upstream.wait_for_requests(1);
    std::vector<Client> others;
    for (int i = 0; i < 3; ++i) {
      others.push_back(gateway.client());
      others.back().send(good_get());
    }
    // Two stand in line. Which of the three is refused is the kernel's choice.
    std::size_t refused = others.size();
    const auto until = std::chrono::steady_clock::now() + patience;
    for (std::size_t i = 0; refused == others.size(); i = (i + 1) % others.size()) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      char byte = 0;
      if (recv(others[i].descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1) refused = i;
    }
    const auto answer = others[refused].receive();
    CHECK(answer.status == 503);
    CHECK(answer.field("Retry-After") == "1");
    gate.open();
    CHECK(first.receive().status == 200);
    for (std::size_t i = 0; i < others.size(); ++i)
      if (i != refused) CHECK(others[i].receive().status == 200);
    CHECK(others[refused].exchange(good_get()).status == 200);
  }
  CHECK(upstream.connections() == 1);
  CHECK(upstream.requests().size() == 4);
  int full = 0;
  const auto records = gateway.records();
  CHECK(records.size() == 5);
  for (const auto& record : records) {
    if (record.text("upstream.failure") != "pool_full") continue;
    ++full;
    CHECK(record.text("decision") == "rejected");
    CHECK(record.text("reason") == "overloaded");
  }
  CHECK(full == 1);
}

TEST_CASE("of all workers together the upstream never has more requests than their connections") {
  Gate gate;
  ScriptedUpstream upstream([&](Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      if (!peer.send(ScriptedUpstream::ok())) return;
    }
  });
  RunningGateway gateway(upstream.url(),
                         {.pool = "{connections: 2, idle: 2, waiting: 0}", .workers = 2});
  std::vector<Client> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(gateway.client());
    clients.back().send(good_post());
  }
  const auto answered = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(clients, [](const Client& each) {
      char byte = 0;
      return recv(each.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }));
  };
  const auto until = std::chrono::steady_clock::now() + patience;
  while (answered() + upstream.requests().size() < clients.size())
    REQUIRE(std::chrono::steady_clock::now() < until);
  // Which worker has how many clients is the kernel's choice; one of them has six at least.
  const auto held = upstream.requests().size();
  CHECK(held >= 2);
  CHECK(held <= 4);
  gate.open();
  std::size_t refused = 0;
  for (auto& client : clients) {
    const auto answer = client.receive();
    if (answer.status == 200) continue;
    ++refused;
    CHECK(answer.status == 503);
    CHECK(answer.field("Retry-After") == "1");
    CHECK(answer.body.find("too many requests are waiting for the upstream") != std::string::npos);
  }
  CHECK(refused == clients.size() - held);
  CHECK(upstream.requests().size() == held);
}

TEST_CASE("former bug: bodies that never end held every connection, and whole requests waited") {
  ScriptedUpstream upstream([](Peer& peer) {
    for (auto head = peer.head(); !head.empty(); head = peer.head()) {
      if (head.starts_with("POST /slow")) return peer.wait_for_end();
      peer.send(ScriptedUpstream::ok());
      if (head.starts_with("POST /early")) return peer.wait_for_end();
    }
  });
  RunningGateway gateway(upstream.url(), {.pool = "{connections: 4}"});
  const std::string half = "POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe";
  std::vector<Client> slow;
  const auto until = std::chrono::steady_clock::now() + patience;
  for (std::size_t i = 1; i <= 3; ++i) {
    slow.push_back(gateway.client());
    slow.back().send(half);
    while (upstream.connections() < i) REQUIRE(std::chrono::steady_clock::now() < until);
  }
  auto one_more = gateway.client();
  const auto answer = one_more.exchange(half);
  CHECK(answer.status == 503);
  CHECK(answer.field("Retry-After") == "1");
  auto whole = gateway.client();
  CHECK(whole.exchange(good_get()).status == 200);
  // Those that have left make room, as soon as that is noticed.
  for (auto& each : slow) each.reset();
  int status = 503;
  while (status == 503) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    auto other = gateway.client();
    other.send("POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe");
    status = other.receive().status;
  }
  CHECK(status == 200);
}

TEST_CASE("as many idle connections are kept as the pool may, and for as long") {
  struct Case {
    std::string pool;
    std::size_t connections;  // for four requests, one after the other
  };
  for (const auto& each : std::vector<Case>{{"{idle: 0}", 4}, {"{idle: 1}", 1}}) {
    CAPTURE(each.pool);
    ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
    const RunningGateway gateway(upstream.url(), {.pool = each.pool});
    auto client = gateway.client();
    for (int i = 0; i < 4; ++i) CHECK(client.exchange(good_post()).status == 200);
    CHECK(upstream.connections() == each.connections);
  }
  Gate closed;
  ScriptedUpstream upstream([&](Peer& peer) {
    while (!peer.request().empty()) peer.send(ScriptedUpstream::ok());
    closed.open();
  });
  const RunningGateway gateway(upstream.url(), {.pool = "{idle_timeout: 200ms}"});
  auto client = gateway.client();
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(closed.wait());
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(upstream.connections() == 2);
}

TEST_CASE("an upstream that takes no connection is too slow: 504, and nothing was delivered") {
  const FullBacklog upstream;
  RunningGateway gateway("http://127.0.0.1:" + std::to_string(upstream.port()),
                         {.timeouts = "{connect: 300ms}"});
  check_timeout(gateway, good_post(), "no", "connect_timeout");
}

TEST_CASE("an upstream that never answers the handshake is too slow, and got no request") {
  ScriptedUpstream upstream([](Peer& peer) { peer.wait_for_end(); });
  RunningGateway gateway("https://127.0.0.1:" + std::to_string(upstream.port()),
                         {.timeouts = "{connect: 300ms}"});
  check_timeout(gateway, good_post(), "no", "connect_timeout");
}

TEST_CASE("an upstream that does not begin to answer is too slow, and may have acted") {
  ScriptedUpstream upstream([](Peer& peer) { peer.wait_for_end(); });
  RunningGateway gateway(upstream.url(), {.timeouts = "{first_byte: 300ms}"});
  check_timeout(gateway, good_post(), "unknown", "first_byte_timeout");
}

TEST_CASE("an upstream that stops in its answer's head is too slow") {
  ScriptedUpstream upstream([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nConte");
    peer.wait_for_end();
  });
  RunningGateway gateway(upstream.url(), {.timeouts = "{first_byte: 300ms}"});
  check_timeout(gateway, good_get(), "unknown", "first_byte_timeout");
}

TEST_CASE(
    "an upstream that stops in a short answer's body is too slow, and nobody sees half of it") {
  ScriptedUpstream upstream([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    peer.wait_for_end();
  });
  RunningGateway gateway(upstream.url(), {.timeouts = "{idle: 300ms}"});
  check_timeout(gateway, request("GET", "/api/1/x"), "unknown", "first_byte_timeout");
}

TEST_CASE("an upstream that answers drop by drop is too slow in all") {
  Gate never;
  ScriptedUpstream upstream([&](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (peer.send("x")) never.wait(milliseconds(50));
  });
  RunningGateway gateway(upstream.url(),
                         {.timeouts = "{total: 1s, connect: 1s, first_byte: 1s, idle: 800ms}"});
  check_timeout(gateway, good_get(), "unknown", "first_byte_timeout");
}

TEST_CASE("a long answer that stops ends its connection, and must not look whole") {
  ScriptedUpstream upstream([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    peer.wait_for_end();
  });
  RunningGateway gateway(upstream.url(), {.timeouts = "{idle: 300ms}"});
  {
    auto client = gateway.client();
    CHECK_THROWS(client.exchange(request("GET", "/api/1/x")));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].text("ending") == "upstream_aborted");
  CHECK(records[0].text("upstream.failure") == "first_byte_timeout");
}
