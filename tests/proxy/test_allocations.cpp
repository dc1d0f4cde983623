// The promise: a keep-alive request on the governed path asks the heap for nothing, once everything
// is warm. Counted on the worker's own thread, by every road to the heap.
#include <doctest/doctest.h>

#include <thread>

#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/fake_upstream.hpp"
#include "tests/support/policy.hpp"
#include "tests/support/test_gateway.hpp"

namespace {

using tests::FakeUpstream;
using tests::TestGateway;

struct Case {
  std::string what;
  std::string request;
  int status;
};

std::vector<Case> cases() {
  const std::vector<std::string> fields{
      "Authorization: Bearer " + std::string(1200, 't'),
      "User-Agent: TeslaApp/4.17.0-1566/043f9a8590/android/12",
      "X-Tesla-User-Agent: TeslaApp/4.17.0-1566/043f9a8590/android/12",
      "X-TXID: 0f7d0d9b-3b3f-4c5e-8a0e-1f1b6c6b8c11",
      "Accept: */*",
      "Content-Type: application/json; charset=utf-8",
  };
  const std::string path(tests::path);
  const std::string misspelt =
      "?locale=en&device_token=abc%3Adef&device_type=ios&platfrom=iOS&app_version=4.17";
  const std::string wrong =
      R"({"locale":"en","device_token":"","platform":"windows","app_version":"4.17",)"
      R"("notification_preferences":{"alarm":"perhaps","key_added":null}})";
  const auto make = [&](auto... parts) { return tests::request(parts...); };
  return {
      {"a GET that is repaired", make("GET", path + misspelt, fields), 200},
      {"a POST of 17 names", make("POST", path, fields, tests::app_body(17)), 200},
      {"a POST of 105 names", make("POST", path, fields, tests::app_body(105)), 200},
      {"a pretty POST of 105 names", make("POST", path, fields, tests::app_body(105, true)), 200},
      {"the page's POST, mangled", make("POST", path, fields, tests::page_body()), 200},
      {"a POST that is rejected", make("POST", path, fields, wrong), 422},
      {"a GET without a token", make("GET", path + misspelt, std::vector<std::string>{}), 401},
      {"another path", make("GET", "/api/1/vehicles", fields), 200},
  };
}

void check_no_allocations(TestGateway& gateway, tests::Client client) {
  constexpr int warm = 8;
  constexpr int counted = 200;
  for (const auto& [what, request, status] : cases()) {
    CAPTURE(what);
    const auto exchange = [&] { return client.exchange(request).status == status; };
    bool as_expected = true;
    for (int i = 0; i < warm; ++i) as_expected &= exchange();
    const auto before = gateway.allocations();
    for (int i = 0; i < counted; ++i) as_expected &= exchange();
    CHECK(gateway.allocations() - before == 0);
    CHECK(as_expected);
    CHECK(gateway.records(warm + counted).size() == warm + counted);
  }
}

std::string answer(const std::string& request) {
  return FakeUpstream::ok(request.starts_with("GET") ? R"({"response":{"alarm":true}})" : "");
}

// What is stored differs from the policy in three ways.
std::string drifted(const std::string& request) {
  auto text = FakeUpstream::ok(
      request.starts_with("GET") ? R"({"response":{"alarm":false,"x_complete":true}})" : "");
  return text.insert(text.find("Content-Length"), "Content-Type: application/json\r\n");
}

TEST_CASE("a warm request asks the heap for nothing, clear text on both sides" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(answer);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  check_no_allocations(gateway, gateway.client());
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a warm request asks the heap for nothing, TLS on both sides" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(answer, &world.server);
  TestGateway gateway(TestGateway::config(upstream.port(), true), world);
  check_no_allocations(gateway, gateway.tls_client());
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a warm request asks the heap for nothing under a policy, hashes of devices included" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(drifted);
  auto config = TestGateway::config(upstream.port());
  config.filters.policy =
      tests::with_policy(
          "version: 1\ngroups:\n  here: {network: 127.0.0.0/8, client_san: [\"*.example\"]}\n"
          "  bench: {devices: bench.txt}\nrules:\n"
          "  - {id: a, mode: enforce, rollout: 50%, force: {alarm: true, not_seen: true}}\n"
          "  - {id: b, mode: enforce, when: {group: here}, forbid: [\"*_complete\"]}\n"
          "  - {id: c, mode: enforce, when: {group: bench}, deny: {message: no}}\n",
          {{{"bench.txt", tests::PlainHash().text("nobody") + "\n"}}})
          .policy;
  config.policy_digest = "sha256:" + std::string(64, 'a');
  for (const auto answers : {filters::Answers::observe, filters::Answers::governed}) {
    config.filters.answers = answers;
    TestGateway gateway(config, world);
    check_no_allocations(gateway, gateway.client());
  }
}

TEST_CASE("a warm request asks the heap for nothing at any level of the audit" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(drifted);
  for (const auto level : {filters::RecordLevel::metadata, filters::RecordLevel::full}) {
    auto config = TestGateway::config(upstream.port());
    config.audit.levels = {level, {{"", "repair.*", filters::RecordLevel::full}}};
    TestGateway gateway(std::move(config), world);
    check_no_allocations(gateway, gateway.client());
  }
}

TEST_CASE("a warm request asks the heap for nothing under a rate limit, within or beyond it" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(answer);
  for (const auto per : {filters::Per::address, filters::Per::token, filters::Per::device})
    for (const std::uint64_t burst : {1U, 1'000'000U}) {
      CAPTURE(burst);
      auto config = TestGateway::config(upstream.port());
      config.filters.rate_limit = {.mode = filters::Mode::warn,
                                   .per = per,
                                   .rate = {1, std::chrono::hours{1}},
                                   .burst = burst};
      TestGateway gateway(std::move(config), world);
      check_no_allocations(gateway, gateway.client());
    }
}

// Here the test is the audit writer, too: see AuditNews.
TEST_CASE("a warm request asks the heap for nothing while it waits for its record to be durable" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(answer);
  auto config = TestGateway::config(upstream.port());
  config.audit.durability = proxy::Durability::request;
  TestGateway gateway(std::move(config), world);
  const std::jthread writer([&](const std::stop_token& stop) {
    auto& ring = gateway.ring();
    while (!stop.stop_requested()) {
      if (ring.depth() == 0) continue;
      ring.drain([](std::string_view) { return true; });
      ring.news().made_durable(ring.taken());
    }
  });
  auto client = gateway.client();
  for (const auto& [what, request, status] : cases()) {
    CAPTURE(what);
    bool as_expected = true;
    // Blocks go from one thread to the other, so that it takes a while until each has enough of
    // them.
    for (int i = 0; i < 300; ++i) as_expected &= client.exchange(request).status == status;
    const auto before = gateway.allocations();
    for (int i = 0; i < 200; ++i) as_expected &= client.exchange(request).status == status;
    CHECK(gateway.allocations() - before <= 2);  // one of 200 requests may still find them there
    CHECK(as_expected);
  }
}

// More at once than Asio keeps coroutine frames for. How far they
// overlap is chance, so what is asked for must not grow with the requests.
TEST_CASE("32 exchanges at a time ask the heap for nothing more, the more there are" *
          doctest::skip(!tests::counts_allocations())) {
  constexpr std::size_t at_once = 32;
  constexpr int warm = 10;
  constexpr int rounds = 50;
  const tests::TlsWorld world;
  FakeUpstream upstream(answer);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  const auto request = cases()[1].request;
  std::vector<tests::Client> clients;
  for (std::size_t i = 0; i < at_once; ++i) clients.push_back(gateway.client());
  std::size_t before = 0;
  bool as_expected = true;
  for (int round = 0; round < warm + rounds; ++round) {
    if (round == warm) before = gateway.allocations();
    for (auto& client : clients) client.send(request);
    for (auto& client : clients) as_expected &= client.receive().status == 200;
  }
  CHECK(as_expected);
  CHECK(upstream.connections() > 8);
  CHECK(gateway.allocations() - before < at_once * rounds / 10);
}

TEST_CASE("a sanitizer has a heap of its own, in which nothing can be counted" *
          doctest::skip(tests::counts_allocations())) {
  MESSAGE("skipped: that a warm request asks the heap for nothing");
}

// That the counter counts at all on the worker's thread: a new connection cannot be free.
TEST_CASE("a new connection is seen to ask the heap" *
          doctest::skip(!tests::counts_allocations())) {
  const tests::TlsWorld world;
  FakeUpstream upstream(answer);
  TestGateway gateway(TestGateway::config(upstream.port()), world);
  const auto before = gateway.allocations();
  auto client = gateway.client();
  CHECK(client.exchange(tests::request("GET", "/")).status == 200);
  CHECK(gateway.allocations() > before);
}

}  // namespace
