// Which sockets a reload opens, keeps and gives up.
#include "proxy/live_listeners.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <set>

using namespace proxy;

namespace {

Listen clear(std::uint16_t port = 0, std::string host = "127.0.0.1") {
  return {std::move(host), port, {}};
}

Listen secure(std::uint16_t port = 0) {
  return {"127.0.0.1", port, TlsFiles{.certificate = "a", .private_key = "b", .client_ca = {}}};
}

// As the server does it: opened, in force, and each worker has its part.
std::vector<std::vector<ListenOn>> reload(LiveListeners& live, const std::vector<Listen>& wanted,
                                          std::size_t workers = 2) {
  live.take_over(live.open(wanted));
  std::vector<std::vector<ListenOn>> parts;
  for (std::size_t i = 0; i < workers; ++i) parts.push_back(live.hand_out(i));
  return parts;
}

std::vector<std::size_t> ids(const LiveListeners& live) {
  std::vector<std::size_t> all;
  for (const auto& place : live.places()) all.push_back(place.id);
  return all;
}

std::uint16_t port_of(const LiveListeners::Place& place) {
  return static_cast<std::uint16_t>(std::stoul(place.address.substr(place.address.rfind(':') + 1)));
}

// Free now, and nobody's for as long as a test runs.
std::pair<std::uint16_t, std::uint16_t> free_ports() {
  LiveListeners two(1);
  two.take_over(two.open({clear(), clear()}));
  return {port_of(two.places()[0]), port_of(two.places()[1])};
}

using Ids = std::vector<std::size_t>;

}  // namespace

TEST_CASE("each worker gets a socket of its own for each listener, with one port") {
  LiveListeners live(2);
  const auto parts = reload(live, {clear(), secure()});
  CHECK(ids(live) == Ids{0, 1});
  std::set<int> sockets;
  for (const auto& part : parts) {
    REQUIRE(part.size() == 2);
    for (std::size_t i = 0; i < part.size(); ++i) {
      CHECK(part[i].id == i);
      REQUIRE(part[i].socket);
      sockets.insert(part[i].socket.number());
      sockaddr_in at{};
      socklen_t size = sizeof at;
      REQUIRE(::getsockname(part[i].socket.number(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
      CHECK(ntohs(at.sin_port) == port_of(live.places()[i]));
    }
  }
  CHECK(sockets.size() == 4);
}

TEST_CASE("a listener is the same where its address is: it keeps its id, and gets no socket") {
  struct Case {
    std::string what;
    std::vector<Listen> before, after;
    Ids kept;              // after
    std::set<int> opened;  // positions
  };
  const auto [a, b] = free_ports();
  const Case cases[] = {
      {"nothing changes", {clear(a), secure(b)}, {clear(a), secure(b)}, {0, 1}, {}},
      {"their order", {clear(a), secure(b)}, {secure(b), clear(a)}, {1, 0}, {}},
      {"TLS instead of clear text", {clear(a)}, {secure(a)}, {0}, {}},
      {"one more", {clear(a)}, {clear(a), secure(b)}, {0, 1}, {1}},
      {"one more, in front", {clear(a)}, {secure(b), clear(a)}, {1, 0}, {0}},
      {"one less", {clear(a), secure(b)}, {secure(b)}, {1}, {}},
      {"one for another", {clear(a)}, {clear(b)}, {1}, {0}},
      {"any port stays what it is", {clear(), secure()}, {clear(), secure()}, {0, 1}, {}},
      {"of several with any port the first", {clear(), clear()}, {clear()}, {0}, {}},
      {"any port, one more in the middle",
       {clear(), secure()},
       {clear(), clear(), secure()},
       {0, 2, 1},
       {1}},
      {"any port, and now TLS", {clear()}, {secure()}, {0}, {}},
      {"any port, one more", {clear()}, {clear(), clear()}, {0, 1}, {1}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    LiveListeners live(1);
    const auto held = reload(live, each.before, 1);
    const auto parts = reload(live, each.after, 1);
    CHECK(ids(live) == each.kept);
    for (std::size_t i = 0; i < each.after.size(); ++i) {
      CHECK(static_cast<bool>(parts[0][i].socket) == each.opened.contains(static_cast<int>(i)));
      CHECK(live.places()[i].tls == each.after[i].tls.has_value());
    }
  }
}

TEST_CASE("a port that was chosen may be given from now on") {
  LiveListeners live(1);
  const auto held = reload(live, {clear()}, 1);
  const auto address = live.places()[0].address;
  const auto parts = reload(live, {secure(port_of(live.places()[0]))}, 1);
  CHECK(ids(live) == Ids{0});
  CHECK_FALSE(parts[0][0].socket);
  CHECK(live.places()[0].address == address);
}

TEST_CASE("an id is never given twice") {
  LiveListeners live(1);
  reload(live, {clear()});
  reload(live, {clear(0, "127.0.0.2")});
  reload(live, {clear()});
  CHECK(ids(live) == Ids{2});
}

TEST_CASE("an address that is taken is named with its place, and nothing has changed") {
  LiveListeners other(1);
  const auto taken = reload(other, {clear()}, 1);
  const auto port = port_of(other.places()[0]);
  LiveListeners live(2);
  const auto held = reload(live, {clear()});
  const auto before = ids(live);
  const std::vector<Listen> wanted{clear(), clear(0, "127.0.0.2"), secure(port)};
  try {
    live.open(wanted);
    FAIL("it was opened");
  } catch (const ListenFault& fault) {
    CHECK(fault.listener == 2);
    CHECK(fault.what() ==
          "cannot listen on 127.0.0.1 port " + std::to_string(port) + ": Address already in use");
  }
  CHECK(ids(live) == before);
}

TEST_CASE("a wider address than one that is open is refused, and why is said") {
  const auto port = free_ports().first;
  LiveListeners live(1);
  const auto held = reload(live, {clear(port)}, 1);
  CHECK_THROWS_WITH_AS(live.open({clear(port, "0.0.0.0")}),
                       doctest::Contains(("this gateway has 127.0.0.1:" + std::to_string(port) +
                                          " itself until another reload takes it away")
                                             .c_str()),
                       ListenFault);
}
