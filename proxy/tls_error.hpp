// What a TLS failure says to people. Reads (and so empties) OpenSSL's error queue of this thread.
// The text holds OpenSSL's reasons and the host asked for; never plaintext, keys or certificates.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace proxy {

struct TlsFailure {
  std::string text;
  bool unverified = false;  // the peer's certificate did not verify, or it showed none
};

// `host`: whom a client wanted to reach; empty on a server.
TlsFailure describe_failure(const SSL* ssl, const std::string& host);

}  // namespace proxy
