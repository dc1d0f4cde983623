// OwnerApi: the stand-in upstream, running for one test, and its admin path in a test's words.
// Owned by the test, used from its thread; ends with it.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/client.hpp"
#include "tests/support/process.hpp"

namespace tests {

class OwnerApi {
 public:
  // Listens on one clear and one TLS port, with a log of 100 requests. `more` are further options.
  explicit OwnerApi(std::vector<std::string> more = {});

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }
  Process& process() { return process_; }

  // What the next `count` requests, whatever their path, are answered with: see orders.hpp.
  void next(std::string_view orders, int count = 1) const;
  // GET /_admin/log: {"received":N,"requests":[...]}.
  rapidjson::Document log() const;
  std::uint64_t received() const;  // requests, the admin's own aside
  void reset() const;

 private:
  Process process_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
};

// A field's value in an entry of the log, "" where it isn't there; names compared exactly.
std::string logged_field(const rapidjson::Value& entry, std::string_view name);

}  // namespace tests
