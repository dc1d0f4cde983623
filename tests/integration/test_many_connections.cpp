// Many connections on which nothing happens, and more than there are descriptors for.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "tests/support/draws.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// Of this process and the programs it starts; what there are then.
std::size_t raise_descriptors(rlim_t wanted) {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit more{wanted, std::max(wanted, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return wanted;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit.rlim_cur;
}

// What the gateway may have from now on.
void limit_descriptors(pid_t process, rlim_t count) {
  rlimit limit{};
  REQUIRE(::prlimit(process, RLIMIT_NOFILE, nullptr, &limit) == 0);
  limit.rlim_cur = count;
  REQUIRE(::prlimit(process, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

}  // namespace

TEST_CASE("beside thousands of idle connections requests are served as ever") {
  constexpr std::size_t others = 600;  // descriptors, of a process that has the crowd on one side
  const std::size_t wanted = std::getenv("PREFGATE_LONG") ? 20'000 : 2'000;
  const auto crowd = std::min(wanted, raise_descriptors(wanted + others) - others);
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.limits = "{connections: 40000, idle: 10min}"});
  const auto memory = gateway.peak_memory();
  std::vector<Client> idle;
  for (std::size_t i = 0; i < crowd; ++i) {
    idle.push_back(i % 10 == 0 ? gateway.tls_client() : gateway.client());
    if (i % 10 < 2) CHECK(idle.back().exchange(good_get()).status == 200);
  }
  for (int i = 0; i < 50; ++i) {
    CHECK(gateway.client().exchange(good_post()).status == 200);
    CHECK(gateway.tls_client().exchange(good_get()).status == 200);
  }
  CHECK(scrape(gateway)["prefgate_client_connections"] >= static_cast<double>(crowd));
  // The last in the crowd and the first are there as ever.
  for (const std::size_t i : {std::size_t{0}, crowd / 2, crowd - 1})
    CHECK(idle[i].exchange(good_post()).status == 200);
  // One in ten is under TLS: a bound that a buffer left with each of them would break.
  if (!sanitized) CHECK((gateway.peak_memory() - memory) / crowd < 12 * 1024);
}

TEST_CASE("a connection that has rested serves what comes, whole or byte by byte") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url());
  std::vector<Client> clients;
  for (int i = 0; i < 2; ++i) clients.push_back(gateway.client());
  for (int i = 0; i < 2; ++i) clients.push_back(gateway.tls_client());
  CHECK_FALSE(clients[0].is_closed(milliseconds{1'400}));  // longer than until it rests
  const auto two = good_post() + long_post();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CAPTURE(i);
    const std::size_t single = i % 2 == 0 ? 0 : 200;  // bytes that come one by one
    for (std::size_t at = 0; at < single; ++at) clients[i].send(two.substr(at, 1));
    clients[i].send(two.substr(single));
    CHECK(clients[i].receive().status == 200);
    CHECK(clients[i].receive().status == 200);
  }
}

TEST_CASE("an empty line before a request is let pass before a connection sleeps, and after") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url());
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    auto before = tls ? gateway.tls_client() : gateway.client();
    auto half = tls ? gateway.tls_client() : gateway.client();
    auto after = tls ? gateway.tls_client() : gateway.client();
    before.send("\r\n");
    half.send("\r");
    CHECK_FALSE(before.is_closed(milliseconds{1'400}));
    half.send("\n");
    after.send("\r\n");
    for (auto* client : {&before, &half, &after}) CHECK(client->exchange(good_get()).status == 200);
  }
}

TEST_CASE("who leaves while his connection sleeps is not counted any more") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  const RunningGateway gateway(upstream.url());
  const auto count = [&] { return scrape(gateway)["prefgate_client_connections"]; };
  {
    const auto clear = gateway.client();
    auto tls = gateway.tls_client();
    CHECK_FALSE(tls.is_closed(milliseconds{1'400}));
    CHECK(count() == 2);
  }
  const auto until = std::chrono::steady_clock::now() + tests::patience;
  while (count() > 0 && std::chrono::steady_clock::now() < until) {
  }
  CHECK(count() == 0);
}

TEST_CASE("a connection that rests is closed when its time is over, and not before") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url(), {.limits = "{idle: 1500ms}"});
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    auto client = tls ? gateway.tls_client() : gateway.client();
    const auto begun = std::chrono::steady_clock::now();
    CHECK(client.exchange(good_get()).status == 200);
    CHECK_FALSE(client.is_closed(milliseconds{1'200}));
    if (!tls) client.send("\r\n");  // wakes it, and is no request
    CHECK(client.is_closed());
    CHECK(std::chrono::steady_clock::now() - begun >= milliseconds{1'500});
  }
}

// The undefined-behaviour sanitizer looks at memory through a pipe of its own, for which none is
// left either: it then takes any object for a broken one.
TEST_CASE("without a descriptor left, who comes waits, and is served when there is one again" *
          doctest::skip(sanitized)) {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto early = gateway.client();
  CHECK(early.exchange(good_get()).status == 200);
  limit_descriptors(gateway.process().id(), 64);
  std::vector<Client> crowd;
  for (int i = 0; i < 100; ++i) crowd.push_back(gateway.client());
  const auto line = gateway.wait_for("no connection can be accepted: ");
  CHECK(line.find("Too many open files; those that come wait") != line.npos);
  CHECK(early.exchange(good_post()).status == 200);
  auto patient = gateway.client();
  patient.send(good_get());
  crowd.clear();
  CHECK(patient.receive().status == 200);
  CHECK(gateway.client().exchange(good_get()).status == 200);
  CHECK(scrape(gateway)[R"(prefgate_client_connections_refused_total{reason="descriptors"})"] >= 1);
}

TEST_CASE("connections beyond the limit are counted, and a line of the log says why they close") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url(), {.limits = "{connections: 2}"});
  const auto one = gateway.client();
  const auto two = gateway.client();
  for (int i = 0; i < 5; ++i) CHECK(gateway.client().is_closed());
  gateway.wait_for("a connection was closed at once: there are limits.connections, 2, already");
  CHECK(scrape(gateway)[R"(prefgate_client_connections_refused_total{reason="limit"})"] == 5);
}

TEST_CASE("connections that have waited too long, while others did, are closed at once") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.limits = "{queue: 2s}"});
  const auto is_served_after_a_stall = [&] {
    gateway.send(SIGSTOP);
    auto client = gateway.client();
    client.send(good_get());
    CHECK_FALSE(client.is_closed(milliseconds{1'100}));  // it stands still
    gateway.send(SIGCONT);
    try {
      return client.receive().status == 200;
    } catch (const std::exception&) {
      return false;
    }
  };
  CHECK(is_served_after_a_stall());  // a stall is no overload
  // Stalls that follow each other are; but on a slow machine they may be too far apart for once.
  int served = 1;
  while (served < 20 && is_served_after_a_stall()) ++served;
  CHECK(served < 20);
  gateway.wait_for("it had waited to be accepted for longer than half of limits.queue, 2s");
  CHECK(scrape(gateway)[R"(prefgate_client_connections_refused_total{reason="queue"})"] == 1);
  CHECK(gateway.client().exchange(good_get()).status == 200);
}

TEST_CASE("a limit on descriptors that is too low is told at the start, with what is needed") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  const RunningGateway gateway(upstream.url(), {.limits = "{connections: 1000000}"});
  CHECK(gateway.printed().find("is too low for limits.connections and upstream.pool: 1000320 are "
                               "needed; raise it (ulimit -n, LimitNOFILE=)") != std::string::npos);
}
