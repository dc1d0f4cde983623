// TlsEngine: one TLS connection without a socket. Ciphertext is put in and taken out by the caller,
// plaintext comes and goes on the other side; nothing here waits, so it can be driven byte by byte.
// Owned by a Stream, on its worker's thread; OpenSSL points back to it, so it never moves. It never
// does I/O, and never lets plaintext or keys into an error.
//
// Whatever a call returns, send `output` before waiting for more input: it may hold a handshake
// flight, a key update's answer, or the alert that tells the peer why it was refused.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/tls_buffer.hpp"
#include "proxy/tls_context.hpp"
#include "proxy/tls_error.hpp"

namespace proxy {

class TlsEngine {
 public:
  enum class Status {
    ok,
    want_input,  // nothing more without further ciphertext
    closed,      // the peer has said close_notify: an orderly end
    failed       // for good; see error()
  };
  struct Read {
    Status status;
    std::size_t size;
  };
  struct Server {};
  struct Client {};

  TlsEngine(Server, const TlsContext& context);
  // `host`: a name (sent as SNI, without its last dot) or an IP address (never sent); the
  // certificate must be valid for it. `resume`: a session of an earlier connection to the same
  // host, or null; not taken over.
  TlsEngine(Client, const TlsContext& context, const std::string& host, SSL_SESSION* resume);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // ok, want_input or failed. With TLS 1.3 a client is done before the server has judged its
  // certificate: a refusal then comes out of the first `read`.
  Status handshake();

  // Plaintext, as much as has arrived and fits. `ok` goes with size > 0, and only with that.
  Read read(std::span<char> into);
  // All of `plain` becomes output. ok or failed. Only after the handshake.
  Status write(std::string_view plain);
  // Says close_notify; nothing can be written after it. Does nothing before the handshake is done
  // or after a failure.
  void shutdown();

  // Room for received ciphertext, at least `least` bytes: usually 4 KiB, more while the peer fills
  // all of it. Throws std::bad_alloc.
  std::span<char> input_room(std::size_t least);
  void fed(std::size_t count);
  // The peer has closed the transport. Without a close_notify before, that is a failure: an
  // attacker may have cut the stream (RFC 8446, 6.1).
  void fed_eof() { at_end_ = true; }
  std::string_view input() const { return input_.data(); }  // not used up yet

  // Nothing that has arrived is left, as ciphertext or as plaintext not read yet.
  bool drained() const { return input_.empty() && SSL_has_pending(ssl_.get()) == 0; }

  // Stays where it is until `sent`, also while other calls add to it.
  std::string_view output() const { return output_.data(); }
  bool has_output() const { return !output_.empty(); }
  void sent(std::size_t count) { output_.consume(count); }

  // For an idle connection: gives back the memory of whichever direction holds nothing. Not while a
  // receive into `input_room` is under way. `long_idle`: the next room is a small one, enough to
  // notice that something comes.
  void release_buffers(bool long_idle = false);

  // After `failed`: what happened, for people. Names no more of the peer's data than OpenSSL's own
  // reasons do.
  const std::string& error() const { return error_; }
  TlsFault fault() const { return fault_; }

  // The newest session the server has given, if any since the last `take_session`. TLS 1.3 sends
  // them after the handshake, so ask when the connection has been read from.
  SSL_SESSION* session() const { return newest_session_.get(); }
  SessionPtr take_session() { return std::move(newest_session_); }

  std::string_view alpn() const;  // empty: none agreed on
  // DNS names and URIs of the peer's certificate (RFC 5280, 4.2.1.6), none where it showed none.
  // After the handshake, which has verified it.
  std::vector<std::string> peer_names() const;
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

 private:
  struct Transport;  // the BIO's functions
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit TlsEngine(const TlsContext& context);
  void verify_host(const std::string& host);
  Status settle(int result);
  Status fail(std::string text, TlsFault fault = TlsFault::other);

  TlsBuffer input_;
  TlsBuffer output_;
  std::size_t next_room_;
  bool at_end_ = false;
  bool established_ = false;
  bool failed_ = false;
  TlsFault fault_ = TlsFault::other;
  std::string error_;
  std::string host_;  // of a client: for error()
  SessionPtr newest_session_;
  std::unique_ptr<SSL, Free> ssl_;  // last: its end may still call back
};

}  // namespace proxy
