// TestGateway: one Worker of the gateway in this process, with a clear listener and a TLS one, in
// front of an upstream of the test's. Its ring is drained by the test: no audit writer, no file.
// Owned by a test, used from its thread; ends every connection when it goes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proxy/worker.hpp"
#include "tests/support/client.hpp"
#include "tests/support/tls_peers.hpp"

namespace tests {

class TestGateway {
 public:
  // A config that forwards to 127.0.0.1:`port`.
  static proxy::Config config(std::uint16_t port, bool tls = false);

  TestGateway(proxy::Config config, const TlsWorld& world);
  ~TestGateway();
  TestGateway(const TestGateway&) = delete;
  TestGateway& operator=(const TestGateway&) = delete;

  Client client() const { return Client(port_); }
  Client tls_client() const;
  std::uint16_t tls_port() const { return tls_port_; }

  // The records committed since the last call; waits for at least so many.
  std::vector<std::string> records(std::size_t least = 0);
  // Of the worker's thread so far: see tests/support/allocations.hpp.
  std::size_t allocations() const { return *allocations_; }
  // Until the worker has done all that it was asked to before.
  void settle();
  proxy::Worker& worker() { return *worker_; }
  // For a test that drains it itself, and then does not ask for `records`.
  proxy::AuditRing& ring() { return ring_; }
  // What governs by this configuration is in force when it returns; all else stays as it was.
  void adopt(const proxy::Config& config);

 private:
  const TlsWorld& world_;
  proxy::Config config_;
  proxy::TlsContexts tls_;
  proxy::HmacKey key_;
  std::atomic<std::size_t> connections_{0};
  proxy::AuditRing ring_;
  proxy::Shared shared_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::unique_ptr<proxy::Worker> worker_;
  const std::atomic<std::size_t>* allocations_ = nullptr;
};

}  // namespace tests
