// RunningGateway: a built `prefgate serve` on ports of its own, with a configuration, an audit
// directory and a log of its own. Owned by one test, declared after its upstream and before its
// clients. When it goes it is told to stop, and fails the test where it does not end with 0: a
// finding of a sanitizer ends it otherwise.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/client.hpp"
#include "tests/support/draws.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

// Beyond the smallest configuration. YAML in flow style.
struct GatewaySetup {
  std::string limits = "{}";
  std::string timeouts = "{}";  // of the upstream
  std::string pool = "{}";
  std::string upstream = {};  // further lines of that section, two spaces before each
  std::string audit = "{}";
  std::string more = {};             // further top-level lines
  bool client_certificates = false;  // the TLS listener asks for them, of the development CA
  std::string ca = {};  // of the upstream, where its URL is https; empty: development's
  int workers = 1;
  std::filesystem::path certificates = {};  // folder of gateway.pem and .key; empty: development's
  std::string admin = "{address: \"127.0.0.1:0\"}";
  std::filesystem::path audit_at = {};  // the folder that audit/ leads to; empty: it is one itself
  std::vector<std::pair<std::string, std::string>> environment = {};  // beyond the test's own
};

// One line of the audit record.
struct Record {
  rapidjson::Document json;

  std::string text(const char* name) const;     // "" where it is not there
  std::int64_t number(const char* name) const;  // -1 where it is not there
  bool flag(const char* name) const;            // false where it is not there
  bool has(const char* name) const { return json.HasMember(name); }
};

class RunningGateway {
 public:
  // Returns when it accepts connections.
  explicit RunningGateway(const std::string& upstream_url, const GatewaySetup& setup = {});
  ~RunningGateway();
  RunningGateway(const RunningGateway&) = delete;
  RunningGateway& operator=(const RunningGateway&) = delete;

  std::uint16_t port() const { return port_; }              // clear text
  std::uint16_t tls_port() const { return tls_port_; }      // development certificates
  std::uint16_t admin_port() const { return admin_port_; }  // 0: there is none
  Client client() const { return Client(port_); }
  Client admin() const { return Client(admin_port_); }
  Client tls_client() const { return {tls_port_, Tls{}}; }
  Process& process() { return *process_; }
  const TemporaryDirectory& folder() const { return folder_; }  // the audit is in audit/
  std::filesystem::path config() const { return folder_.path() / "prefgate.yaml"; }
  std::size_t peak_memory() const;  // bytes, VmHWM

  // SIGTERM and its end: the exit status.
  int stop();
  void send(int signal) { process_->send(signal); }
  // Its end, and the exit status: for a test that has sent the signal itself.
  int wait();
  // Starts it again, on other ports, with the same audit directory. After `stop`.
  void start();

  // Stops it, and reads all records; fails the test unless each line is one JSON object and `seq`
  // counts up from 0.
  std::vector<Record> records();
  // `audit verify` finds its records good, as they are now.
  void check_evidence() const;
  // The next line of its log with this text.
  std::string wait_for(std::string_view text);
  // Everything it has printed, standard error in its order; of the last start.
  std::string printed() const { return process_->output(); }

 private:
  TemporaryDirectory folder_;
  const std::vector<std::pair<std::string, std::string>> environment_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::uint16_t admin_port_ = 0;
  bool ended_ = false;
};

// Of records: how many exchanges they tell of, and how many gap records say went by without one.
std::size_t recorded_in(const std::vector<Record>& records);
std::size_t dropped_in(const std::vector<Record>& records);

// A governed request in good order, and what it needs of fields.
extern const std::vector<std::string> app_fields;  // bearer token, content type
std::string good_get(const std::vector<std::string>& more = {});
std::string good_post(const std::vector<std::string>& more = {});
// One whose record is nearly as long, 56 KiB: 512 preferences with long names.
std::string long_post();

}  // namespace tests
