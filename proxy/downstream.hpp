// Downstream: what a session offers the gateway for one exchange, whatever version of HTTP it
// speaks. The gateway calls it, in this order: read the body or leave it; begin the answer, add to
// it, end it, flush whenever that is enough. Implemented by Session.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "filters/http.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/net.hpp"
#include "proxy/wire.hpp"

namespace proxy {

struct Peer {
  std::string_view address;  // "127.0.0.1"
  std::uint16_t port = 0;
  std::string_view scheme;                  // "http", "https"
  std::string_view version;                 // "1.1"
  std::span<const std::string> names = {};  // of its certificate: see TlsEngine::peer_names
};

class Downstream {
 public:
  virtual ~Downstream() = default;

  virtual const Peer& peer() const = 0;
  // Of the bearer token that came last.
  virtual LastBearer& last_bearer() = 0;

  // ---- The request's body.
  virtual Framing body_framing() const = 0;
  virtual std::uint64_t body_length() const = 0;  // with Framing::length
  // What has arrived of the body and was not handed out yet; without waiting. Its data is valid
  // until the next call of anything here.
  virtual Piece next_body() = 0;
  // Waits for more of it (tells the client to go on, where that is what it waits for). The error is
  // timed_out, eof or the socket's.
  virtual Task<error_code> receive_body() = 0;
  // Ends a `receive_body` that is under way: its result does not matter any more.
  virtual void stop_receiving() = 0;

  // ---- The answer.
  // Framing::none: no body follows. Framing::length: `length` bytes will. Otherwise: unknown.
  virtual void begin_answer(const filters::Response& response, Framing framing,
                            std::uint64_t length) = 0;
  virtual void add(std::string_view piece) = 0;
  virtual void end_answer() = 0;
  virtual std::size_t pending() const = 0;  // bytes not flushed yet
  // Takes `begin_answer` back, as long as nothing was flushed since.
  virtual void forget_answer() = 0;
  // Without waiting: false where not everything could be sent at once, and `flush` has the rest.
  virtual bool flush_now() = 0;
  virtual Task<error_code> flush() = 0;
  // The answer cannot be completed: the client must not take what it has for the whole.
  virtual void abort() = 0;
};

}  // namespace proxy
