#include "proxy/process_limits.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace proxy {
namespace {

constexpr std::uint64_t others{64};  // files of the audit, loops, listeners, operators' connections

}  // namespace

void keep_memory_private() {
  // The leak checker of the address sanitizer is such a debugger.
#ifndef __SANITIZE_ADDRESS__
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return RLIM_INFINITY;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

std::string descriptor_shortage(const Config& config, std::uint64_t limit) {
  const auto needed =
      config.limits.connections + config.workers * config.upstream.pool.connections + others;
  if (limit >= needed) return {};
  return "the descriptor limit of " + std::to_string(limit) +
         " is too low for limits.connections and upstream.pool: " + std::to_string(needed) +
         " are needed; raise it (ulimit -n, LimitNOFILE=)";
}

}  // namespace proxy
