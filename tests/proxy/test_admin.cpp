// The admin listener against whoever may reach it. What its pages say is tested elsewhere.
#include "proxy/admin.hpp"

#include <doctest/doctest.h>

#include "proxy/listener.hpp"
#include "tests/support/client.hpp"
#include "tests/support/files.hpp"

using namespace proxy;
using namespace std::chrono_literals;
using tests::Client;
using tests::request;

namespace {

std::vector<AdminPage> pages() {
  return {{"/page", [] { return AdminPage::Content{.body = "text\n"}; }},
          {"/bad", [] { return AdminPage::Content{.status = 503, .body = "bad\n"}; }},
          {"/long", [] { return AdminPage::Content{.body = std::string(1'000'000, 'x')}; }},
          // More than all buffers on the way hold.
          {"/huge", [] { return AdminPage::Content{.body = std::string(64'000'000, 'x')}; }}};
}

struct Running {
  explicit Running(const AdminLimits& limits = {}) : admin({"127.0.0.1", 0}, pages(), limits) {
    admin.start();
  }
  Client client() const { return Client(admin.port()); }

  Admin admin;
};

// Somebody is served, sooner or later.
bool has_room(const Running& running) {
  const auto until = std::chrono::steady_clock::now() + tests::patience;
  while (std::chrono::steady_clock::now() < until) {
    try {
      if (running.client().exchange(request("GET", "/page")).status == 200) return true;
    } catch (const std::exception&) {  // closed at once
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a page answers to GET and HEAD, as often as one connection asks") {
  const Running running;
  auto client = running.client();
  for (int i = 0; i < 3; ++i) {
    const auto got = client.exchange(request("GET", "/page"));
    CHECK(got.status == 200);
    CHECK(got.body == "text\n");
    CHECK(got.field("content-type") == "text/plain; charset=utf-8");
    CHECK(got.field("cache-control") == "no-store");
    CHECK(got.has("date"));
    CHECK_FALSE(got.has("connection"));
    const auto head = client.exchange(request("HEAD", "/page"), true);
    CHECK(head.status == 200);
    CHECK(head.field("content-length") == "5");
    CHECK(client.exchange(request("GET", "/bad?probe=1")).status == 503);
    CHECK(client.exchange(request("GET", "/long")).body.size() == 1'000'000);
  }
}

TEST_CASE("what is no strict HTTP, or asks for what is not there, is refused and ends") {
  const Running running;
  const std::string host = "Host: x\r\n";
  const struct {
    std::string what, bytes;
    int status;
    bool ends = true;
  } cases[] = {
      {"another path", request("GET", "/"), 404, false},
      {"a path below", request("GET", "/page/"), 404, false},
      {"another case", request("GET", "/PAGE"), 404, false},
      {"escapes", request("GET", "/%70age"), 404, false},
      {"two slashes", request("GET", "//page"), 404, false},
      {"dots", request("GET", "/x/../page"), 404, false},
      {"POST", request("POST", "/page"), 405, false},
      {"DELETE", request("DELETE", "/page"), 405, false},
      {"OPTIONS", request("OPTIONS", "/page"), 405, false},
      {"lower case", request("get", "/page"), 405, false},
      {"a body", request("POST", "/page", {}, "x"), 400},
      {"a body on a GET", request("GET", "/page", {}, "x"), 400},
      {"chunks", request("GET", "/page", {"Transfer-Encoding: chunked"}) + "0\r\n\r\n", 400},
      {"two lengths", "GET /page HTTP/1.1\r\n" + host + "Content-Length: 0, 1\r\n\r\n", 400},
      {"no host", "GET /page HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET /page HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"bare line feeds", "GET /page HTTP/1.1\nHost: x\n\n", 400},
      {"folding", "GET /page HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},
      {"blanks before the colon", "GET /page HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"HTTP/0.9", "GET /page\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"TLS", std::string("\x16\x03\x01\x00\xF4\x01\x00\x00\xF0\x03\x03", 11) + "\r\n\r\n", 400},
      {"an empty line", "\r\n\r\n", 400},
      {"a null", "GET /page HTTP/1.1\r\nHost: x\r\nA: " + std::string(1, '\0') + "\r\n\r\n", 400},
      {"a long head", request("GET", "/page", {"A: " + std::string(9'000, 'a')}), 431},
      {"many fields", request("GET", "/page", std::vector<std::string>(65, "A: a")), 431},
      {"a long target", request("GET", "/page?" + std::string(2'000, 'a')), 414},
  };
  for (const auto& [what, bytes, status, ends] : cases) {
    CAPTURE(what);
    auto client = running.client();
    client.send(bytes);
    const auto answer = client.receive();
    CHECK(answer.status == status);
    CHECK_FALSE(answer.body.empty());
    CHECK((status == 405) == (answer.field("allow") == "GET, HEAD"));
    CHECK((answer.field("connection") == "close") == ends);
    if (ends)
      CHECK(client.is_closed());
    else
      CHECK(client.exchange(request("GET", "/page")).status == 200);
  }
  CHECK(running.client().exchange(request("GET", "/page")).status == 200);
}

TEST_CASE("requests may come in any pieces, and several at once") {
  const Running running;
  auto client = running.client();
  const auto one = request("GET", "/page");
  for (std::size_t split = 1; split < one.size(); ++split) {
    client.send(one.substr(0, split));
    client.send(one.substr(split) + one);
    CHECK(client.receive().body == "text\n");
    CHECK(client.receive().body == "text\n");
  }
}

TEST_CASE("a client that wants to end, or speaks HTTP/1.0, has its way") {
  const Running running;
  auto close = running.client();
  CHECK(close.exchange(request("GET", "/page", {"Connection: close"})).field("connection") ==
        "close");
  CHECK(close.is_closed());
  auto old = running.client();
  old.send("GET /page HTTP/1.0\r\n\r\n");
  CHECK(old.receive_all().ends_with("\r\n\r\ntext\n"));
  auto kept = running.client();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /page HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(kept.receive().field("connection") == "keep-alive");
  }
}

TEST_CASE("who is slow is told so, and who says nothing is hung up on") {
  const Running running({.request = 60ms, .idle = 60ms});
  auto slow = running.client();
  slow.send("GET /page HTTP/1.1\r\nHost:");
  CHECK(slow.receive().status == 408);
  CHECK(slow.is_closed());
  auto silent = running.client();
  CHECK(silent.is_closed());
  auto once = running.client();
  CHECK(once.exchange(request("GET", "/page")).status == 200);
  CHECK(once.is_closed());
}

TEST_CASE("who does not take an answer makes room for others") {
  const Running running({.connections = 1, .request = 60ms});
  auto client = running.client();
  client.send(request("GET", "/huge"));
  CHECK(client.receive_head().status == 200);
  CHECK(has_room(running));
}

TEST_CASE("one connection beyond the limit takes the place of the one that waits longest") {
  const Running running({.connections = 2});
  auto first = running.client();
  auto second = running.client();
  CHECK(first.exchange(request("GET", "/page")).status == 200);
  CHECK(second.exchange(request("GET", "/page")).status == 200);
  CHECK(first.exchange(request("GET", "/page")).status == 200);
  auto third = running.client();
  CHECK(third.exchange(request("GET", "/page")).status == 200);
  CHECK(second.is_closed());
  CHECK(first.exchange(request("GET", "/page")).status == 200);
  CHECK(third.exchange(request("GET", "/page", {"Connection: close"})).status == 200);
  CHECK(third.is_closed());
  CHECK(running.client().exchange(request("GET", "/page")).status == 200);
  CHECK(first.exchange(request("GET", "/page")).status == 200);
}

TEST_CASE("former bug: connections that say little or nothing lock nobody out") {
  const std::vector<std::string> beginnings{"", "G", "GET /page HTTP/1.1\r\nHost: x\r\n",
                                            request("GET", "/page"), request("GET", "/long")};
  for (const auto& beginning : beginnings) {
    CAPTURE(beginning);
    const Running running({.connections = 8});
    std::vector<Client> crowd;
    for (int i = 0; i < 50; ++i) {
      crowd.push_back(running.client());
      if (!beginning.empty()) crowd.back().send(beginning);
      if (i % 10 == 0) CHECK(running.client().exchange(request("GET", "/page")).status == 200);
    }
    CHECK(running.client().exchange(request("GET", "/page")).status == 200);
    CHECK_NOTHROW(crowd.front().receive_all());
  }
}

TEST_CASE("it ends at once, whoever is connected, and may never have begun") {
  Running running;
  auto idle = running.client();
  auto busy = running.client();
  busy.send("GET /page HTTP/1.1\r\n");
  CHECK(idle.exchange(request("GET", "/page")).status == 200);
  running.admin.stop();
  running.admin.stop();
  CHECK(idle.is_closed());
  CHECK(busy.is_closed());
  const Admin never({"127.0.0.1", 0}, pages());
  CHECK(never.port() != 0);
}

TEST_CASE("where it cannot listen it says which setting is to blame, and what to do") {
  const Running running;
  const auto port = std::to_string(running.admin.port());
  CHECK(tests::message_of([&] {
          const Admin second({"127.0.0.1", running.admin.port()}, pages());
        }) == "admin.address: cannot listen on 127.0.0.1 port " + port +
                  ": Address already in use; give it another one, or `admin: {address: none}`");
}
