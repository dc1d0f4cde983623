// The idea: a channel of c-ares for each look-up, so that each sees /etc/resolv.conf and /etc/hosts
// as they are by then, and one thread that does nothing else, so that it may simply wait.
#include "proxy/resolver.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>

#include "proxy/net.hpp"

namespace proxy {
namespace {

using std::chrono::seconds;

// Of one question to one name server; the second try waits twice as long.
constexpr int first_timeout_ms = 2'000;
constexpr int tries_per_server = 2;
constexpr std::chrono::minutes between_complaints{1};

struct LookUp {
  std::uint16_t port = 0;
  std::optional<int> status = {};  // of c-ares, once it is over
  std::vector<Endpoint> addresses = {};
  seconds time_to_live{};

  // Called by c-ares. Those of /etc/hosts live for no time at all.
  static void done(void* self, int status, int, ares_addrinfo* found) {
    auto& look_up = *static_cast<LookUp*>(self);
    look_up.status = status;
    if (status != ARES_SUCCESS) return;
    int shortest = std::numeric_limits<int>::max();
    for (const auto* alias = found->cnames; alias; alias = alias->next)
      shortest = std::min(shortest, alias->ttl);
    for (const auto* node = found->nodes; node; node = node->ai_next) {
      shortest = std::min(shortest, node->ai_ttl);
      look_up.add(*node);
    }
    ares_freeaddrinfo(found);
    look_up.time_to_live = seconds(shortest);
  }

 private:
  void add(const ares_addrinfo_node& node) {
    if (node.ai_family == AF_INET) {
      sockaddr_in address;
      std::memcpy(&address, node.ai_addr, sizeof address);
      add(asio::ip::address_v4(ntohl(address.sin_addr.s_addr)).to_string());
    } else if (node.ai_family == AF_INET6) {
      sockaddr_in6 address;
      std::memcpy(&address, node.ai_addr, sizeof address);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      add(asio::ip::address_v6(bytes).to_string());
    }
  }
  void add(std::string host) { addresses.push_back({std::move(host), port}); }
};

// c-ares's own words, but those of a resolver for somebody who did not ask it.
std::string why_not(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "there is no such name";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ETIMEOUT:
      return "no name server answers";
    case ARES_ECONNREFUSED:
      return "no name server can be reached";
    default:
      return ares_strerror(status);
  }
}

class Channel {
 public:
  explicit Channel(const UpstreamConfig& config) {
    ares_options options{};
    options.timeout = first_timeout_ms;
    options.tries = tries_per_server;
    char hosts_first[] = "fb";
    options.lookups = hosts_first;
    const int given =
        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | (config.resolver ? ARES_OPT_LOOKUPS : 0);
    status_ = ares_init_options(&channel_, &options, given);
    if (status_ != ARES_SUCCESS || !config.resolver) return;
    const auto server = format_endpoint(config.resolver->host, config.resolver->port);
    status_ = ares_set_servers_ports_csv(channel_, server.c_str());
  }
  ~Channel() {
    if (channel_) ares_destroy(channel_);
  }
  Channel(const Channel&) = delete;

  LookUp look_up(const std::string& host, std::uint16_t port, int stop) {
    LookUp result{.port = port};
    if (status_ != ARES_SUCCESS) {
      result.status = status_;
      return result;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, LookUp::done, &result);
    while (!result.status) wait(stop);
    std::ranges::sort(result.addresses);
    const auto repeated = std::ranges::unique(result.addresses);
    result.addresses.erase(repeated.begin(), repeated.end());
    return result;
  }

 private:
  // Until a name server has said something, or has not for long enough, or all is to end.
  void wait(int stop) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int wanted = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polled{};
    nfds_t count = 0;
    polled[count++] = {stop, POLLIN, 0};
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const int events = (ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0) |
                         (ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0);
      if (events != 0)
        polled[count++] = {sockets[static_cast<std::size_t>(i)], static_cast<short>(events), 0};
    }
    timeval most{1, 0}, left{};
    const auto* const until = ares_timeout(channel_, &most, &left);
    ::poll(polled.data(), count,
           static_cast<int>(until->tv_sec * 1000 + until->tv_usec / 1000 + 1));
    if (polled[0].revents != 0) return ares_cancel(channel_);
    for (nfds_t i = 1; i < count; ++i) {
      const auto& [socket, events, came] = polled[i];
      const bool writable = (came & POLLOUT) != 0;
      const bool readable = (came & ~POLLOUT) != 0;  // or broken, which a read will tell
      if (came != 0)
        ares_process_fd(channel_, readable ? socket : ARES_SOCKET_BAD,
                        writable ? socket : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
  }

  ares_channel channel_ = nullptr;
  int status_ = ARES_SUCCESS;
};

int make_eventfd() {
  const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return made;
}

}  // namespace

std::vector<Endpoint> given_addresses(const UpstreamConfig& config) {
  if (!config.addresses.empty() || !is_numeric(config.host)) return config.addresses;
  return {{config.host, config.port}};
}

seconds next_look_up(seconds time_to_live) {
  return std::clamp<seconds>(time_to_live, seconds{1}, std::chrono::hours{1});
}

seconds next_try(unsigned failures) {
  return std::min(seconds{1U << std::min(failures - 1, 5U)}, seconds{30});
}

Resolver::Resolver(UpstreamConfig config, std::function<void(ResolutionPtr)> publish,
                   LookUps& look_ups)
    : config_(std::move(config)),
      publish_(std::move(publish)),
      stop_(make_eventfd()),
      look_ups_(look_ups) {
  ares_library_init(ARES_LIB_INIT_ALL);
  thread_ = std::thread([this] { run(); });
}

Resolver::~Resolver() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(stop_, &one, sizeof one);
  go_.release();
  thread_.join();
  ::close(stop_);
  ares_library_cleanup();
}

void Resolver::run() {
  go_.acquire();
  for (bool go_on = wait(seconds{0}); go_on;) {
    auto found = Channel(config_).look_up(config_.host, config_.port, stop_);
    if (found.status == ARES_ECANCELLED) return;
    const bool good = found.status == ARES_SUCCESS && !found.addresses.empty();
    const int status = found.status == ARES_SUCCESS ? ARES_ENODATA : *found.status;
    go_on =
        wait(good ? took(std::move(found.addresses), found.time_to_live) : missed(why_not(status)));
  }
}

seconds Resolver::took(std::vector<Endpoint> addresses, seconds time_to_live) {
  look_ups_.succeeded.add();
  if (failures_ > 0) spdlog::info("{}: its addresses are known again", config_.host);
  failures_ = 0;
  quiet_until_ = {};
  announce({.addresses = std::move(addresses)});
  return next_look_up(time_to_live);
}

seconds Resolver::missed(const std::string& why) {
  look_ups_.failed.add();
  ++failures_;
  const bool stale = known_ && !known_->addresses.empty();
  if (const auto now = std::chrono::steady_clock::now(); now >= quiet_until_) {
    quiet_until_ = now + between_complaints;
    spdlog::warn("{}: {}{}", config_.host, why,
                 stale ? "; the addresses found before are still used" : "");
  }
  if (!stale) announce({.addresses = {}, .fault = config_.host + ": " + why});
  return next_try(failures_);
}

void Resolver::announce(Resolution next) {
  if (known_ && *known_ == next) return;
  std::string all;
  for (const auto& [host, port] : next.addresses)
    all += (all.empty() ? "" : ", ") + format_endpoint(host, port);
  if (!all.empty()) spdlog::info("{}: connections go to {}", config_.host, all);
  known_ = std::make_shared<const Resolution>(std::move(next));
  publish_(known_);
}

bool Resolver::wait(seconds duration) const {
  pollfd polled{stop_, POLLIN, 0};
  const auto until = std::chrono::steady_clock::now() + duration;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    const auto most = std::max(left, milliseconds{0});
    if (::poll(&polled, 1, static_cast<int>(most.count())) > 0) return false;
    if (left <= milliseconds{0}) return true;
  }
}

}  // namespace proxy
