#include "tests/support/running_gateway.hpp"
#include "tests/support/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "proxy/evidence/segment_reader.hpp"
#include "tests/support/exchange.hpp"

namespace tests {
namespace {

// A sanitizer's build starts slowly where the machine is busy.
constexpr milliseconds start_patience{60'000};

std::string quoted(const std::filesystem::path& file) {
  return "\"" + file.string() + "\"";
}

std::string configuration(const std::string& url, const GatewaySetup& setup) {
  const auto certificates = development_certificates();
  const auto& served = setup.certificates.empty() ? certificates : setup.certificates;
  std::ostringstream text;
  text << "listen:\n  - address: 127.0.0.1:0\n  - address: 127.0.0.1:0\n    tls: {certificate: "
       << quoted(served / "gateway.pem") << ", private_key: " << quoted(served / "gateway.key")
       << (setup.client_certificates ? ", client_ca: " + quoted(certificates / "ca.pem") : "")
       << "}\n"
       << "admin: " << setup.admin << "\nworkers: " << setup.workers
       << "\nupstream:\n  url: " << url << "\n";
  if (url.starts_with("https"))
    text << "  ca: " << quoted(setup.ca.empty() ? certificates / "ca.pem" : setup.ca.c_str())
         << "\n";
  text << setup.upstream << "  timeouts: " << setup.timeouts << "\n  pool: " << setup.pool
       << "\nlimits: " << setup.limits << "\naudit: " << setup.audit << "\n"
       << setup.more;
  return text.str();
}

}  // namespace

std::string Record::text(const char* name) const {
  const auto at = json.FindMember(name);
  return at == json.MemberEnd() || !at->value.IsString() ? "" : at->value.GetString();
}

std::int64_t Record::number(const char* name) const {
  const auto at = json.FindMember(name);
  return at == json.MemberEnd() || !at->value.IsInt64() ? -1 : at->value.GetInt64();
}

bool Record::flag(const char* name) const {
  const auto at = json.FindMember(name);
  return at != json.MemberEnd() && at->value.IsTrue();
}

RunningGateway::RunningGateway(const std::string& upstream_url, const GatewaySetup& setup)
    : environment_(setup.environment) {
  folder_.write("prefgate.yaml", configuration(upstream_url, setup));
  if (!setup.audit_at.empty())
    std::filesystem::create_directory_symlink(setup.audit_at, folder_.path() / "audit");
  start();
}

RunningGateway::~RunningGateway() {
  if (ended_) return;
  try {
    CHECK_MESSAGE(stop() == 0, printed());
  } catch (const std::exception& error) {
    CHECK_MESSAGE(false, error.what() << "\n" << printed());
  }
}

// Through a shell, so that its standard error can be read line by line; `exec` keeps the process.
void RunningGateway::start() {
  const std::vector<std::string> command{"/bin/sh", "-c", R"(exec "$0" serve -c "$1" 2>&1)",
                                         binary("prefgate"), config().string()};
  process_ = std::make_unique<Process>(command, Process::Options{environment_, {}, {}});
  ended_ = false;
  std::vector<std::uint16_t> ports;
  const auto port_in = [](const std::string& line) {
    return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
  };
  admin_port_ = 0;
  for (;;) {
    const auto line = process_->line(start_patience);
    if (line.find(" is ready") != std::string::npos) break;
    if (line.find("listening on ") != std::string::npos) ports.push_back(port_in(line));
    if (line.find("metrics at ") != std::string::npos) admin_port_ = port_in(line);
  }
  if (ports.size() != 2) throw std::runtime_error("the gateway did not say where it listens");
  port_ = ports[0];
  tls_port_ = ports[1];
}

std::size_t RunningGateway::peak_memory() const {
  std::ifstream status("/proc/" + std::to_string(process_->id()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  throw std::runtime_error("no VmHWM");
}

std::string RunningGateway::wait_for(std::string_view text) {
  for (;;) {
    auto line = process_->line();
    if (line.find(text) != line.npos) return line;
  }
}

int RunningGateway::stop() {
  send(SIGTERM);
  return wait();
}

int RunningGateway::wait() {
  const int status = process_->wait(start_patience);
  ended_ = true;
  return status;
}

std::vector<Record> RunningGateway::records() {
  if (!ended_) CHECK_MESSAGE(stop() == 0, printed());
  proxy::SegmentReader reader(proxy::list_segments(folder_.path() / "audit"));
  std::vector<Record> records;
  const auto take = [&](std::string_view line) {
    CAPTURE(line);
    Record record;
    record.json.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
    REQUIRE_FALSE(record.json.HasParseError());
    REQUIRE(record.json.IsObject());
    CHECK(record.number("seq") == static_cast<std::int64_t>(records.size()));
    records.push_back(std::move(record));
  };
  while (const auto block = reader.next()) proxy::for_each_line(block->text, take);
  return records;
}

void RunningGateway::check_evidence() const {
  const auto verified = run({binary("prefgate"), "audit", "verify", folder_.path() / "audit",
                             "--public-key", folder_.path() / "audit.public_key"});
  CHECK_MESSAGE(verified.status == 0, verified.output, verified.errors);
}

std::size_t recorded_in(const std::vector<Record>& records) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [](const Record& record) { return !record.has("gap"); }));
}

std::size_t dropped_in(const std::vector<Record>& records) {
  std::size_t dropped = 0;
  for (const auto& record : records)
    if (record.has("gap")) dropped += record.json["gap"]["dropped"].GetUint64();
  return dropped;
}

const std::vector<std::string> app_fields{"Authorization: Bearer test-bearer-token",
                                          "Content-Type: application/json"};

std::string good_get(const std::vector<std::string>& more) {
  auto fields = app_fields;
  fields.insert(fields.end(), more.begin(), more.end());
  return request("GET", std::string(path) + "?" + std::string(good_query), fields);
}

std::string good_post(const std::vector<std::string>& more) {
  auto fields = app_fields;
  fields.insert(fields.end(), more.begin(), more.end());
  return request("POST", path, fields, good_body);
}

std::string long_post() {
  std::string map;
  for (int i = 0; i < 512; ++i)
    map += (i > 0 ? ",\"" : "\"") + std::to_string(i) + std::string(100, 'x') + "\":true";
  auto body = std::string(good_body);
  body.replace(body.find("\"alarm\":true"), 12, map);
  return request("POST", path, app_fields, body);
}

}  // namespace tests
