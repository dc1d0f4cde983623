#include "proxy/listener.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <system_error>

#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr milliseconds pause_length{100};
constexpr int backlog = 4096;

[[noreturn]] void fail(int socket, const std::string& what) {
  const auto error = errno;
  if (socket >= 0) ::close(socket);
  throw std::system_error(error, std::system_category(), what);
}

std::string name_of(const asio::ip::tcp::endpoint& endpoint) {
  return "cannot listen on " + endpoint.address().to_string() + " port " +
         std::to_string(endpoint.port());
}

int open_socket(const asio::ip::tcp::endpoint& endpoint, const std::string& name) {
  const int socket = ::socket(endpoint.protocol().family(),
                              SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) fail(socket, name);
  return socket;
}

// How long it has been in the kernel's queue: since the client's last data has come, or where none
// has, since there is a connection.
milliseconds waited_to_be_accepted(Socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return milliseconds{info.tcpi_last_data_recv};
}

}  // namespace

void check_address_is_free(const std::string& host, std::uint16_t port) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(host), port);
  const auto name = name_of(endpoint);  // now: Asio clears errno when it makes it
  const int socket = open_socket(endpoint, name);
  const int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
    fail(socket, name);
  ::close(socket);
}

int open_listening_socket(const std::string& host, std::uint16_t& port) {
  asio::ip::tcp::endpoint endpoint(asio::ip::make_address(host), port);
  const auto name = name_of(endpoint);
  const int socket = open_socket(endpoint, name);
  const int on = 1;
  for (const int option : {SO_REUSEADDR, SO_REUSEPORT})
    if (::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) != 0) fail(socket, name);
  if (::bind(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
    fail(socket, name);
  if (::listen(socket, backlog) != 0) fail(socket, name);
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(socket, endpoint.data(), &size) != 0) fail(socket, name);
  endpoint.resize(size);
  port = endpoint.port();
  return socket;
}

Listener::Listener(Worker& worker, ListenOn place, const TlsContext* tls)
    : worker_(worker),
      id_(place.id),
      acceptor_(worker.context()),
      pause_(worker.context()),
      tls_(tls) {
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(place.socket.number(), endpoint.data(), &size) != 0)
    throw std::system_error(errno, std::system_category(), "getsockname");
  endpoint.resize(size);
  acceptor_.assign(endpoint.protocol(), place.socket.release());
}

void Listener::accept() {
  acceptor_.async_accept(worker_.context(), [this](error_code error, Socket socket) {
    if (!error) {
      hand_on(std::move(socket));
      if (acceptor_.is_open()) accept();
    } else if (error == asio::error::connection_aborted) {
      if (acceptor_.is_open()) accept();  // the client has gone while it was queued
    } else if (error != asio::error::operation_aborted && acceptor_.is_open()) {
      worker_.not_accepted(error);
      pause_.expires_after(pause_length);
      pause_.async_wait([this](error_code stopped) {
        if (!stopped && acceptor_.is_open()) accept();
      });
    }
  });
}

void Listener::hand_on(Socket socket) {
  if (queue_.sheds(std::chrono::steady_clock::now(), waited_to_be_accepted(socket),
                   worker_.limits().queue))
    return worker_.shed_connection();
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  worker_.accepted(std::move(socket), *this);
}

void Listener::close() {
  error_code error;
  acceptor_.non_blocking(true, error);
  while (!error) {
    Socket socket(worker_.context());
    acceptor_.accept(socket, error);
    if (!error) hand_on(std::move(socket));
  }
  acceptor_.close(error);
  pause_.cancel();
}

}  // namespace proxy
