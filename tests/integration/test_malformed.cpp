// Bytes that two readers could take for two different messages, and bytes that are no HTTP, over
// the wire: refused, the connection closed, recorded, and never forwarded. Beside each family stand
// the nearest messages that are right: they get through, so the table can fail. The rows are in
// tests/conformance.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/wire_rows.hpp"

using namespace tests;

namespace {

std::vector<WireRow> rows_that(auto condition) {
  std::vector<WireRow> rows;
  for (const auto* name : {"bodies.txt", "heads.txt"})
    for (auto& row : wire_rows(name))
      if (condition(row)) rows.push_back(std::move(row));
  return rows;
}

std::vector<WireRow> refused_rows() {
  return rows_that([](const WireRow& row) { return row.refused() && row.statuses[0] != 408; });
}

bool never_ends(const WireRow& row) {
  return !row.statuses.empty() && row.statuses[0] == 408;
}

std::string reason_for(int status) {
  return status == 414   ? "target_too_long"
         : status == 417 ? "expectation"
         : status == 431 ? "head_too_large"
                         : "malformed_request";
}

std::size_t lines_with(const std::string& head, std::string_view start) {
  std::size_t count = 0;
  for (auto at = head.find(start); at != head.npos; at = head.find(start, at + 1)) ++count;
  return count;
}

// What arrived can be taken for one message alone: one Host, at most one length, one reading of
// every line.
bool one_way_to_read(const std::string& request) {
  const auto end = request.find("\r\n\r\n");
  if (end == request.npos) return false;
  const auto head = request.substr(0, end + 2);
  const auto line_ends = lines_with(head, "\r\n");
  const auto odd = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\r' && c != '\n') ||
           c == '\x7F';
  };
  return lines_with(head, "\r") == line_ends && lines_with(head, "\n") == line_ends &&
         lines_with(head, "\n ") + lines_with(head, "\n\t") == 0 &&
         std::ranges::none_of(head, odd) && lines_with(head, "\r\nHost: ") == 1 &&
         lines_with(head, "\r\nContent-Length: ") +
                 lines_with(head, "\r\nTransfer-Encoding: chunked\r\n") <=
             1;
}

}  // namespace

TEST_CASE("the tables of malformed requests are there, and whole") {
  CHECK(rows_that([](const WireRow&) { return true; }).size() >= 300);
  CHECK(refused_rows().size() >= 200);
}

TEST_CASE("malformed HTTP is refused, its connection closed, and the upstream never reached") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const auto rows = refused_rows();
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto client = gateway.client();
    client.send(row.bytes);
    const auto answer = client.receive();
    CHECK(answer.status == row.statuses[0]);
    CHECK(answer.field("connection") == "close");
    CHECK(answer.field("x-prefgate-origin") == "gateway");
    CHECK(answer.body.starts_with(R"({"response":null,"error":")"));
    CHECK(client.is_closed());
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == rows.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(rows[i].what);
    CHECK(records[i].number("http.response.status_code") == rows[i].statuses[0]);
    CHECK(records[i].text("decision") == "rejected");
    CHECK(records[i].text("reason") == reason_for(rows[i].statuses[0]));
  }
}

TEST_CASE("a request smuggled behind a malformed one is never seen") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const auto rows = refused_rows();
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto client = gateway.client();
    client.send(row.bytes + request("GET", "/api/1/smuggled"));
    CHECK(client.receive().status >= 400);
    CHECK(client.receive_all().empty());
  }
  CHECK(gateway.records().size() == rows.size());
}

TEST_CASE("their neighbours are right, and arrive") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const auto rows = rows_that([](const WireRow& row) {
    return std::ranges::all_of(row.statuses, [](int status) { return status < 300; }) && !row.cut &&
           !row.ends;
  });
  std::size_t messages = 0;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto client = gateway.client();
    client.send(row.bytes);
    for (const int status : row.statuses) CHECK(client.receive().status == status);
    messages += row.statuses.size();
  }
  CHECK(upstream.requests().size() == messages);
  CHECK(upstream.connections() == 1);
  CHECK(gateway.records().size() == messages);
}

TEST_CASE("of whatever is sent, what the upstream gets is whole, once, and can be read one way") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  std::size_t messages = 0;
  for (const auto& row :
       rows_that([](const WireRow& row) { return !row.refused() && !never_ends(row); })) {
    CAPTURE(row.what);
    auto client = gateway.client();
    client.send(row.bytes);
    if (row.ends) client.finish_sending();
    for (const int status : row.statuses) {
      CHECK(client.receive().status == status);
      if (status < 300) ++messages;
    }
    const bool last_refused = !row.statuses.empty() && row.statuses.back() >= 400;
    if (row.ends || last_refused) CHECK(client.receive_all().empty());
    CHECK(upstream.requests().size() == messages);
  }
  CHECK(gateway.stop() == 0);
  CHECK(upstream.requests().size() == messages);
  for (const auto& each : upstream.requests()) {
    CAPTURE(each);
    CHECK(one_way_to_read(each));
  }
}

TEST_CASE("what never ends is refused after limits.request, and never forwarded as if it had") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.limits = "{request: 1s}"});
  const auto rows = rows_that(never_ends);
  std::vector<Client> clients;
  for (const auto& row : rows) {
    clients.push_back(gateway.client());
    clients.back().send(row.bytes);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i].what);
    CHECK(clients[i].receive().status == 408);
    CHECK(clients[i].is_closed());
  }
  CHECK(gateway.records().size() == rows.size());
  CHECK(upstream.requests().empty());
}
