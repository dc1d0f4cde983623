#include "proxy/server.hpp"

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <utility>

#include "proxy/addresses.hpp"
#include "proxy/admin.hpp"
#include "proxy/admin_pages.hpp"
#include "proxy/audit_writer.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/live_config.hpp"
#include "proxy/live_tls.hpp"
#include "proxy/privileges.hpp"
#include "proxy/resolver.hpp"
#include "proxy/signals.hpp"
#include "proxy/version.hpp"
#include "proxy/vitals.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr std::chrono::seconds drain_at_most{30};
constexpr std::chrono::seconds between_looks{1};  // at the policy's files

// A core dump, or a debugger of the same user, would show the tokens in flight. (The leak checker
// of the address sanitizer is such a debugger.)
void keep_memory_private() {
#ifndef __SANITIZE_ADDRESS__
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

// Each client and each upstream connection takes a descriptor; the soft limit is often 1024.
void raise_descriptor_limit(const Config& config) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto needed =
      config.limits.connections + config.workers * config.upstream.pool.connections + 64;
  if (limit.rlim_cur < needed)
    spdlog::warn(
        "the descriptor limit of {} is too low for limits.connections and upstream.pool: "
        "{} are needed; raise it (ulimit -n, LimitNOFILE=)",
        limit.rlim_cur, needed);
}

class Server {
 public:
  explicit Server(const Config& config);
  int run();

 private:
  void open_sockets();
  void open_admin();
  void on_signal(int signal);
  void on_drained();
  void tell_end(bool written) const;
  void look_again();
  void load_again();
  bool take_over(const std::string& why, Reloaded found);
  void take_over(RenewedTls found);
  std::vector<ServedCertificate> certificates() const;

  const Config& config_;  // as started
  asio::io_context context_{1};
  Signals signals_{context_, {SIGTERM, SIGINT, SIGHUP}};  // before any thread is made
  LiveConfig live_;
  LoadedKey key_;
  LiveTls tls_;
  Governing governance_;
  std::vector<Governing> replaced_;  // while an exchange still holds them: see look_again
  std::atomic<std::size_t> connections_{0};
  Shared shared_;
  AuditWriter audit_;
  std::vector<std::vector<int>> sockets_;  // by worker, by listener
  std::vector<std::string> addresses_;     // by listener, with the port that was chosen
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<Resolver> resolver_;  // none: there is no name to look up
  Vitals vitals_;
  std::optional<Admin> admin_;
  Timer patience_{context_};
  Timer next_look_{context_};
  std::size_t drained_ = 0;  // workers
  bool stopping_ = false;
};

LoadedKey load_key(const AuditConfig& audit) {
  return audit.hmac_key ? load_hmac_key(*audit.hmac_key) : load_or_make_hmac_key(audit.directory);
}

SigningKey signing_key(const AuditConfig& audit) {
  const auto loaded = audit.signing_key ? load_signing_key(*audit.signing_key)
                                        : load_or_make_signing_key(audit.directory);
  for (const auto& warning : loaded.warnings) spdlog::warn("{}", warning);
  return loaded.key;
}

AuditSettings audit_settings(const Config& config) {
  return {.directory = config.audit.directory,
          .signing_key = signing_key(config.audit),
          .rings = config.workers,
          .durability = config.audit.durability,
          .segment_bytes = config.audit.segment,
          .segment_age = config.audit.segment_age,
          .keep = config.audit.keep,
          .warn = [](const std::string& what) { spdlog::error("{}", what); },
          .tell = [](const std::string& what) { spdlog::info("{}", what); }};
}

Server::Server(const Config& config)
    : config_(config),
      live_(config),
      key_(load_key(config.audit)),
      tls_(config),
      governance_(live_.governance()),
      shared_{config, tls_.contexts(), key_.key, connections_},
      audit_(audit_settings(config)),
      vitals_(config, audit_, connections_) {
  for (const auto& warning : key_.warnings) spdlog::warn("{}", warning);
  for (const auto& notice : audit_.notices()) spdlog::warn("{}", notice);
  open_sockets();
  for (std::size_t i = 0; i < config.workers; ++i)
    workers_.push_back(
        std::make_unique<Worker>(shared_, i, governance_, audit_.ring(i), std::move(sockets_[i])));
  if (given_addresses(config.upstream).empty())
    resolver_.emplace(config.upstream, [this](const ResolutionPtr& known) {
      for (auto& worker : workers_) worker->adopt(known);
    });
  open_admin();
}

void Server::open_admin() {
  vitals_.adopt(governance_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    vitals_.meters.push_back(&workers_[i]->meter());
    vitals_.rings.push_back(&audit_.ring(i));
  }
  if (resolver_) vitals_.resolver = &*resolver_;
  vitals_.adopt(certificates());
  if (config_.admin.host.empty()) return;
  admin_.emplace(config_.admin, admin_pages(vitals_));
  spdlog::info("health and metrics at http://{}",
               format_endpoint(config_.admin.host, admin_->port()));
}

// Port 0 is chosen once, then shared by all workers.
void Server::open_sockets() {
  sockets_.resize(config_.workers);
  for (const auto& listen : config_.listen) {
    auto port = listen.port;
    check_address_is_free(listen.host, port);
    for (auto& sockets : sockets_) sockets.push_back(open_listening_socket(listen.host, port));
    addresses_.push_back(format_endpoint(listen.host, port));
    spdlog::info("listening on {}://{}", listen.tls ? "https" : "http", addresses_.back());
  }
}

int Server::run() {
  signals_.wait([this](int signal) { on_signal(signal); });
  look_again();
  if (admin_) admin_->start();
  for (auto& worker : workers_) worker->start();
  vitals_.enter(Phase::ready);
  spdlog::info("prefgate {} is ready: {} worker{}, upstream {}", version(), workers_.size(),
               workers_.size() == 1 ? "" : "s", config_.upstream.authority);
  context_.run();
  for (auto& worker : workers_) worker->join();
  const bool written = audit_.stop();
  tell_end(written);
  return written ? 0 : 1;
}

void Server::tell_end(bool written) const {
  if (!written && audit_.lost() == 0)
    spdlog::error("stopped: the records are not signed: {}",
                  audit_.last_error().value_or(AuditError{}).what);
  else if (!written)
    spdlog::error("stopped: {} could not be written: {}", counted(audit_.lost(), "record"),
                  audit_.last_error().value_or(AuditError{}).what);
  else
    spdlog::info("stopped: every record is written");
  if (const auto dropped = audit_.counters().dropped; dropped > 0)
    spdlog::warn("{} went by without a record: the audit had no room (audit.on_full)",
                 counted(dropped, "exchange"));
  std::uint64_t refused = 0;
  for (const auto& worker : workers_) refused += worker->meter().unrecordable();
  if (refused > 0)
    spdlog::warn("{} answered with 503: the audit could not take a record (audit.on_full)",
                 counted(refused, "request"));
}

// SIGHUP: load everything again. First of the others: drain. Second, or 30 seconds later: end what
// is left.
void Server::on_signal(int signal) {
  if (signal == SIGHUP) {
    if (!stopping_) load_again();
    return;
  }
  if (std::exchange(stopping_, true)) {
    spdlog::warn("asked again: ending what is in flight");
    for (auto& worker : workers_) worker->stop();
    return;
  }
  spdlog::info("{}: finishing what is in flight", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  vitals_.enter(Phase::draining);
  next_look_.cancel();
  for (auto& worker : workers_)
    worker->drain([this] { asio::post(context_, [this] { on_drained(); }); });
  patience_.expires_after(drain_at_most);
  patience_.async_wait([this](error_code error) {
    if (error) return;
    spdlog::warn("still in flight after {} s: ending it", drain_at_most.count());
    for (auto& worker : workers_) worker->stop();
  });
}

void Server::on_drained() {
  if (++drained_ < workers_.size()) return;
  patience_.cancel();
  signals_.stop();
}

// What was replaced is given up here and not by the last exchange that holds it: a policy with its
// lists can take a while to free, and a worker has none to spare.
void Server::look_again() {
  std::erase_if(replaced_, [](const Governing& each) { return each.use_count() == 1; });
  if (auto found = live_.look()) take_over("a file of the policy has changed", std::move(*found));
  if (auto found = tls_.look()) take_over(std::move(*found));
  next_look_.expires_after(between_looks);
  next_look_.async_wait([this](error_code error) {
    if (!error && !stopping_) look_again();
  });
}

// Certificates last: that they can be used was among what was checked.
void Server::load_again() {
  if (!take_over("SIGHUP", live_.load_again())) return;
  const auto& now = live_.config();
  take_over(tls_.load_again(same_addresses(config_.listen, now.listen) ? now : config_));
}

// All or nothing. It is said to be in force when every worker judges by it.
bool Server::take_over(const std::string& why, Reloaded found) {
  for (const auto& each : found.diagnostics)
    spdlog::log(
        each.severity == Diagnostic::Severity::error ? spdlog::level::err : spdlog::level::warn,
        "{}", to_string(each));
  vitals_.reloaded({Vitals::Clock::now(), found.governance != nullptr, why});
  if (!found.governance) {
    spdlog::error("{}: not taken over, what was in force stays", why);
    return false;
  }
  for (const auto section : found.restart)
    spdlog::warn("{}: `{}` differs from what was started with, and waits for a restart", why,
                 section);
  replaced_.push_back(std::exchange(governance_, std::move(found.governance)));
  vitals_.adopt(governance_);
  const auto& digest = governance_->policy_digest;
  const auto in_force =
      why + ": in force, " + (digest.empty() ? "without a policy" : "policy " + digest);
  const auto left = std::make_shared<std::size_t>(workers_.size());
  for (auto& worker : workers_)
    worker->adopt(governance_, [this, left, in_force] {
      asio::post(context_, [left, in_force] {
        if (--*left == 0) spdlog::info("{}", in_force);
      });
    });
  return true;
}

void Server::take_over(RenewedTls found) {
  constexpr std::array<const char*, 3> reasons{"SIGHUP", "a file of TLS has changed",
                                               "its ticket keys are old"};
  const auto* const why = reasons[static_cast<std::size_t>(found.why)];
  // SIGHUP is counted already, and growing old is no reload.
  if (found.why == TlsRenewal::files_changed)
    vitals_.reloaded({Vitals::Clock::now(), found.contexts.has_value(), why});
  if (!found.contexts)
    return spdlog::error("{}: not taken over, what was in force stays: {}", why, found.fault);
  for (auto& worker : workers_) worker->adopt(*found.contexts);
  vitals_.adopt(certificates());
  spdlog::info("{}: certificates, keys and trust are read again", why);
}

std::vector<ServedCertificate> Server::certificates() const {
  std::vector<ServedCertificate> served;
  const auto& listeners = tls_.contexts().listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    if (listeners[i]) served.push_back({addresses_[i], listeners[i]->not_after()});
  return served;
}

}  // namespace

int serve(const Config& config) {
  keep_memory_private();
  try {
    raise_descriptor_limit(config);
    drop_privileges();
    return Server(config).run();
  } catch (const std::exception& error) {
    spdlog::error("cannot start: {}", error.what());
    return 1;
  }
}

}  // namespace proxy
