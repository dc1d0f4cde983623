// The times in a record, measured by the running gateway: none is lost, and each is within the one
// around it.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

// "/long" gets more than the gateway holds.
ScriptedUpstream::Script answering() {
  return [](Peer& peer) {
    for (auto got = peer.request(); !got.empty(); got = peer.request()) {
      const std::string body(got.find("/long") == got.npos ? 2 : 300'000, 'x');
      peer.send("HTTP/1.1 200 OK\r\nx-request-id: c0ffee\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  };
}

void check_times(const Record& record) {
  const auto first_byte = record.number("first_byte_us");
  const auto upstream = record.number("upstream.duration_us");
  CHECK(first_byte > 0);
  CHECK(upstream >= first_byte);
  CHECK(record.number("duration_us") >= upstream);
  CHECK(record.text("upstream.request_id") == "c0ffee");
}

}  // namespace

// Former bug: under `durability: request` the upstream had always taken 0.
TEST_CASE(
    "a record says how long each phase took, also where it is made before the answer leaves") {
  for (const std::string durability : {"none", "batch", "request"}) {
    CAPTURE(durability);
    const bool before = durability == "request";
    const ScriptedUpstream upstream(answering());
    RunningGateway gateway(upstream.url(), {.audit = "{durability: " + durability + "}"});
    {
      auto client = gateway.client();
      CHECK(client.exchange(good_post()).status == 200);
      CHECK(client.exchange(good_post()).status == 200);
      CHECK(client.exchange(request("GET", "/long")).status == 200);
      CHECK(client.exchange(request("GET", path)).status == 401);
    }
    const auto records = gateway.records();
    REQUIRE(records.size() == 4);
    for (const auto* record : {&records[0], &records[1], &records[2]}) check_times(*record);
    // Nobody knows how long an answer takes to leave before it does. Of one that streams nothing
    // may be left at its end.
    for (const auto* record : {&records[0], &records[1]})
      CHECK((record->number("write_us") > 0) == !before);
    CHECK(records[2].text("ending") == (before ? "begun" : "answered"));
    CHECK(records[0].number("chain_us") > 0);
    CHECK_FALSE(records[2].has("chain_us"));  // the contract does not govern it
    const auto connect = records[0].number("connect_us");
    CHECK(connect > 0);
    CHECK(records[0].number("upstream.duration_us") >=
          connect + records[0].number("first_byte_us"));
    CHECK_FALSE(records[1].has("connect_us"));
    CHECK(records[1].flag("upstream.reused"));
    for (const auto* name :
         {"connect_us", "first_byte_us", "upstream.duration_us", "upstream.request_id"})
      CHECK_FALSE(records[3].has(name));  // refused: the upstream was not asked
  }
}

TEST_CASE("an upstream that breaks off, or is never there, has the time it took, too") {
  ScriptedUpstream upstream([](Peer& peer) {
    const auto got = peer.request();
    if (got.find("/half") != got.npos)
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe");
  });
  for (const std::string durability : {"batch", "request"}) {
    CAPTURE(durability);
    RunningGateway gateway(upstream.url(), {.audit = "{durability: " + durability + "}"});
    CHECK_THROWS(gateway.client().exchange(request("GET", "/half")));
    CHECK(gateway.client().exchange(request("GET", "/nothing")).status == 502);
    const auto records = gateway.records();
    REQUIRE(records.size() == 2);
    for (const auto& record : records) CHECK(record.number("upstream.duration_us") > 0);
  }
}
