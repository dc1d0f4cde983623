#include "tests/support/test_gateway.hpp"

#include <future>

#include "tests/support/allocations.hpp"

namespace tests {

namespace {

proxy::HmacKey fixed_key() {
  const std::vector<unsigned char> bytes(32, 7);
  return proxy::HmacKey(bytes);
}

}  // namespace

proxy::Config TestGateway::config(std::uint16_t port, bool tls) {
  proxy::Config config;
  config.upstream.tls = tls;
  config.upstream.host = "127.0.0.1";
  config.upstream.port = port;
  config.upstream.authority = "127.0.0.1:" + std::to_string(port);
  return config;
}

TestGateway::TestGateway(proxy::Config config, const TlsWorld& world)
    : world_(world),
      config_(std::move(config)),
      key_(fixed_key()),
      shared_{config_, tls_, key_, connections_} {
  if (config_.upstream.tls) tls_.upstream = {std::shared_ptr<void>(), &world.client};
  tls_.listeners = {nullptr,
                    std::make_shared<const proxy::TlsContext>(world.server_with(world.leaf))};
  std::vector<proxy::ListenOn> places(2);
  places[0] = {0, proxy::Descriptor(proxy::open_listening_socket("127.0.0.1", port_))};
  places[1] = {1, proxy::Descriptor(proxy::open_listening_socket("127.0.0.1", tls_port_))};
  worker_ = std::make_unique<proxy::Worker>(
      shared_, 0, std::make_shared<const proxy::Governance>(config_), ring_, std::move(places));
  worker_->start();
  settle();
}

TestGateway::~TestGateway() {
  worker_->stop();
  worker_->drain([] {});
  worker_->join();
}

Client TestGateway::tls_client() const {
  return Client(tls_port_, {.ca = world_.ca.certificate, .name = "localhost"});
}

std::vector<std::string> TestGateway::records(std::size_t least) {
  std::vector<std::string> all;
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    ring_.drain([&](std::string_view record) {
      all.emplace_back(record);
      return true;
    });
  } while (all.size() < least && std::chrono::steady_clock::now() < end);
  return all;
}

void TestGateway::adopt(const proxy::Config& config) {
  std::promise<void> done;
  worker_->adopt(std::make_shared<const proxy::Governance>(config), [&] { done.set_value(); });
  done.get_future().wait();
}

void TestGateway::settle() {
  // Twice: what the first round finds under way may ask for a turn of its own.
  for (int i = 0; i < 2; ++i) {
    std::promise<void> done;
    proxy::asio::post(worker_->context(), [&] {
      allocations_ = &allocation_counter();
      done.set_value();
    });
    done.get_future().wait();
  }
}

}  // namespace tests
