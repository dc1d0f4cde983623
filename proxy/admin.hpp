// Admin: the listener for operators, away from the data path: a thread and a loop of its own, clear
// text, GET and HEAD alone, as strict as the data path. Whatever comes to it, there are at most
// `connections`, each with a bounded head and bounded times; one more takes the place of the one
// that has kept it waiting longest, so that nobody can lock an operator out by doing nothing. It
// knows nothing of what its pages say. Owned by the server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/net.hpp"
#include "proxy/watchdog.hpp"

namespace proxy {

class AdminConnection;

// One page: `render` is called on the admin's thread for each request.
struct AdminPage {
  struct Content {
    int status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string body;
  };
  std::string_view path;  // exactly
  std::function<Content()> render;
};

// Bounds on whoever connects.
struct AdminLimits {
  std::size_t connections = 32;
  std::size_t head = 8 * 1024;
  std::size_t fields = 64;
  std::size_t target = 1024;
  milliseconds request{5'000};  // from its first byte until its head is whole; to take the answer
  milliseconds idle{30'000};    // between requests
};

class Admin {
 public:
  // Listens at once, and serves after `start`. Throws std::runtime_error that says where it cannot
  // listen, why, and what to do.
  Admin(const AdminConfig& place, std::vector<AdminPage> pages, const AdminLimits& limits = {});
  ~Admin();  // stops
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  std::uint16_t port() const { return port_; }
  void start();
  // Ends every connection and the thread.
  void stop();

 private:
  friend class AdminConnection;
  Task<> accept();
  void make_room();

  const std::vector<AdminPage> pages_;
  const AdminLimits limits_;
  asio::io_context context_{1};
  Watchdog watchdog_{context_};
  Acceptor acceptor_{context_};
  const std::uint16_t port_;  // where that listens
  Timer pause_{context_};     // after an error of accepting
  std::vector<AdminConnection*> connections_;
  std::thread thread_;
};

}  // namespace proxy
