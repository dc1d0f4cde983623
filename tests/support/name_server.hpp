// NameServer: dnsmasq on a free port of loopback, with the names a test gives it, each for one
// second. Runs as the user that the tests run as. Owned by one test, ended when it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

class NameServer {
 public:
  // `hosts` as in /etc/hosts. Names below .test that are not there do not exist. Returns when it
  // answers.
  explicit NameServer(const std::string& hosts);

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void tell(const std::string& hosts);  // from the next question on
  void stop() { server_->stop(); }

 private:
  bool start();

  TemporaryDirectory folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> server_;
};

}  // namespace tests
