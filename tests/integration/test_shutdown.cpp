// The end: of the gateway, by signals, under load; and of the upstream, by kill -9 in mid-traffic.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Clock = std::chrono::steady_clock;

namespace {

// What the session allows an idle connection when the gateway goes down.
constexpr milliseconds last_chance{500};

std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::unique_ptr<Process> start_owner_api(std::uint16_t port) {
  return std::make_unique<Process>(std::vector<std::string>{binary("owner-api"), "--listen",
                                                            "127.0.0.1:" + std::to_string(port)});
}

// One client thread's view. Read when the thread has ended.
struct Result {
  std::size_t answered = 0;
  std::vector<std::string> faults;
};

// Sends until its connection closes, or nothing listens any more.
void send_until_the_end(const RunningGateway& gateway, bool tls, const std::atomic<bool>& stopping,
                        std::atomic<std::size_t>& answered, Result& result) {
  const std::array requests{good_get(), good_post(), request("GET", "/api/1/x", {app_fields[0]})};
  while (!stopping) {
    std::unique_ptr<Client> client;
    try {
      client = std::make_unique<Client>(tls ? gateway.tls_client() : gateway.client());
    } catch (const std::exception&) {
      if (!stopping) result.faults.emplace_back("a connection failed before the end");
      return;
    }
    auto heard = Clock::now();
    bool told = false;
    bool accepted = false;  // a connection can die in the queue of a socket that closes
    while (!told) {
      bool sent = false;
      try {
        client->send(requests[result.answered % requests.size()]);
        sent = true;
        const auto answer = client->receive();
        if (answer.status != 200)
          result.faults.push_back("status " + std::to_string(answer.status));
        told = answer.field("connection") == "close";
        accepted = true;
        ++result.answered;
        ++answered;
      } catch (const std::exception& error) {
        // Only a connection that was idle for as long may be closed unannounced.
        if (!stopping || (accepted && Clock::now() - heard < last_chance))
          result.faults.push_back(std::string(sent ? "sent, " : "") + error.what());
        return;
      }
      heard = Clock::now();
    }
    if (!client->is_closed()) result.faults.emplace_back("open after Connection: close");
  }
}

}  // namespace

TEST_CASE("SIGTERM under load: what was accepted is answered and recorded, and the end is clean") {
  const auto upstream = start_owner_api(0);
  const auto port = port_in(upstream->line());
  RunningGateway gateway("http://127.0.0.1:" + std::to_string(port), {.workers = 2});
  auto idle = gateway.client();  // must not hold the end up
  REQUIRE(idle.exchange(good_get()).status == 200);
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> answered = 0;
  std::array<Result, 8> results;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back(
        [&, i] { send_until_the_end(gateway, i % 2 == 1, stopping, answered, results[i]); });
  const auto until = Clock::now() + 3 * patience;
  while (answered < 1'000 && Clock::now() < until) std::this_thread::yield();
  stopping = true;
  gateway.send(SIGTERM);
  for (auto& thread : threads) thread.join();
  CHECK(idle.is_closed());
  CHECK(gateway.wait() == 0);
  std::size_t exchanges = 1;
  for (const auto& result : results) {
    exchanges += result.answered;
    for (const auto& fault : result.faults) CHECK_MESSAGE(false, fault);
  }
  CHECK(exchanges >= 1'001);
  const auto records = gateway.records();
  CHECK(records.size() == exchanges);
  for (const auto& record : records) CHECK(record.text("ending") == "answered");
  CHECK(gateway.printed().find("every record is written") != std::string::npos);
  CHECK(gateway.printed().find("without a record") == std::string::npos);
  CHECK(gateway.printed().find("answered with 503") == std::string::npos);
}

TEST_CASE("SIGTERM waits for what is in flight, and answers it") {
  Gate gate;
  ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      peer.send(ScriptedUpstream::ok());
    }
  });
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  auto uploading = gateway.client();
  const auto post = good_post();
  uploading.send(post.substr(0, post.size() - 5));
  client.send(good_get());
  upstream.wait_for_requests(1);
  gateway.send(SIGTERM);
  // It is down when nobody can connect any more.
  const auto until = Clock::now() + patience;
  try {
    while (Clock::now() < until) gateway.client();
    FAIL("it still listens");
  } catch (const std::system_error&) {  // NOLINT: what it waits for
  }
  uploading.send(post.substr(post.size() - 5));
  gate.open();
  for (auto* each : {&client, &uploading}) {
    const auto answer = each->receive();
    CHECK(answer.status == 200);
    CHECK(answer.field("connection") == "close");
    CHECK(each->is_closed());
  }
  CHECK(gateway.wait() == 0);
  std::size_t answered = 0;
  for (const auto& record : gateway.records())
    if (record.number("http.response.status_code") == 200) ++answered;
  CHECK(answered == 2);
}

TEST_CASE("idle connections and silent handshakes do not hold the end up") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(gateway.client());
  clients.push_back(gateway.tls_client());
  for (auto& client : clients) CHECK(client.exchange(good_get()).status == 200);
  clients.emplace_back(gateway.tls_port());  // says nothing
  clients.push_back(gateway.client());       // likewise
  SUBCASE("that are new") {}
  SUBCASE("that sleep") CHECK_FALSE(clients[0].is_closed(milliseconds{1'400}));
  gateway.send(SIGTERM);
  for (auto& client : clients) CHECK(client.is_closed());
  // Not a word of the 30 seconds it would wait for what is in flight.
  CHECK(gateway.wait() == 0);
  CHECK(gateway.printed().find("still in flight") == std::string::npos);
}

TEST_CASE("a second SIGTERM ends what is in flight at once") {
  ScriptedUpstream upstream([](ScriptedUpstream::Peer& peer) {
    peer.request();
    peer.wait_for_end();
  });
  // All of these are longer than the test waits.
  RunningGateway gateway(upstream.url(), {.timeouts = "{total: 1h, first_byte: 1h, idle: 1h}",
                                          .pool = "{connections: 1, idle: 1}"});
  auto waits_for_answer = gateway.client();
  waits_for_answer.send(good_get());
  upstream.wait_for_requests(1);
  auto waits_in_line = gateway.tls_client();
  waits_in_line.send(good_post());
  auto sends = gateway.client();
  sends.send(good_post().substr(0, 20));
  gateway.send(SIGTERM);
  const auto until = Clock::now() + patience;
  while (gateway.printed().find("finishing what is in flight") == std::string::npos &&
         Clock::now() < until)
    std::this_thread::yield();
  gateway.send(SIGTERM);
  CHECK(gateway.wait() == 0);
  CHECK(gateway.records().size() >= 1);
}

TEST_CASE("former bug: SIGTERM right after it says it is ready is a clean end") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  for (int i = 0; i < 10; ++i) {
    RunningGateway gateway(upstream.url());
    CHECK(gateway.stop() == 0);
  }
}

TEST_CASE(
    "the upstream is killed in mid-traffic: everybody is answered, and it recovers by itself") {
  auto upstream = start_owner_api(0);
  const auto port = port_in(upstream->line());
  RunningGateway gateway("http://127.0.0.1:" + std::to_string(port), {.workers = 2});
  std::atomic<bool> enough = false;
  std::atomic<std::size_t> good = 0;
  std::atomic<std::size_t> bad = 0;
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      try {
        auto client = i % 2 == 0 ? gateway.client() : gateway.tls_client();
        for (int n = i; !enough; ++n) {
          const auto answer = client.exchange(n % 2 == 0 ? good_get() : good_post());
          const auto delivery = answer.field("x-prefgate-delivery");
          if (answer.status == 200)
            ++good;
          else if ((answer.status == 502 || answer.status == 504) &&
                   (delivery == "no" || delivery == "unknown"))
            ++bad;
          else
            ++wrong;
        }
      } catch (const std::exception&) {
        ++wrong;
      }
    });
  const auto wait_for = [](const std::atomic<std::size_t>& count, std::size_t least) {
    const auto until = Clock::now() + patience;
    while (count < least && Clock::now() < until) std::this_thread::yield();
    CHECK(count >= least);
  };
  wait_for(good, 200);
  upstream->send(SIGKILL);
  upstream->wait();
  wait_for(bad, 50);
  upstream = start_owner_api(port);
  CHECK(port_in(upstream->line()) == port);
  wait_for(good, good + 200);
  enough = true;
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  std::size_t refused = 0;
  const auto records = gateway.records();
  CHECK(records.size() == good + bad);
  for (const auto& record : records)
    if (record.number("http.response.status_code") != 200) ++refused;
  CHECK(refused == bad);
}
