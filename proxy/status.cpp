// What /status says: for people and scripts that look at one gateway, where /metrics is for graphs.
#include <algorithm>
#include <memory_resource>
#include <string_view>

#include "filters/json_text.hpp"
#include "proxy/admin_pages.hpp"
#include "proxy/version.hpp"

namespace proxy {
namespace {

class Status {
 public:
  explicit Status(const Vitals& vitals) : vitals_(vitals) {}

  std::string text() {
    json_.begin_object();
    text("version", version());
    text("commit", commit());
    text("state", vitals_.state());
    text("started", time(vitals_.started));
    using std::chrono::duration_cast, std::chrono::seconds;
    const auto up = duration_cast<seconds>(Vitals::Clock::now() - vitals_.started);
    number("uptime_seconds", static_cast<std::uint64_t>(std::max(up, seconds{0}).count()));
    add_in_force();
    add_work();
    add_audit();
    add_reload();
    json_.end_object();
    return std::string(json_.text()) + "\n";
  }

 private:
  void text(std::string_view name, std::string_view value) {
    json_.key(name);
    json_.string(value);
  }
  // Null where it is empty.
  void text_or_null(std::string_view name, std::string_view value) {
    if (!value.empty()) return text(name, value);
    null(name);
  }
  void null(std::string_view name) {
    json_.key(name);
    json_.json("null", 4);
  }
  void number(std::string_view name, std::uint64_t value) {
    json_.key(name);
    json_.number(value);
  }
  static std::string time(Vitals::Clock::time_point at) {
    const auto text = filters::rfc3339(at);
    return {text.data(), text.size()};
  }

  void add_in_force() {
    const auto governance = vitals_.governance();
    json_.key("in_force");
    json_.begin_object();
    text("config", governance->config_digest);
    text("contract", governance->contract_digest);
    text_or_null("policy", governance->policy_digest);
    json_.end_object();
  }

  void add_work() {
    number("workers", vitals_.meters.size());
    number("client_connections", vitals_.client_connections.load(std::memory_order_relaxed));
    const auto pool = vitals_.pool();
    json_.key("upstream");
    json_.begin_object();
    text("authority", vitals_.authority());
    number("idle", pool.idle);
    number("in_use", pool.open - std::min(pool.idle, pool.open));
    number("waiting", pool.waiting);
    std::uint64_t shed = 0;
    for (const auto* meter : vitals_.meters) shed += meter->shed();
    number("shed", shed);
    add_addresses();
    json_.end_object();
  }

  void add_addresses() {
    json_.key("addresses");
    json_.begin_array();
    for (const auto& address : vitals_.addresses()) {
      json_.begin_object();
      text("address", address.text);
      text("state", address.ejected_by > 0 ? "ejected" : "usable");
      number("requests", address.in_flight);
      number("ejected_by_workers", address.ejected_by);
      json_.end_object();
    }
    json_.end_array();
  }

  void add_audit() {
    const auto counters = vitals_.audit.counters();
    json_.key("audit");
    json_.begin_object();
    text("directory", vitals_.config.audit.directory.string());
    number("written", counters.written);
    number("dropped", counters.dropped);
    number("failed_writes", counters.failed_writes);
    json_.key("failing");
    json_.boolean(vitals_.audit.failing());
    add_audit_error();
    json_.end_object();
  }

  // It stays when it is over: hence the time, and `failing` above.
  void add_audit_error() {
    const auto error = vitals_.audit.last_error();
    if (!error) return null("last_error");
    json_.key("last_error");
    json_.begin_object();
    text("time", time(error->at));
    text("what", error->what);
    json_.end_object();
  }

  void add_reload() {
    const auto reload = vitals_.last_reload();
    if (!reload) return null("last_reload");
    json_.key("last_reload");
    json_.begin_object();
    text("time", time(reload->at));
    text("what", reload->what);
    text("result", reload->good ? "success" : "failure");
    json_.end_object();
  }

  const Vitals& vitals_;
  std::pmr::monotonic_buffer_resource memory_;  // JsonText gives nothing back
  filters::JsonText json_{memory_, 1024};
};

}  // namespace

std::string status_json(const Vitals& vitals) {
  return Status(vitals).text();
}

}  // namespace proxy
