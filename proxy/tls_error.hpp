// What a TLS failure says to people. Reads (and so empties) OpenSSL's error queue of this thread.
// The text holds OpenSSL's reasons and the host asked for; never plaintext, keys or certificates.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace proxy {

// What went wrong, as operators count it.
enum class TlsFault : std::uint8_t {
  timeout,      // the handshake took too long
  closed,       // the peer went away in its middle
  not_tls,      // what came is no TLS: clear HTTP, or garbage
  version,      // none in common
  cipher,       // no cipher suite, group or signature in common
  protocol,     // no application protocol (ALPN) in common
  certificate,  // the peer's does not verify, or it showed none
  alert,        // the peer refused, most often this side's certificate
  other
};
inline constexpr std::array<std::string_view, 9> tls_fault_names{
    "timeout",  "closed",      "not_tls", "version", "cipher",
    "protocol", "certificate", "alert",   "other"};

struct TlsFailure {
  std::string text;
  TlsFault fault = TlsFault::other;
};

// `host`: whom a client wanted to reach; empty on a server.
TlsFailure describe_failure(const SSL* ssl, const std::string& host);

}  // namespace proxy
