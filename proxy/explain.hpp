// explain: one raw HTTP request through the chain, with no network: what each filter saw and
// changed, and the answer or the exact bytes that would go upstream. Runs on the calling thread;
// never shows a token.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "proxy/config.hpp"

namespace proxy {

enum class ReportForm : std::uint8_t { plain, coloured, json };

// Reads the request from `request`, writes to `out`. The exit status: 0 where it would be
// forwarded, 1 where rejected, 2 where `request` holds no HTTP request.
int explain(const Config& config, std::istream& request, std::ostream& out, ReportForm form);

}  // namespace proxy
