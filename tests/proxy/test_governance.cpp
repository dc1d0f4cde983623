// What an exchange is judged by: the governance in force when it began, whole, to its record.
#include "proxy/governance.hpp"

#include <doctest/doctest.h>

#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/fake_upstream.hpp"
#include "tests/support/policy.hpp"
#include "tests/support/test_gateway.hpp"

using namespace tests;

namespace {

const std::vector<std::string> fields{"Authorization: Bearer abc",
                                      "Content-Type: application/json"};

// Under a rule of that name, that forces `alarm`; its digest is the letter.
proxy::Config governed_by(std::uint16_t port, const std::string& id, bool value, char letter) {
  auto config = TestGateway::config(port);
  config.filters.policy =
      with_policy(policy_of("  - {id: " + id + ", mode: enforce, force: {alarm: " +
                            (value ? "true" : "false") + "}}\n"))
          .policy;
  config.policy_digest = std::string(8, letter);
  return config;
}

std::string policy_in(const std::string& record) {
  const std::string_view name = R"("policy":")";
  const auto at = record.find(name);
  return at == record.npos ? "" : record.substr(at + name.size(), 8);
}

bool sent(const std::string& request, std::string_view part) {
  return request.find(part) != request.npos;
}

}  // namespace

TEST_CASE("an exchange is judged and recorded by what was in force when it began") {
  const TlsWorld world;
  FakeUpstream upstream([](const std::string&) { return FakeUpstream::ok("{}"); });
  TestGateway gateway(governed_by(upstream.port(), "old", false, 'a'), world);
  const auto post = request("POST", path, fields, good_body);

  auto slow = gateway.client();
  auto idle = gateway.client();
  CHECK(idle.exchange(post).field("x-prefgate-rules") == "policy.old");
  CHECK(policy_in(gateway.records(1).at(0)) == "aaaaaaaa");
  slow.send(post.substr(0, post.size() - 5));
  gateway.settle();
  // What `old` was made of is freed meanwhile, but for what `slow` holds.
  gateway.adopt(governed_by(upstream.port(), "new", true, 'b'));
  // An idle connection has the new one with its next request.
  CHECK(idle.exchange(post).field("x-prefgate-rules") == "");
  CHECK(policy_in(gateway.records(1).at(0)) == "bbbbbbbb");
  slow.send(post.substr(post.size() - 5));
  CHECK(slow.receive().field("x-prefgate-rules") == "policy.old");
  const auto record = gateway.records(1).at(0);
  CHECK(policy_in(record) == "aaaaaaaa");
  CHECK(sent(record, R"("rule":"policy.old")"));
  const auto requests = upstream.requests();
  REQUIRE(requests.size() == 3);
  CHECK(sent(requests[0], R"("alarm":false)"));
  CHECK(sent(requests[1], R"("alarm":true)"));
  CHECK(sent(requests[2], R"("alarm":false)"));
}

TEST_CASE("what governs is let go with the last exchange that began under it") {
  const TlsWorld world;
  FakeUpstream upstream([](const std::string&) { return FakeUpstream::ok("{}"); });
  auto config = governed_by(upstream.port(), "old", false, 'a');
  const std::weak_ptr<const filters::PolicyRules> rules = config.filters.policy;
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  gateway.adopt(config);
  config = {};
  auto client = gateway.client();
  const auto post = request("POST", path, fields, good_body);
  client.send(post.substr(0, post.size() - 5));
  gateway.settle();
  gateway.adopt(TestGateway::config(upstream.port()));
  CHECK_FALSE(rules.expired());
  client.send(post.substr(post.size() - 5));
  CHECK(client.receive().status == 200);
  gateway.settle();
  CHECK(rules.expired());
}

TEST_CASE("other paths and the contract change with it") {
  const TlsWorld world;
  FakeUpstream upstream([](const std::string&) { return FakeUpstream::ok("{}"); });
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  auto client = gateway.client();
  const auto other = request("GET", "/api/1/vehicles", fields);
  CHECK(client.exchange(other).status == 200);
  auto config = TestGateway::config(upstream.port());
  config.forward_other_paths = false;
  gateway.adopt(config);
  CHECK(client.exchange(other).status == 404);
}

TEST_CASE("a warm request asks the heap for nothing after a change of what governs, either" *
          doctest::skip(!counts_allocations())) {
  const TlsWorld world;
  FakeUpstream upstream([](const std::string&) { return FakeUpstream::ok("{}"); });
  TestGateway gateway(governed_by(upstream.port(), "old", false, 'a'), world);
  auto client = gateway.client();
  const auto post = request("POST", path, fields, good_body);
  for (int i = 0; i < 8; ++i) client.exchange(post);
  gateway.adopt(governed_by(upstream.port(), "new", true, 'b'));
  gateway.settle();
  const auto before = gateway.allocations();
  for (int i = 0; i < 100; ++i) client.exchange(post);
  CHECK(gateway.allocations() == before);
}

TEST_CASE("a count apart is another count of the same governance, and keeps it") {
  auto first = std::make_shared<const proxy::Governance>(proxy::Config{});
  const auto* const governance = first.get();
  const std::weak_ptr<const proxy::Governance> seen = first;
  auto apart = proxy::counted_apart(first);
  const auto copy = apart;  // NOLINT: what is counted
  CHECK(apart.get() == governance);
  CHECK(first.use_count() == 2);
  CHECK(apart.use_count() == 2);
  first.reset();
  CHECK_FALSE(seen.expired());
}
