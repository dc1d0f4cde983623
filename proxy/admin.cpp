#include "proxy/admin.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "proxy/admin_connection.hpp"
#include "proxy/listener.hpp"

namespace proxy {
namespace {

constexpr milliseconds pause_length{100};

asio::ip::tcp::endpoint open(const AdminConfig& place, Acceptor& acceptor) {
  auto port = place.port;
  try {
    check_address_is_free(place.host, port);
    const int socket = open_listening_socket(place.host, port);
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(place.host), port);
    acceptor.assign(endpoint.protocol(), socket);
    return endpoint;
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("admin.address: ") + error.what() +
                             "; give it another one, or `admin: {address: none}`");
  }
}

}  // namespace

Admin::Admin(const AdminConfig& place, std::vector<AdminPage> pages, const AdminLimits& limits)
    : pages_(std::move(pages)), limits_(limits), port_(open(place, acceptor_).port()) {}

Admin::~Admin() {
  stop();
}

void Admin::start() {
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

void Admin::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (auto* connection : connections_) connection->close();
  });
  thread_.join();
}

Task<> Admin::accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(context_, as_result);
    if (!error) {
      make_room();
      auto connection = std::make_unique<AdminConnection>(*this, std::move(socket));
      asio::co_spawn(
          context_,
          [](std::unique_ptr<AdminConnection> owned) -> Task<> {
            co_await owned->run();
          }(std::move(connection)),
          asio::detached);
    } else if (error != asio::error::connection_aborted && acceptor_.is_open()) {
      pause_.expires_after(pause_length);  // no descriptors, no memory
      co_await pause_.async_wait(as_result);
    }
  }
}

// Every connection waits for its client, for a request or for an answer to be taken. The newest has
// had the least time for it, so the oldest goes. It leaves the list when its coroutine ends.
void Admin::make_room() {
  const auto open = std::ranges::count_if(connections_, &AdminConnection::is_open);
  if (static_cast<std::size_t>(open) < limits_.connections) return;
  const auto oldest = std::ranges::min_element(connections_, {}, [](const auto* each) {
    return std::pair(!each->is_open(), each->waits_since());
  });
  if (oldest != connections_.end()) (*oldest)->close();
}

}  // namespace proxy
