// Failure: why the upstream did not answer, as a value: what happened, whether the request may have
// arrived, and whether another try is allowed. One table maps each kind to the token in the record
// and the Reason the client gets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/verdict.hpp"

namespace proxy {

enum class FailureKind : std::uint8_t {
  none,
  resolve,  // the name has no address
  connect_refused,
  connect_timeout,
  connect_failed,  // any other error of connecting
  tls_unverified,  // the certificate does not prove the name
  tls_handshake,
  pool_full,     // too many requests wait for a connection already
  pool_timeout,  // no connection became free in time
  write_failed,
  write_timeout,
  closed,  // before the answer's head was whole
  first_byte_timeout,
  garbled,  // the answer is not HTTP that can be passed on
};

struct Failure {
  FailureKind kind = FailureKind::none;
  std::string detail = {};     // for the log; may be empty
  bool reused = false;         // the connection had carried an exchange before
  std::size_t bytes_sent = 0;  // of this request, that reached the socket
  bool answer_begun = false;   // at least one byte came back

  explicit operator bool() const { return kind != FailureKind::none; }
};

struct FailureInfo {
  FailureKind kind;
  std::string_view token;
  filters::Reason reason;
};
const FailureInfo& info(FailureKind kind);

// Whether the upstream may have acted on the request.
filters::Delivery delivery(const Failure& failure);

// The rule of retries: once, on another connection, only when a reused one failed before any byte
// of an answer (an idle connection that the upstream was just closing); a method that is not
// idempotent (RFC 9110 section 9.2.2) only when none of its bytes was sent.
bool may_retry(const Failure& failure, std::string_view method, unsigned retries);

}  // namespace proxy
