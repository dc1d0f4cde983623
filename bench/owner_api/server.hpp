// Server: the stand-in's listeners and threads. Each thread has its own event loop and its own
// socket on every address (SO_REUSEPORT), so that a connection never leaves its thread.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/owner_api/service.hpp"

namespace owner_api {

struct ServerOptions {
  std::vector<std::string> listen;      // "127.0.0.1:0", clear text
  std::vector<std::string> listen_tls;  // the same, TLS
  std::string certificate;              // PEM files
  std::string private_key;
  std::string client_ca;  // given: clients must show a certificate
  unsigned threads = 1;
};

class Server {
 public:
  // Binds every address; throws where that or a certificate fails.
  Server(const ServerOptions& options, Service& service);
  ~Server();
  // "https://127.0.0.1:8443": with the real ports, in the order given, clear ones first.
  const std::vector<std::string>& urls() const { return urls_; }
  // Until SIGTERM or SIGINT.
  void run();

 private:
  void load_certificates(const ServerOptions& options);
  void listen(const std::string& address, bool tls);
  proxy::Task<> accept(proxy::Acceptor& acceptor, bool tls);
  proxy::Task<> serve(proxy::Socket socket, bool tls);

  Service& service_;
  std::optional<asio::ssl::context> tls_;
  std::atomic<std::uint64_t> connections_{0};
  std::vector<std::unique_ptr<asio::io_context>> loops_;
  std::vector<std::unique_ptr<proxy::Acceptor>> acceptors_;
  std::vector<std::string> urls_;
};

}  // namespace owner_api
