// explain: one raw HTTP request through the chain, with no network: what each filter saw and
// changed, and the answer or the exact bytes that would go upstream. Runs on the calling thread;
// never shows a token.
#pragma once

#include <iosfwd>

#include "proxy/config.hpp"

namespace proxy {

// Reads the request from `request`, writes to `out`. The exit status: 0 where it would be
// forwarded, 1 where rejected, 2 where `request` holds no HTTP request.
int explain(const Config& config, std::istream& request, std::ostream& out, bool json);

}  // namespace proxy
