// Connection: one socket to the target, TLS or not, and at most one request on it. It opens itself
// when a request comes and it is closed, and never blocks. Owned by the Driver, on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "bench/load/answer_reader.hpp"
#include "bench/load/clock.hpp"
#include "bench/load/source.hpp"
#include "bench/load/target.hpp"

namespace load {

enum class Failure : std::uint8_t { connect, tls, closed, garbled, timeout, unsent };
inline constexpr std::size_t failure_count = 6;
std::string_view to_string(Failure failure);

class Connection {
 public:
  // What has come of it: `open`: a connection without a request is there; `lost`: it is gone, with
  // no request on it.
  enum class Event : std::uint8_t { none, open, answered, failed, lost };

  // `epoll`: who tells of its socket; `index`: what it is called there. `target` must outlive it.
  Connection(const Target& target, int epoll, std::uint32_t index);
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Event open();
  // Sends what stands in `request`, at once or as soon as it can. Not while busy.
  Event send(bool keep_body);
  // Goes on after the socket became ready. `ended`: the peer will send nothing behind what is
  // there. `scratch` is for reading.
  Event advance(bool ended, std::span<char> scratch);
  // Waits no longer for the answer, and closes. While busy.
  Event give_up() { return fail(Failure::timeout); }
  void close();

  bool busy() const { return has_request_; }
  const AnswerReader& answer() const { return answer_; }
  Failure failure() const { return failure_; }
  // Why it could not be opened, in words.
  const std::string& fault() const { return fault_; }
  std::uint64_t opened() const { return opened_; }

  // The driver's notes.
  std::string request;
  Ticket ticket;
  Nanoseconds due{0};
  Nanoseconds sent_at{0};
  Nanoseconds free_since{0};

 private:
  enum class Place : std::uint8_t { closed, connecting, handshaking, idle };

  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  Event connected();
  Event start_tls();
  Event handshake();
  Event ready();
  Event flush();
  Event read(std::span<char> scratch);
  Event take(AnswerReader::Outcome outcome);
  Event fail(Failure failure, std::string why = {});
  // Bytes; 0 at the end of the stream; -1: none for now; -2: broken.
  std::int64_t receive(std::span<char> scratch);
  std::int64_t transmit(std::string_view bytes);
  std::int64_t tls_outcome(int result);

  const Target& target_;
  const int epoll_;
  const std::uint32_t index_;
  int descriptor_ = -1;
  std::unique_ptr<SSL, FreeTls> tls_;
  Place place_ = Place::closed;
  bool has_request_ = false;
  bool ended_ = false;       // the peer has finished sending
  std::size_t written_ = 0;  // of `request`
  AnswerReader answer_;
  Failure failure_ = Failure::closed;
  std::string fault_;
  std::uint64_t opened_ = 0;
};

}  // namespace load
