// FakeUpstream: an upstream in this process, for tests of the data path: reads whole requests,
// clear or under TLS, and answers each with the bytes the test's function gives. Owned by a test;
// runs on a thread of its own until it goes. It understands framing and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proxy/stream.hpp"

namespace tests {

class FakeUpstream {
 public:
  // Called on the upstream's thread with a request's bytes, head and body as they came. What it
  // returns is sent; `hang_up` in front of it: and then the connection is closed.
  using Answer = std::function<std::string(const std::string& request)>;
  static constexpr std::string_view hang_up = "\x01";

  // `tls` is null for clear text.
  explicit FakeUpstream(Answer answer, const proxy::TlsContext* tls = nullptr);
  ~FakeUpstream();
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }  // accepted so far
  std::vector<std::string> requests() const;                // so far

  // 200 with this body and a length.
  static std::string ok(std::string_view body);

 private:
  proxy::Task<> accept();
  proxy::Task<> serve(proxy::Socket socket);

  Answer answer_;
  const proxy::TlsContext* tls_;
  proxy::asio::io_context context_{1};
  proxy::Watchdog watchdog_{context_};
  proxy::Acceptor acceptor_;
  std::uint16_t port_;
  std::atomic<std::size_t> connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tests
