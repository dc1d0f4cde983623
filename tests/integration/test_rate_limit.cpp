// A rate limit over the wire. One request an hour in the long run: no test is slow enough for that
// to matter, so how many pass is the burst alone.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// Two workers share the connections, as the kernel hands them out.
GatewaySetup limited(const std::string& rest) {
  GatewaySetup setup;
  setup.workers = 2;
  setup.more = "filters: {rate_limit: {rate: 1/h, burst: 5, " + rest + "}}\n";
  return setup;
}

std::string get_with_token(const std::string& token) {
  return request("GET", std::string(path) + "?" + std::string(good_query),
                 {"Authorization: Bearer " + token});
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

// Sends all at once, each on a connection of its own.
std::vector<Answer> answers(const RunningGateway& gateway, const std::vector<std::string>& each) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < each.size(); ++i) clients.push_back(gateway.client());
  for (std::size_t i = 0; i < each.size(); ++i) clients[i].send(each[i]);
  std::vector<Answer> all;
  for (auto& client : clients) all.push_back(client.receive());
  return all;
}

std::ptrdiff_t passed(const std::vector<Answer>& all) {
  return std::ranges::count(all, 200, &Answer::status);
}

void check_refusals(const std::vector<Answer>& all) {
  for (const auto& answer : all) {
    if (answer.status == 200) {
      CHECK_FALSE(answer.has("RateLimit-Limit"));
      continue;
    }
    CHECK(answer.status == 429);
    const auto wait = std::stoi(answer.field("Retry-After"));
    CHECK(wait > 3000);
    CHECK(wait <= 3600);
    CHECK(answer.field("RateLimit-Limit") == "5");
    CHECK(answer.field("RateLimit-Remaining") == "0");
    CHECK(answer.field("RateLimit-Reset") == answer.field("Retry-After"));
    CHECK(answer.field("x-prefgate-origin") == "gateway");
    CHECK(answer.body.starts_with(R"({"response":null,"error":"too many requests: try again in )"));
  }
}

}  // namespace

TEST_CASE("of requests with one token, over two workers at once, exactly a burst passes") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), limited("per: token, mode: enforce"));
  for (const auto token : {"first", "second"}) {
    const auto all = answers(gateway, std::vector(24, get_with_token(token)));
    CHECK(passed(all) == 5);
    check_refusals(all);
  }
  CHECK(upstream.requests().size() == 10);
}

TEST_CASE("a device is one, in a query and in a body, misspelt or not, and the record says why") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), limited("per: device, mode: enforce"));
  const auto get = good_get();
  const auto misspelt = replaced(get, "device_token=abc%3Adef", "deviceToken=abc:def");
  std::vector<std::string> mixed;
  for (int i = 0; i < 8; ++i)
    for (const auto& one : {get, good_post(), misspelt}) mixed.push_back(one);
  const auto all = answers(gateway, mixed);
  CHECK(passed(all) == 5);
  check_refusals(all);
  const auto other = replaced(good_post(), "abc:def", "abc:xyz");
  CHECK(passed(answers(gateway, std::vector(8, other))) == 5);
  CHECK(upstream.requests().size() == 10);

  const auto records = gateway.records();
  REQUIRE(records.size() == 32);
  std::size_t refused = 0;
  for (const auto& record : records) {
    if (record.text("decision") == "forwarded") continue;
    ++refused;
    CHECK(record.text("reason") == "rate_limit");
    CHECK(record.text("detail").starts_with("try again in "));
    CHECK(record.text("device_token").starts_with("hmac-sha256:"));
    const auto& violation = record.json["violations"][0];
    CHECK(std::string(violation["rule"].GetString()) == "rate_limit.device");
    CHECK(violation["secret"].IsTrue());
  }
  CHECK(refused == 22);
}

TEST_CASE("by address a POST is refused before its body is sent, and another path is not counted") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), limited("per: address, mode: enforce"));
  CHECK(passed(answers(gateway, std::vector(12, good_get()))) == 5);
  auto client = gateway.client();
  const auto post = good_post();
  client.send(std::string_view(post).substr(0, post.find("\r\n\r\n") + 4));
  CHECK(client.receive().status == 429);
  const auto vehicles = request("GET", "/api/1/vehicles", app_fields);
  CHECK(passed(answers(gateway, std::vector(12, vehicles))) == 12);
  CHECK(upstream.requests().size() == 17);
}

TEST_CASE("a limit in warn lets everything pass, and says which requests were beyond it") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), limited("per: token, mode: warn"));
  const auto all = answers(gateway, std::vector(12, good_get()));
  CHECK(passed(all) == 12);
  CHECK(std::ranges::count_if(all, [](const Answer& answer) {
          return answer.field("x-prefgate-rules") == "rate_limit.token";
        }) == 7);
  const auto records = gateway.records();
  const auto findings =
      std::ranges::count_if(records, [](const Record& record) { return record.has("findings"); });
  CHECK(findings == 7);
}
