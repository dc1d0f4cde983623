// Stream: one TCP connection, clear or TLS, with a deadline for each direction. The same three
// operations on both, each one composed operation: no coroutine frame of their own, no second copy.
// Owned by a Session or an Upstream, on its worker's thread. At most one read and one write at a
// time. A deadline that passes cancels what is under way, and the operation ends with timed_out.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/buffer.hpp"
#include "proxy/net.hpp"
#include "proxy/tls.hpp"
#include "proxy/watchdog.hpp"

namespace proxy {

// TLS broke: `Stream::tls()->error()` has the words.
inline const error_code tls_failed = make_error_code(boost::system::errc::protocol_error);
inline const error_code timed_out = asio::error::timed_out;

class Stream {
 public:
  Stream(Socket socket, Watchdog& watchdog)
      : reading(watchdog, this, on_expired),
        writing(watchdog, this, on_expired),
        socket_(std::move(socket)) {}

  Deadline reading;
  Deadline writing;

  Socket& socket() { return socket_; }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }
  // An RST in place of an orderly end: the peer must not take what it has for the whole.
  void abort();

  // Clear until one of these; then `async_handshake` comes first.
  void secure_as_server(const TlsContext& context) { tls_.emplace(TlsEngine::Server{}, context); }
  void secure_as_client(const TlsContext& context, const std::string& host, SSL_SESSION* resume) {
    tls_.emplace(TlsEngine::Client{}, context, host, resume);
  }
  TlsEngine* tls() { return tls_ ? &*tls_ : nullptr; }

  // void(error_code, std::size_t): at least one byte, or eof, timed_out, tls_failed or the
  // socket's.
  template <class Token>
  auto async_read(asio::mutable_buffer into, Token&& token);
  // The same behind what `into` holds, up to `most` bytes in all, to be committed by the caller.
  // Under TLS it takes memory only when there is something to put there.
  template <class Token>
  auto async_read(Buffer& into, std::size_t most, Token&& token);
  // void(error_code, std::size_t): everything; on an error, how many bytes reached the socket
  // (with TLS, of ciphertext).
  template <class Token>
  auto async_write(std::string_view bytes, Token&& token);
  // Sends what the socket takes without waiting, and cuts it off the front of `bytes` (with TLS:
  // all of them, which are then its output). Returns how many bytes reached the socket. It knows no
  // error: where `unsent` says so, `async_write` goes on with `bytes`, and has the error. Most
  // messages fit: then no operation is made, nothing is armed, no coroutine put aside.
  std::size_t write_now(std::string_view& bytes);
  bool unsent(std::string_view bytes) const {
    return !bytes.empty() || (tls_ && tls_->has_output());
  }
  // void(error_code, std::size_t)
  template <class Token>
  auto async_handshake(Token&& token);
  // Sends close_notify on TLS; then nothing more is written. The socket stays open for reading.
  template <class Token>
  auto async_finish(Token&& token);

 private:
  struct Read;
  struct Write;
  struct Handshake;

  static void on_expired(void* self) {
    error_code ignored;
    static_cast<Stream*>(self)->socket_.cancel(ignored);
  }

  Socket socket_;
  std::optional<TlsEngine> tls_;
};

}  // namespace proxy

#include "proxy/stream_operations.hpp"
