#include "proxy/server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <utility>

#include "proxy/addresses.hpp"
#include "proxy/admin.hpp"
#include "proxy/admin_pages.hpp"
#include "proxy/audit_settings.hpp"
#include "proxy/audit_writer.hpp"
#include "proxy/live_config.hpp"
#include "proxy/live_listeners.hpp"
#include "proxy/live_tls.hpp"
#include "proxy/log.hpp"
#include "proxy/privileges.hpp"
#include "proxy/process_limits.hpp"
#include "proxy/resolver.hpp"
#include "proxy/signals.hpp"
#include "proxy/version.hpp"
#include "proxy/vitals.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr std::chrono::seconds drain_at_most{30};
constexpr std::chrono::seconds between_looks{1};  // at the policy's files

class Server {
 public:
  explicit Server(const Config& config);
  int run();

 private:
  void tell_shortage(const Config& config);
  void open_admin();
  void on_signal(int signal);
  void on_drained();
  void look_again();
  struct Prepared {
    LiveListeners::Places places;
    std::unique_ptr<Resolver> resolver;  // null: the upstream is the same, or has no name
    RenewedTls tls;
  };
  std::vector<Diagnostic> prepare(const Config& next, Prepared& got);
  void load_again();
  bool tell(const std::string& why, const Reloaded& found);
  void take_over(const std::string& why, Governing found);
  std::function<void()> replace(const std::string& why, Governing found);
  void take_over(RenewedTls found);
  std::unique_ptr<Resolver> make_resolver(const UpstreamConfig& upstream);
  void resolve(const UpstreamConfig& upstream, std::unique_ptr<Resolver> resolver);
  void keep_while_used(TlsContexts replaced);
  std::vector<ServedCertificate> certificates() const;

  const Config& config_;             // as started
  const std::uint64_t descriptors_;  // that it may have
  std::string shortage_;             // of these, as it was last told
  asio::io_context context_{1};
  Signals signals_{context_, {SIGTERM, SIGINT, SIGHUP}};  // before any thread is made
  LiveConfig live_;
  LoadedKey key_;
  LiveTls tls_;
  LiveListeners listeners_;
  Governing governance_;
  std::vector<Governing> replaced_;  // while an exchange still holds them: see look_again
  std::vector<std::shared_ptr<const TlsContext>> replaced_tls_;  // while a worker does
  std::atomic<std::size_t> connections_{0};
  Shared shared_;
  AuditWriter audit_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Vitals vitals_;
  std::unique_ptr<Resolver> resolver_;  // null: there is no name to look up
  std::optional<Admin> admin_;
  Timer patience_{context_};
  Timer next_look_{context_};
  std::size_t drained_ = 0;  // workers
  bool stopping_ = false;
};

Server::Server(const Config& config)
    : config_(config),
      descriptors_(raise_descriptor_limit()),
      live_(config),
      key_(load_secret_key(config.audit)),
      tls_(config),
      listeners_(config.workers),
      governance_(live_.governance()),
      shared_{config, tls_.contexts(), key_.key, connections_},
      audit_(audit_settings(config.audit, config.workers)),
      vitals_(config, audit_, connections_) {
  tell_shortage(config);
  for (const auto& warning : key_.warnings) spdlog::warn("{}", warning);
  for (const auto& notice : audit_.notices()) spdlog::warn("{}", notice);
  listeners_.take_over(listeners_.open(config.listen));
  for (std::size_t i = 0; i < config.workers; ++i)
    workers_.push_back(
        std::make_unique<Worker>(shared_, i, governance_, audit_.ring(i), listeners_.hand_out(i)));
  resolve(config.upstream, make_resolver(config.upstream));
  open_admin();
}

std::unique_ptr<Resolver> Server::make_resolver(const UpstreamConfig& upstream) {
  if (!given_addresses(upstream).empty()) return {};
  const auto publish = [this](const ResolutionPtr& known) {
    for (auto& worker : workers_) worker->adopt(known);
  };
  return std::make_unique<Resolver>(upstream, publish, vitals_.look_ups);
}

void Server::resolve(const UpstreamConfig& upstream, std::unique_ptr<Resolver> resolver) {
  vitals_.adopt(upstream);
  resolver_ = std::move(resolver);
  if (resolver_) resolver_->start();
}

void Server::tell_shortage(const Config& config) {
  const auto now = descriptor_shortage(config, descriptors_);
  if (std::exchange(shortage_, now) != now && !now.empty()) spdlog::warn("{}", now);
}

void Server::open_admin() {
  vitals_.adopt(governance_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    vitals_.meters.push_back(&workers_[i]->meter());
    vitals_.rings.push_back(&audit_.ring(i));
  }
  vitals_.adopt(certificates());
  if (config_.admin.host.empty()) return;
  admin_.emplace(config_.admin, admin_pages(vitals_));
  spdlog::info("health and metrics at http://{}",
               format_endpoint(config_.admin.host, admin_->port()));
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
  std::uint64_t refused = 0;
  for (const auto& worker : workers_) refused += worker->meter().unrecordable();
  tell_end_of_audit(audit_, written, refused);
  return written ? 0 : 1;
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
// lists can take a while to free, and a worker has none to spare. Nor has it a use for the memory.
void Server::look_again() {
  const auto unused = [](const auto& each) { return each.use_count() == 1; };
  std::erase_if(replaced_, unused);
  std::erase_if(replaced_tls_, unused);
  const auto before = tls_.contexts();
  const std::string why = "a file of the policy has changed";
  if (const auto found = live_.look(); found && tell(why, *found))
    take_over(why, found->governance);
  if (auto found = tls_.look()) {
    if (found->contexts) keep_while_used(before);
    take_over(std::move(*found));
  }
  next_look_.expires_after(between_looks);
  next_look_.async_wait([this](error_code error) {
    if (!error && !stopping_) look_again();
  });
}

// What another configuration needs that cannot always be had.
std::vector<Diagnostic> Server::prepare(const Config& next, Prepared& got) {
  const auto fault = [&](const Mark& mark, const std::string& what) {
    return std::vector<Diagnostic>{{Diagnostic::Severity::error, next.file, mark, what}};
  };
  try {
    got.places = listeners_.open(next.listen);
    if (next.upstream != live_.config().upstream) got.resolver = make_resolver(next.upstream);
  } catch (const ListenFault& error) {
    const auto at = next.where.find("listen[" + std::to_string(error.listener) + "].address");
    return fault(at == next.where.end() ? Mark{} : at->second, error.what());
  } catch (const std::system_error& error) {
    return fault({}, error.what());
  }
  got.tls = tls_.load_again(next);
  return got.tls.contexts ? std::vector<Diagnostic>{} : fault({}, got.tls.fault);
}

// All or nothing: what can fail, the sockets and the files of TLS, is got before anything changes.
void Server::load_again() {
  const std::string why = "SIGHUP";
  Prepared got;
  const auto before = tls_.contexts();
  const auto upstream = live_.config().upstream;
  const auto found = live_.load_again([&](const Config& next) { return prepare(next, got); });
  if (!tell(why, found)) return;
  const auto& now = live_.config();
  keep_while_used(before);
  listeners_.take_over(std::move(got.places));
  UpstreamConfigPtr other;
  if (now.upstream != upstream) other = std::make_shared<const UpstreamConfig>(now.upstream);
  // What it has found is with the workers when it is gone, so before whatever the next one finds.
  if (other) resolver_.reset();
  const auto done = replace(why, found.governance);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    workers_[i]->adopt({governance_, now.limits, listeners_.hand_out(i), *got.tls.contexts, other},
                       done);
  if (other) resolve(*other, std::move(got.resolver));
  if (other) spdlog::info("{}: upstream {} from now on", why, other->authority);
  vitals_.adopt(certificates());
  change_log(now.log);
  tell_shortage(now);
  spdlog::info("{}: certificates, keys and trust are read again", why);
}

// True: it can be taken over.
bool Server::tell(const std::string& why, const Reloaded& found) {
  for (const auto& each : found.diagnostics)
    spdlog::log(
        each.severity == Diagnostic::Severity::error ? spdlog::level::err : spdlog::level::warn,
        "{}", to_string(each));
  vitals_.reloaded({Vitals::Clock::now(), found.governance != nullptr, why});
  if (!found.governance) spdlog::error("{}: not taken over, what was in force stays", why);
  for (const auto section : found.restart)
    spdlog::warn("{}: `{}` differs from what was started with, and waits for a restart", why,
                 section);
  return found.governance != nullptr;
}

void Server::take_over(const std::string& why, Governing found) {
  const auto done = replace(why, std::move(found));
  for (auto& worker : workers_) worker->adopt(governance_, done);
}

// To be called by each worker: it is said to be in force when all of them judge by it.
std::function<void()> Server::replace(const std::string& why, Governing found) {
  replaced_.push_back(std::exchange(governance_, std::move(found)));
  vitals_.adopt(governance_);
  const auto& digest = governance_->policy_digest;
  const auto in_force =
      why + ": in force, " + (digest.empty() ? "without a policy" : "policy " + digest);
  return [this, in_force, left = std::make_shared<std::size_t>(workers_.size())] {
    asio::post(context_, [left, in_force] {
      if (--*left == 0) spdlog::info("{}", in_force);
    });
  };
}

void Server::take_over(RenewedTls found) {
  const bool changed = found.why == TlsRenewal::files_changed;
  const auto* const why = changed ? "a file of TLS has changed" : "its ticket keys are old";
  if (changed)  // growing old is no reload
    vitals_.reloaded({Vitals::Clock::now(), found.contexts.has_value(), why});
  if (!found.contexts)
    return spdlog::error("{}: not taken over, what was in force stays: {}", why, found.fault);
  for (auto& worker : workers_) worker->adopt(*found.contexts);
  vitals_.adopt(certificates());
  spdlog::info("{}: certificates, keys and trust are read again", why);
}

void Server::keep_while_used(TlsContexts replaced) {
  for (auto& each : replaced.listeners)
    if (each) replaced_tls_.push_back(std::move(each));
  if (replaced.upstream) replaced_tls_.push_back(std::move(replaced.upstream));
}

std::vector<ServedCertificate> Server::certificates() const {
  std::vector<ServedCertificate> served;
  const auto& listeners = tls_.contexts().listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    if (listeners[i]) served.push_back({listeners_.places()[i].address, listeners[i]->not_after()});
  return served;
}

}  // namespace

int serve(const Config& config) {
  keep_memory_private();
  try {
    drop_privileges();
    return Server(config).run();
  } catch (const std::exception& error) {
    spdlog::error("cannot start: {}", error.what());
    return 1;
  }
}

}  // namespace proxy
