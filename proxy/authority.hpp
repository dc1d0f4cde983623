// Authority: the host of a request and its port, as in `Host: example.com:8443`. Checked where a
// request is read, so that nobody behind the gateway can take it for another. Pure: no state, no
// I/O, any thread.
#pragma once

#include <string_view>

namespace proxy {

// A name, or an address (of IPv6 in brackets), and behind it at most a port, which may be empty
// (RFC 3986 section 3.2.2, without user information, percent-encoding and sub-delimiters).
bool valid_authority(std::string_view text);

}  // namespace proxy
