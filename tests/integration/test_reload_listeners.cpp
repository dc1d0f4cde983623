// Listeners that come and go with SIGHUP, under load: nobody is refused by one that stays, and what
// one that goes has begun ends in order.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/load.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

const std::string any_port = "  - address: 127.0.0.1:0\n";

std::string replaced(std::string text, std::string_view old, std::string_view by) {
  const auto at = text.find(old);
  REQUIRE(at != text.npos);
  return text.replace(at, old.size(), by);
}

// The port of the first "SCHEME://ADDRESS:PORT" in a line of the log.
std::uint16_t port_in(const std::string& line) {
  const auto digits = line.find(':', line.find("://") + 3) + 1;
  return static_cast<std::uint16_t>(std::stoul(line.substr(digits)));
}

void reload(RunningGateway& gateway, const std::string& config) {
  gateway.folder().write("prefgate.yaml", config);
  gateway.send(SIGHUP);
}

bool is_refused(std::uint16_t port) {
  try {
    const Client client(port);
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

// New connections, one after the other, until told to stop: none may be refused.
class Newcomers {
 public:
  explicit Newcomers(std::uint16_t port)
      : thread_([this, port] {
          try {
            for (; !stopping_; ++served_)
              if (Client(port).exchange(good_get()).status != 200) return;
          } catch (const std::exception&) {
            refused_ = true;
          }
        }) {}
  ~Newcomers() { stop(); }
  Newcomers(const Newcomers&) = delete;

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t served() const { return served_; }
  bool refused() const { return refused_; }

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> refused_ = false;
  std::atomic<std::size_t> served_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("under load listeners come and go, and one that stays refuses nobody") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.audit = "{on_full: block}", .workers = 2});
  const auto before = read_file(gateway.config());
  const auto with_another = replaced(before, any_port, any_port + any_port);
  Load load(gateway);
  Newcomers newcomers(gateway.port());
  std::size_t on_others = 0;
  for (int i = 0; i < 5; ++i) {
    load.wait_for_more(50);
    reload(gateway, with_another);
    const auto port = port_in(gateway.wait_for("listening on http://"));
    gateway.wait_for("SIGHUP: in force");
    CHECK(Client(port).exchange(good_get()).status == 200);
    auto idle = Client(port);
    CHECK(idle.exchange(good_get()).status == 200);
    on_others += 2;
    reload(gateway, before);
    CHECK(port_in(gateway.wait_for("listening no more on http://")) == port);
    gateway.wait_for("SIGHUP: in force");
    CHECK(idle.is_closed());
    CHECK_FALSE(idle.was_reset());
    CHECK(is_refused(port));
  }
  load.wait_for_more(50);
  load.stop();
  newcomers.stop();
  CHECK_MESSAGE(load.faults() == 0, gateway.printed());
  CHECK_FALSE(newcomers.refused());
  CHECK(newcomers.served() > 0);
  CHECK(gateway.records().size() == load.answered() + newcomers.served() + on_others);
}

TEST_CASE("what a listener that goes has begun is answered, with `Connection: close`") {
  Gate gate;
  ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      if (!peer.send(ScriptedUpstream::ok())) return;
    }
  });
  RunningGateway gateway(upstream.url());
  auto going = gateway.client();
  auto staying = gateway.tls_client();
  auto half = gateway.client();
  const auto whole = good_post();
  half.send(whole.substr(0, 40));
  going.send(good_get());
  staying.send(good_get());
  upstream.wait_for_requests(2);
  reload(gateway, replaced(read_file(gateway.config()), any_port, ""));
  gateway.wait_for("SIGHUP: in force");
  CHECK(is_refused(gateway.port()));
  gate.open();
  half.send(whole.substr(40));
  for (auto* client : {&going, &half}) {
    const auto answer = client->receive();
    CHECK(answer.status == 200);
    CHECK(answer.field("connection") == "close");
    CHECK(client->is_closed());
    CHECK_FALSE(client->was_reset());
  }
  CHECK_FALSE(staying.receive().has("connection"));
  CHECK(staying.exchange(good_get()).status == 200);
}

TEST_CASE("an address that is taken refuses the whole reload, and is named with its line") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  const auto before = read_file(gateway.config());
  const auto taken = "127.0.0.1:" + std::to_string(upstream.port());
  auto next = replaced(before, any_port, any_port + any_port + "  - address: " + taken + "\n");
  reload(gateway, replaced(next, "limits: {}", "limits: {body: 1B}"));
  const auto line = gateway.wait_for("cannot listen on");
  CHECK(line.find("prefgate.yaml:4:14: cannot listen on 127.0.0.1 port " +
                  std::to_string(upstream.port()) + ": Address already in use") != line.npos);
  gateway.wait_for("SIGHUP: not taken over, what was in force stays");
  CHECK(gateway.printed().find("SIGHUP: in force") == std::string::npos);
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(gateway.client().exchange(good_post()).status == 200);
  // Nothing is left of it: the same configuration without that address is taken.
  reload(gateway, replaced(before, any_port, any_port + any_port));
  const auto port = port_in(gateway.wait_for("listening on http://"));
  gateway.wait_for("SIGHUP: in force");
  CHECK(Client(port).exchange(good_get()).status == 200);
  CHECK(client.exchange(good_get()).status == 200);
}

TEST_CASE("a listener that gets TLS keeps its port, and its clear connections end") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const auto before = read_file(gateway.config());
  const auto pair =
      before.substr(before.find("    tls: "), before.find("}\n") + 2 - before.find("    tls: "));
  auto client = gateway.client();
  CHECK(client.exchange(good_get()).status == 200);
  const auto here = "  - address: 127.0.0.1:" + std::to_string(gateway.port()) + "\n";
  reload(gateway, replaced(before, any_port, here + pair));
  CHECK(port_in(gateway.wait_for("listening on https://")) == gateway.port());
  gateway.wait_for("SIGHUP: in force");
  CHECK(client.is_closed());
  auto secure = Client(gateway.port(), Tls{});
  CHECK(secure.exchange(good_get()).status == 200);
  reload(gateway, replaced(before, any_port, here));
  CHECK(port_in(gateway.wait_for("listening on http://")) == gateway.port());
  gateway.wait_for("SIGHUP: in force");
  CHECK(secure.is_closed());
  CHECK(gateway.client().exchange(good_get()).status == 200);
}

TEST_CASE("the log's level and format are those of the reload") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const auto before = read_file(gateway.config());
  reload(gateway, before + "log: {format: json}\n");
  gateway.wait_for(R"("level":"info","message":"SIGHUP: in force)");
  reload(gateway, before);
  gateway.wait_for(" info SIGHUP: in force");
}
