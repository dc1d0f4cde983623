// What needs no name server; the rest is in tests/integration/test_name_server.cpp.
#include "proxy/resolver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <utility>

#include <boost/asio/ip/udp.hpp>

#include "proxy/net.hpp"

namespace {

using namespace std::chrono_literals;
using namespace proxy;

const Endpoint nobody{"127.0.0.1", 1};

// What a resolver publishes first.
class First {
 public:
  std::function<void(ResolutionPtr)> taker() {
    return [this](const ResolutionPtr& known) {
      if (!std::exchange(taken_, true)) first_.set_value(known);
    };
  }
  ResolutionPtr wait() {
    auto known = first_.get_future();
    REQUIRE(known.wait_for(20s) == std::future_status::ready);
    return known.get();
  }

 private:
  std::promise<ResolutionPtr> first_;
  bool taken_ = false;  // the resolver's thread's own
};

TEST_CASE("a name is looked up again when its time to live is over, within bounds") {
  struct Row {
    std::chrono::seconds lives, asked_after;
  };
  for (const auto& [lives, asked_after] : {Row{-1s, 1s},
                                           {0s, 1s},
                                           {1s, 1s},
                                           {2s, 2s},
                                           {300s, 300s},
                                           {3600s, 3600s},
                                           {3601s, 3600s},
                                           {2147483647s, 3600s}}) {
    CAPTURE(lives.count());
    CHECK(next_look_up(lives) == asked_after);
  }
}

TEST_CASE("after a failure it is tried again soon, then less often") {
  std::vector<long> waits;
  for (const unsigned failures : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 1'000'000U})
    waits.push_back(next_try(failures).count());
  CHECK(waits == std::vector<long>{1, 2, 4, 8, 16, 30, 30, 30});
}

TEST_CASE("an address in the URL or in the configuration needs no look-up") {
  UpstreamConfig config;
  config.host = "api.example";
  config.port = 8443;
  CHECK(given_addresses(config).empty());
  config.addresses = {{"10.0.0.1", 1}, {"10.0.0.2", 2}};
  CHECK(given_addresses(config) == config.addresses);
  config.addresses.clear();
  for (const std::string host : {"127.0.0.1", "::1"}) {
    config.host = host;
    CHECK(given_addresses(config) == std::vector<Endpoint>{{host, 8443}});
  }
}

TEST_CASE("the name of this machine is known without a name server") {
  UpstreamConfig config;
  config.host = "localhost";
  config.port = 8443;
  config.resolver = nobody;
  First first;
  LookUps look_ups;
  Resolver resolver(config, first.taker(), look_ups);
  resolver.start();
  const auto resolution = first.wait();
  CHECK(resolution->fault == "");
  const Endpoint expected{"127.0.0.1", 8443};
  CHECK(std::ranges::find(resolution->addresses, expected) != resolution->addresses.end());
  CHECK(std::ranges::is_sorted(resolution->addresses));
  CHECK(look_ups.succeeded.get() >= 1);
}

TEST_CASE("where no name server can be reached the reason says so") {
  UpstreamConfig config;
  config.host = "api.test";
  config.resolver = nobody;
  First first;
  LookUps look_ups;
  Resolver resolver(config, first.taker(), look_ups);
  resolver.start();
  const auto resolution = first.wait();
  CHECK(resolution->addresses.empty());
  CHECK(resolution->fault == "api.test: no name server can be reached");
  CHECK(look_ups.failed.get() >= 1);
}

TEST_CASE("one that was never started asks nobody, and ends") {
  UpstreamConfig config;
  config.host = "localhost";
  LookUps look_ups;
  {
    const Resolver resolver(config, [](const ResolutionPtr&) { CHECK(false); }, look_ups);
  }
  CHECK(look_ups.succeeded.get() + look_ups.failed.get() == 0);
}

TEST_CASE("a name server that is silent does not hold up the end") {
  asio::io_context context;
  asio::ip::udp::socket silent(context, {asio::ip::address_v4::loopback(), 0});
  UpstreamConfig config;
  config.host = "api.test";
  config.resolver = Endpoint{"127.0.0.1", silent.local_endpoint().port()};
  std::chrono::steady_clock::time_point end;
  {
    LookUps look_ups;
    Resolver resolver(config, [](const ResolutionPtr&) {}, look_ups);
    resolver.start();
    silent.wait(asio::socket_base::wait_read);  // until it has asked
    end = std::chrono::steady_clock::now();
  }
  CHECK(std::chrono::steady_clock::now() - end < 1500ms);  // it would wait for 2 s and 4 s
}

}  // namespace
