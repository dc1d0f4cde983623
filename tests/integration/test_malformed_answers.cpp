// Answers of the upstream that are no HTTP, can be read in two ways or end too early: the client
// gets 502, or the right answer, or one that is visibly cut off; never a byte of somebody else's.
// The rows are in tests/conformance.
#include <doctest/doctest.h>

#include <mutex>

#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/wire_rows.hpp"

using namespace tests;

namespace {

// Answers each request as the test has said last, then closes.
class Replies {
 public:
  void set(std::string answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  ScriptedUpstream::Script script() {
    return [this](ScriptedUpstream::Peer& peer) {
      if (peer.request().empty()) return;
      const std::lock_guard lock(mutex_);
      peer.send(answer_);
    };
  }

 private:
  std::mutex mutex_;
  std::string answer_;
};

std::vector<WireRow> rows_that(auto condition) {
  auto rows = wire_rows("answers.txt");
  std::erase_if(rows, [&](const WireRow& row) { return !condition(row); });
  REQUIRE(rows.size() >= 5);
  return rows;
}

}  // namespace

TEST_CASE("an answer that cannot be passed on becomes 502, and no byte of it reaches the client") {
  Replies replies;
  ScriptedUpstream upstream(replies.script());
  RunningGateway gateway(upstream.url());
  const auto rows = rows_that([](const WireRow& row) { return row.statuses[0] == 502; });
  auto client = gateway.client();
  for (const auto& row : rows) {
    CAPTURE(row.what);
    replies.set(row.bytes);
    for (const auto& bytes : {good_post(), request("GET", "/api/1/x")}) {
      const auto got = client.exchange(bytes);
      CHECK(got.status == 502);
      CHECK(got.field("x-prefgate-origin") == "gateway");
      CHECK(got.field("x-prefgate-delivery") == "unknown");
      CHECK(got.body.starts_with(R"({"response":null,"error":")"));
    }
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 2 * rows.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& row = rows[i / 2];
    CAPTURE(row.what);
    CHECK(records[i].text("upstream.failure") ==
          (row.section == "Closed too early" ? "closed" : "garbled"));
    CHECK(records[i].text("decision") == "forwarded");
    CHECK(records[i].text("delivery") == "unknown");
    CHECK(records[i].number("http.response.status_code") == 502);
  }
  CHECK(upstream.requests().size() == 2 * rows.size());
}

TEST_CASE("what is right is passed on, and the next answer is the next request's own") {
  Replies replies;
  ScriptedUpstream upstream(replies.script());
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  const auto rows =
      rows_that([](const WireRow& row) { return !row.cut && row.statuses[0] != 502; });
  for (const auto& row : rows) {
    CAPTURE(row.what);
    replies.set(row.bytes);
    const auto got = client.exchange(request("GET", "/api/1/x"));
    CHECK(got.status == row.statuses[0]);
    CHECK(got.field("x-prefgate-origin") != "gateway");
    CHECK(got.body != "evil");
    replies.set(ScriptedUpstream::ok("next"));
    CHECK(client.exchange(request("GET", "/api/1/next")).body == "next");
  }
  CHECK(gateway.records().size() == 2 * rows.size());
}

TEST_CASE("half of a long answer is cut off, and must not look whole") {
  Replies replies;
  ScriptedUpstream upstream(replies.script());
  RunningGateway gateway(upstream.url());
  const auto rows = rows_that([](const WireRow& row) { return row.cut; });
  for (const auto& row : rows) {
    CAPTURE(row.what);
    replies.set(row.bytes);
    auto client = gateway.client();
    CHECK_THROWS(client.exchange(request("GET", "/x")));
    auto secure = gateway.tls_client();
    CHECK_THROWS(secure.exchange(request("GET", "/x")));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 2 * rows.size());
  for (const auto& record : records) CHECK(record.text("ending") == "upstream_aborted");
}
