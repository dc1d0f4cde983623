// Server: the running gateway. `serve` owns the workers and their threads, waits on the calling
// thread for signals to reload (SIGHUP) or to stop, looks at the policy's files meanwhile, and
// never throws for what a client or the upstream does.
#pragma once

#include "proxy/config.hpp"

namespace proxy {

// Runs until SIGTERM or SIGINT and everything in flight is finished. The exit status: 0 after a
// clean stop, 1 where it could not start. The log is already there: see `start_log`.
int serve(const Config& config);

}  // namespace proxy
