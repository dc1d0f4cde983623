#include "proxy/server.hpp"

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>
#include <utility>

#include "proxy/audit_writer.hpp"
#include "proxy/rate_limiter.hpp"
#include "proxy/version.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr std::chrono::seconds drain_at_most{30};

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

std::string url_of(const Listen& listen, std::uint16_t port) {
  const bool v6 = listen.host.find(':') != std::string::npos;
  return (listen.tls ? "https://" : "http://") + (v6 ? "[" + listen.host + "]" : listen.host) +
         ":" + std::to_string(port);
}

class Server {
 public:
  explicit Server(const Config& config);
  int run();

 private:
  void open_sockets();
  void wait_for_signal();
  void on_signal(int signal);
  void on_drained();

  const Config& config_;
  LoadedKey key_;
  std::vector<std::unique_ptr<TlsContext>> listener_tls_;
  std::unique_ptr<TlsContext> upstream_tls_;
  filters::Pipeline pipeline_;
  std::unique_ptr<RateLimiter> limiter_;
  std::atomic<std::size_t> connections_{0};
  Shared shared_;
  AuditWriter audit_;
  std::vector<std::vector<int>> sockets_;  // by worker, by listener
  std::vector<std::unique_ptr<Worker>> workers_;
  asio::io_context context_{1};
  asio::basic_signal_set<Executor> signals_{context_};
  Timer patience_{context_};
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
          .warn = [](const std::string& what) { spdlog::error("{}", what); }};
}

Server::Server(const Config& config)
    : config_(config),
      key_(load_key(config.audit)),
      pipeline_(filters::make_pipeline(config.filters)),
      limiter_(make_rate_limiter(config.filters.rate_limit)),
      shared_{config, pipeline_, listener_tls_, nullptr, key_.key, connections_, limiter_.get()},
      audit_(audit_settings(config)) {
  for (const auto& warning : key_.warnings) spdlog::warn("{}", warning);
  for (const auto& notice : audit_.notices()) spdlog::warn("{}", notice);
  for (const auto& listen : config.listen)
    listener_tls_.push_back(
        listen.tls ? std::make_unique<TlsContext>(make_server_context(*listen.tls)) : nullptr);
  if (config.upstream.tls)
    upstream_tls_ = std::make_unique<TlsContext>(make_client_context(config.upstream.ca));
  shared_.upstream_tls = upstream_tls_.get();
  open_sockets();
  for (std::size_t i = 0; i < config.workers; ++i)
    workers_.push_back(std::make_unique<Worker>(shared_, audit_.ring(i), std::move(sockets_[i])));
}

// Port 0 is chosen once, then shared by all workers.
void Server::open_sockets() {
  sockets_.resize(config_.workers);
  for (const auto& listen : config_.listen) {
    auto port = listen.port;
    check_address_is_free(listen.host, port);
    for (auto& sockets : sockets_) sockets.push_back(open_listening_socket(listen.host, port));
    spdlog::info("listening on {}", url_of(listen, port));
  }
}

int Server::run() {
  wait_for_signal();  // before anyone is told that it is ready: whoever waits for that may stop it
  for (auto& worker : workers_) worker->start();
  spdlog::info("prefgate {} is ready: {} worker{}, upstream {}", version(), workers_.size(),
               workers_.size() == 1 ? "" : "s", config_.upstream.authority);
  context_.run();
  for (auto& worker : workers_) worker->join();
  const bool recorded = audit_.stop();
  if (recorded)
    spdlog::info("stopped: every exchange is recorded");
  else
    spdlog::error("stopped: some records could not be written: {}", audit_.last_error());
  return recorded ? 0 : 1;
}

void Server::wait_for_signal() {
  for (const int signal : {SIGTERM, SIGINT}) signals_.add(signal);
  signals_.async_wait([this](error_code error, int signal) {
    if (!error) on_signal(signal);
  });
}

// First signal: drain. Second, or 30 seconds later: end what is left.
void Server::on_signal(int signal) {
  if (std::exchange(stopping_, true)) {
    spdlog::warn("asked again: ending what is in flight");
    for (auto& worker : workers_) worker->stop();
    return;
  }
  spdlog::info("{}: finishing what is in flight", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  for (auto& worker : workers_)
    worker->drain([this] { asio::post(context_, [this] { on_drained(); }); });
  patience_.expires_after(drain_at_most);
  patience_.async_wait([this](error_code error) {
    if (error) return;
    spdlog::warn("still in flight after {} s: ending it", drain_at_most.count());
    for (auto& worker : workers_) worker->stop();
  });
  wait_for_signal();
}

void Server::on_drained() {
  if (++drained_ < workers_.size()) return;
  patience_.cancel();
  signals_.cancel();
}

}  // namespace

int serve(const Config& config) {
  keep_memory_private();
  try {
    raise_descriptor_limit(config);
    return Server(config).run();
  } catch (const std::exception& error) {
    spdlog::error("cannot start: {}", error.what());
    return 1;
  }
}

}  // namespace proxy
