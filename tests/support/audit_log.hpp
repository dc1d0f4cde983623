// AuditLog: an audit directory of a test's own with records as a gateway writes them, in segments
// as the test wants them; and the commands of `prefgate audit` run on it. Tests only; one thread.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "proxy/cli.hpp"
#include "proxy/evidence/segments.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

// What a record says where a test does not care.
struct Wanted {
  std::string time = "2026-11-22T10:00:00.000000Z";
  std::string method = "GET";
  int status = 200;  // 0: none
  std::string rule = {};
  std::string device = std::string(64, 'a');
  std::string id = "id";
  std::uint64_t duration = 1000;  // microseconds
};

// Without its line end. Rejected where the status is a client's fault.
inline std::string audit_line(std::uint64_t seq, const Wanted& wanted = {}) {
  const bool rejected = wanted.status >= 400 && wanted.status < 500;
  std::string line =
      "{\"seq\":" + std::to_string(seq) + R"(,"time":")" + wanted.time + R"(","id":")" + wanted.id +
      R"(","decision":")" + (rejected ? R"(rejected","reason":"contract)" : "forwarded") +
      R"(","duration_us":)" + std::to_string(wanted.duration) + R"(,"http.request.method":")" +
      wanted.method + R"(","url.path":"/api/1/notification_preferences")";
  if (wanted.status != 0)
    line += R"(,"http.response.status_code":)" + std::to_string(wanted.status);
  line += R"(,"device_token":"hmac-sha256:01234567:)" + wanted.device + '"';
  if (!wanted.rule.empty())
    line += R"(,"edits":[{"rule":")" + wanted.rule + R"(","mode":"enforce"}])";
  return line + '}';
}

class AuditLog {
 public:
  // Where records come from now on: a new segment.
  void begin_segment() {
    file_ = directory() / proxy::segment_name(next_);
    std::ofstream(file_, std::ios::app);
  }
  std::string add(const Wanted& wanted = {}) { return add_line(audit_line(next_, wanted)); }
  // Any line, and its end.
  std::string add_line(const std::string& line) {
    add_bytes(line + "\n");
    ++next_;
    return line;
  }
  void add_bytes(const std::string& bytes) {
    if (file_.empty()) begin_segment();
    std::ofstream(file_, std::ios::binary | std::ios::app) << bytes;
  }

  std::filesystem::path directory() const { return folder_.path(); }
  std::filesystem::path segment() const { return file_; }  // the newest

 private:
  TemporaryDirectory folder_;
  std::filesystem::path file_;
  std::uint64_t next_ = 0;
};

struct AuditRan {
  int status = -1;
  std::string out, err;
};

inline AuditRan run_audit(std::vector<std::string> arguments, const std::string& input = "",
                          std::size_t columns = 0) {
  std::vector<const char*> argv{"prefgate", "audit"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out, err;
  AuditRan ran;
  ran.status = proxy::run(static_cast<int>(argv.size()), argv.data(), {},
                          {.in = in, .out = out, .err = err, .columns = columns});
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

}  // namespace tests
