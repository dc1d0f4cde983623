// What clients see of `durability: request` and `on_full: block`: answers whose record is on the
// disk, and what becomes of requests while the disk takes nothing.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

void limit_files(RunningGateway& gateway, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  REQUIRE(prlimit(gateway.process().id(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

std::string first_segment(const RunningGateway& gateway) {
  return read_file(gateway.folder().path() / "audit" / "records-000000000000.jsonl");
}

// Until the disk takes records again, as the gateway says.
Answer exchange_once_it_works(Client& client, const std::string& bytes) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto answer = client.exchange(bytes);
    if (answer.status == 200 || std::chrono::steady_clock::now() > until) return answer;
  }
}

}  // namespace

TEST_CASE("durability: request. An answer's record is in its file before the answer comes") {
  const std::string long_answer(300'000, 'x');
  ScriptedUpstream upstream([&](Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty()) return;
      if (request.find("/long") != std::string::npos)
        peer.send(ScriptedUpstream::ok(long_answer));
      else
        peer.send(ScriptedUpstream::ok());
    }
  });
  RunningGateway gateway(upstream.url(), {.audit = "{durability: request}"});
  struct Case {
    std::string bytes;
    int status;
    std::string ending;
    std::int64_t size;  // recorded; -1: none
  };
  const std::vector<Case> cases{
      {good_post(), 200, "ready", 2},
      {good_get(), 200, "ready", 2},
      {request("GET", path, app_fields), 422, "ready", 0},
      {request("GET", "/long"), 200, "begun", -1},
      {"GET\r\n\r\n", 400, "ready", 0},
  };
  std::size_t number = 0;
  for (const auto& each : cases) {
    CAPTURE(each.bytes);
    auto client = gateway.client();
    auto answer = client.exchange(each.bytes);
    CHECK(answer.status == each.status);
    // Of the answer that is not long the end may come in the same moment as its beginning.
    const auto text = first_segment(gateway);
    CHECK(static_cast<std::size_t>(std::ranges::count(text, '\n')) == ++number);
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].bytes);
    CHECK(records[i].number("http.response.status_code") == cases[i].status);
    CHECK(records[i].text("ending") == cases[i].ending);
    if (cases[i].size != 0) CHECK(records[i].number("http.response.body.size") == cases[i].size);
  }
}

TEST_CASE("durability: request. The beginning of a streamed answer waits for the record, no more") {
  Gate end;
  ScriptedUpstream upstream([&](Peer& peer) {
    while (!peer.request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      end.wait();
      peer.send("0\r\n\r\n");
    }
  });
  RunningGateway gateway(upstream.url(), {.audit = "{durability: request}"});
  {
    auto client = gateway.client();
    client.send(request("GET", "/events"));
    const auto until = std::chrono::steady_clock::now() + patience;
    while (first_segment(gateway).empty()) REQUIRE(std::chrono::steady_clock::now() < until);
    end.open();
    CHECK(client.receive().body == "hello");
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].text("ending") == "begun");
  CHECK_FALSE(records[0].has("http.response.body.size"));
}

TEST_CASE(
    "durability: request, on_full: reject. What cannot be made durable is answered with 503") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{durability: request, on_full: reject}"});
  auto client = gateway.client();
  CHECK(client.exchange(good_post()).status == 200);
  limit_files(gateway, 100);
  const auto told = client.exchange(good_post());
  CHECK(told.status == 503);
  CHECK(told.field("x-prefgate-delivery") == "yes");  // it was forwarded
  CHECK(upstream.requests().size() == 2);
  // Those that follow are not.
  for (int i = 0; i < 5; ++i) {
    const auto refused = client.exchange(good_post());
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.has("x-prefgate-delivery"));
  }
  CHECK(upstream.requests().size() == 2);
  limit_files(gateway, RLIM_INFINITY);
  CHECK(exchange_once_it_works(client, good_post()).status == 200);
  const auto records = gateway.records();
  CHECK(records[1].text("decision") == "forwarded");
  CHECK(records[1].text("ending") == "ready");
  CHECK(records[2].text("reason") == "audit_full");
  CHECK(gateway.printed().find("records are written again") != std::string::npos);
}

TEST_CASE("durability: request, on_full: drop. Answers go out although the disk fails") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{durability: request, on_full: drop}"});
  auto client = gateway.client();
  CHECK(client.exchange(good_post()).status == 200);
  limit_files(gateway, 100);
  for (int i = 0; i < 10; ++i) CHECK(client.exchange(good_post()).status == 200);
  limit_files(gateway, RLIM_INFINITY);
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(gateway.records().size() == 12);  // the rings had room for them
}

TEST_CASE("durability: request, on_full: block. Answers wait for the disk, and none is lost") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{durability: request, on_full: block}"});
  {
    auto first = gateway.client();
    CHECK(first.exchange(good_post()).status == 200);
    limit_files(gateway, 100);
    first.send(good_post());
    upstream.wait_for_requests(2);
    auto second = gateway.client();
    second.send(good_post());
    // Its worker is not held up by them: what needs no upstream is looked at meanwhile.
    auto third = gateway.client();
    third.send(request("GET", path));
    limit_files(gateway, RLIM_INFINITY);
    CHECK(first.receive().status == 200);
    CHECK(second.receive().status == 200);
    CHECK(third.receive().status == 401);
  }
  CHECK(gateway.records().size() == 4);
}

TEST_CASE("a directory that is moved away under load is a disk that fails, until it is put back") {
  for (const auto* on_full : {"reject", "drop", "block"}) {
    CAPTURE(on_full);
    ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
    RunningGateway gateway(
        upstream.url(), {.audit = "{durability: request, on_full: " + std::string(on_full) + "}"});
    const auto directory = gateway.folder().path() / "audit";
    const auto elsewhere = gateway.folder().path() / "elsewhere";
    auto client = gateway.client();
    CHECK(client.exchange(good_post()).status == 200);
    std::filesystem::rename(directory, elsewhere);
    client.send(good_post());
    if (on_full == std::string("block"))
      upstream.wait_for_requests(2);
    else
      CHECK(client.receive().status == (on_full == std::string("drop") ? 200 : 503));
    const auto until = std::chrono::steady_clock::now() + patience;
    while (gateway.printed().find("failed: No such file or directory") == std::string::npos)
      REQUIRE(std::chrono::steady_clock::now() < until);
    std::filesystem::rename(elsewhere, directory);
    if (on_full == std::string("block")) CHECK(client.receive().status == 200);
    CHECK(exchange_once_it_works(client, good_post()).status == 200);
    CHECK(gateway.records().size() >= 3);
    CHECK(gateway.printed().find("records are written again") != std::string::npos);
  }
}

TEST_CASE("on_full: block. A request waits no longer than a request may take") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.limits = "{request: 300ms}",
                                          .audit = "{durability: request, on_full: block}"});
  auto client = gateway.client();
  limit_files(gateway, 100);
  const auto late = client.exchange(good_post());
  CHECK(late.status == 503);
  CHECK(late.field("x-prefgate-delivery") == "yes");
  const auto refused = client.exchange(good_post());
  CHECK(refused.status == 503);
  CHECK(upstream.requests().size() == 1);
  limit_files(gateway, RLIM_INFINITY);
  CHECK(exchange_once_it_works(client, good_post()).status == 200);
}
