// The record, seen from outside: one line an exchange, whatever became of it, and what happens when
// the disk takes no more.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

// From now on none of its files can grow beyond that: as on a full disk.
void limit_files(RunningGateway& gateway, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  REQUIRE(prlimit(gateway.process().id(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

struct Counts {
  std::size_t lines = 0;    // of exchanges
  std::size_t dropped = 0;  // as gap records say
};

Counts count(const std::vector<Record>& records) {
  Counts counts;
  for (const auto& record : records) {
    if (record.has("gap"))
      counts.dropped += record.json["gap"]["dropped"].GetUint64();
    else
      ++counts.lines;
  }
  return counts;
}

}  // namespace

TEST_CASE("every ending has its line, with the status the client saw") {
  ScriptedUpstream upstream([](Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty() || request.find("/hang-up") != std::string::npos) return;
      if (request.find("/half") != std::string::npos)
        return (void)peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe");
      if (request.find("/late") != std::string::npos) return peer.wait_for_end();
      peer.send(ScriptedUpstream::ok());
    }
  });
  RunningGateway gateway(upstream.url(), {.timeouts = "{first_byte: 200ms}", .workers = 2});
  struct Case {
    std::string what;
    std::string bytes;
    int status;  // -1: none
    std::string decision;
    std::string reason;
    std::string ending;
  };
  const std::vector<Case> cases{
      {"good", good_get(), 200, "forwarded", "", "answered"},
      {"another path", request("GET", "/x"), 200, "forwarded", "", "answered"},
      {"no token", request("GET", path), 401, "rejected", "no_bearer_token", "answered"},
      {"violations", request("GET", path, app_fields), 422, "rejected", "contract", "answered"},
      {"malformed", "GET\r\n\r\n", 400, "rejected", "malformed_request", "answered"},
      {"hang up", request("GET", "/hang-up"), 502, "forwarded", "upstream_failed", "answered"},
      {"late", request("GET", "/late"), 504, "forwarded", "upstream_timeout", "answered"},
      {"half", request("GET", "/half"), -1, "forwarded", "", "upstream_aborted"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    if (each.status > 0)
      CHECK(client.exchange(each.bytes).status == each.status);
    else
      CHECK_THROWS(client.exchange(each.bytes));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (const auto& each : cases) {
    CAPTURE(each.what);
    // Two workers: their records may pass each other by a round.
    const auto matches = [&](const Record& record) {
      return (each.status < 0 || record.number("http.response.status_code") == each.status) &&
             record.text("decision") == each.decision && record.text("reason") == each.reason &&
             record.text("ending") == each.ending;
    };
    CHECK(std::any_of(records.begin(), records.end(), matches));
  }
  for (const auto& record : records) {
    CHECK(record.text("time").size() == 27);
    CHECK(record.text("client.address") == "127.0.0.1");
    CHECK(record.number("duration_us") >= 0);
    CHECK_FALSE(record.text("id").empty());
  }
}

TEST_CASE("a client that goes away in the middle has its line too") {
  Gate gone;
  ScriptedUpstream upstream([&](Peer& peer) {
    peer.request();
    gone.wait();
    peer.send(ScriptedUpstream::ok(std::string(20'000'000, 'x')));
    peer.wait_for_end();
  });
  RunningGateway gateway(upstream.url());
  {
    auto before_body = gateway.client();
    before_body.send(good_post().substr(0, good_post().size() - 3));
    before_body.finish_sending();
    CHECK(before_body.receive().status == 400);
  }
  auto before_answer = gateway.client();
  before_answer.send(request("GET", "/x"));
  upstream.wait_for_requests(1);
  before_answer.reset();
  gone.open();
  const auto records = gateway.records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].text("reason") == "client_closed");
  CHECK(records[0].text("ending") == "client_aborted");  // former bug: answered
  CHECK(records[1].text("ending") == "client_aborted");
}

TEST_CASE("numbers go on after a restart, and a torn last line is cut") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  for (int i = 0; i < 3; ++i) CHECK(gateway.client().exchange(good_get()).status == 200);
  CHECK(gateway.stop() == 0);
  gateway.start();
  CHECK(gateway.client().exchange(good_post()).status == 200);
  CHECK(gateway.records().size() == 4);
  for (const auto& entry : std::filesystem::directory_iterator(gateway.folder().path() / "audit"))
    if (entry.path().extension() == ".jsonl") {
      const auto text = read_file(entry.path());
      (void)gateway.folder().write(entry.path(), text + R"({"seq":4,"time":"2026)");
    }
  gateway.start();
  CHECK(gateway.client().exchange(good_post()).status == 200);
  CHECK(gateway.records().size() == 5);
  CHECK(gateway.printed().find("torn last line") != std::string::npos);
}

TEST_CASE("a record says by which configuration and contract, as /status does in full") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  CHECK(gateway.client().exchange(good_post()).status == 200);
  const auto status = gateway.admin().exchange(request("GET", "/status")).body;
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  for (const std::string name : {"config", "contract"}) {
    const auto digest = records[0].text(name.c_str());
    CAPTURE(digest);
    CHECK(digest.size() == std::string("sha256:").size() + 16);
    CHECK(status.find("\"" + name + "\":\"" + digest) != std::string::npos);
  }
}

TEST_CASE("a second gateway on the same audit directory does not start") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  for (const bool unlocked : {false, true}) {
    CAPTURE(unlocked);
    if (unlocked) std::filesystem::remove(gateway.folder().path() / "audit/lock");
    const auto second = run({binary("prefgate"), "serve", "-c", gateway.config()});
    CHECK(second.status == 1);
    CHECK(second.errors.find("in use by another process") != std::string::npos);
  }
  CHECK(gateway.client().exchange(good_get()).status == 200);
}

TEST_CASE("on_full: reject. What cannot be recorded is refused, never forwarded, and it recovers") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{on_full: reject}"});
  const auto post = long_post();
  std::size_t good = 0;
  std::size_t refused = 0;
  {
    auto client = gateway.client();
    CHECK(client.exchange(good_get()).status == 200);
    ++good;
    limit_files(gateway, 10'000);
    while (refused < 5 && good < 2'000) {
      const auto answer = client.exchange(post);
      if (answer.status == 200) {
        ++good;
        continue;
      }
      ++refused;
      REQUIRE(answer.status == 503);
      CHECK(answer.field("Retry-After") == "1");
    }
    CHECK(refused == 5);
    CHECK(good > 100);
    CHECK(upstream.requests().size() == good);  // none of the refused ones went on
    limit_files(gateway, RLIM_INFINITY);
    const auto until = std::chrono::steady_clock::now() + patience;
    for (bool again = false; !again && std::chrono::steady_clock::now() < until;) {
      again = client.exchange(post).status == 200;
      ++(again ? good : refused);
    }
  }
  const auto counts = count(gateway.records());
  CHECK(counts.lines >= good);  // a refusal has a line too, where there was room for it
  CHECK(counts.lines + counts.dropped == good + refused);
  CHECK(gateway.printed().find("File too large") != std::string::npos);
  CHECK(gateway.printed().find("records are written again") != std::string::npos);
  CHECK(gateway.printed().find("stopped: every record is written") != std::string::npos);
  CHECK(gateway.printed().find(std::to_string(refused) + " requests answered with 503") !=
        std::string::npos);
}

TEST_CASE("on_full: drop. Everything goes on, and a gap record says how many have no line") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{on_full: drop}"});
  const auto post = long_post();
  constexpr std::size_t exchanges = 600;
  {
    auto client = gateway.client();
    limit_files(gateway, 10'000);
    for (std::size_t i = 0; i < exchanges; ++i) REQUIRE(client.exchange(post).status == 200);
    limit_files(gateway, RLIM_INFINITY);
  }
  CHECK(upstream.requests().size() == exchanges);
  const auto counts = count(gateway.records());
  CHECK(counts.dropped > 0);
  CHECK(counts.lines > 100);
  CHECK(counts.lines + counts.dropped == exchanges);
  // Former bug: "every exchange is recorded".
  CHECK(gateway.printed().find(std::to_string(counts.dropped) +
                               " exchanges went by without a record") != std::string::npos);
}

TEST_CASE("on_full: block. While the ring is full requests wait, and then all are recorded") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{on_full: block}"});
  const auto post = long_post();
  constexpr std::size_t exchanges = 400;
  std::atomic<std::size_t> good{0};
  limit_files(gateway, 10'000);
  std::thread client([&] {
    auto connection = gateway.client();
    for (std::size_t i = 0; i < exchanges; ++i)
      if (connection.exchange(post).status == 200) ++good;
  });
  // Until nothing has gone on for a while.
  const auto now = std::chrono::steady_clock::now;
  const auto until = now() + patience;
  std::size_t forwarded = 0;
  for (auto since = now(); now() - since < milliseconds(300) && now() < until;)
    if (const auto count = upstream.requests().size(); count != std::exchange(forwarded, count))
      since = now();
  CHECK(forwarded > 100);
  CHECK(forwarded < exchanges);
  limit_files(gateway, RLIM_INFINITY);
  client.join();
  CHECK(good == exchanges);
  const auto records = gateway.records();
  const auto counts = count(records);
  CHECK(counts.lines == exchanges);
  CHECK(counts.dropped == 0);
  CHECK(std::ranges::any_of(
      records, [](const Record& record) { return record.number("queue_us") > 100'000; }));
}

TEST_CASE("records that cannot be written at the end are said, and the exit status is 1") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  limit_files(gateway, 0);
  CHECK(gateway.client().exchange(good_get()).status == 200);
  CHECK(gateway.stop() == 1);
  CHECK(gateway.printed().find("could not be written") != std::string::npos);
}

TEST_CASE("each request of a connection has the hash of its own bearer token") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  {
    auto client = gateway.client();
    for (const auto* token : {"one", "one", "two", "one"})
      CHECK(client
                .exchange(request("GET", std::string(path) + "?" + std::string(good_query),
                                  {std::string("Authorization: Bearer ") + token}))
                .status == 200);
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 4);
  const auto hash = [&](std::size_t i) { return records[i].text("bearer_token"); };
  CHECK(hash(0).starts_with("hmac-sha256:"));
  CHECK(hash(1) == hash(0));
  CHECK(hash(2) != hash(0));
  CHECK(hash(3) == hash(0));
}
