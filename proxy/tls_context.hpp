// TlsContext: what all TLS connections of one listener, or to one upstream, share: certificates,
// trust, protocol versions, ticket keys. Made at start and reload, then immutable; engines of any
// thread may be made from it and outlive it. One context must serve all workers of a listener:
// its tickets are known to itself alone. It never asks for a pass phrase and never skips
// verification.
#pragma once

#include <openssl/ssl.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>

namespace proxy {

struct TlsFiles;  // proxy/config.hpp

class TlsContext {
 public:
  SSL_CTX* get() const { return context_.get(); }
  // When its own certificate expires, in Unix time. Of a server's.
  std::time_t not_after() const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  friend TlsContext make_server_context(const TlsFiles& files);
  friend TlsContext make_client_context(const std::optional<std::filesystem::path>& ca);

  std::unique_ptr<SSL_CTX, Free> context_;
};

// Both: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only, no renegotiation,
// no compression, ALPN `http/1.1`. Both throw std::runtime_error that names each faulty file, what
// is wrong with it and what to do, several faults joined by "; ".

// With `client_ca`, a client must show a certificate that chains to it.
TlsContext make_server_context(const TlsFiles& files);
// Trusts the certificates in the PEM file `ca`; none: those of the system (SSL_CERT_FILE and
// SSL_CERT_DIR where they are set).
TlsContext make_client_context(const std::optional<std::filesystem::path>& ca);

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
// A TLS session that a later connection to the same host, from the same context, may resume.
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

// A client context hands each new session to the SessionPtr that this ex_data entry of the SSL
// points to. Entry 0 is the one OpenSSL reserves for applications.
inline constexpr int newest_session_entry = 0;

}  // namespace proxy
