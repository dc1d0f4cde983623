// Orders: how an exchange is to go wrong, as told by the field `x-owner-api-do` or by the admin
// path. A plain value, made for each request; the default means: behave. It never touches a socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace owner_api {

struct Orders {
  int status = 0;                            // status=503: that answer, in the vendor's words
  std::chrono::milliseconds delay{0};        // delay=250ms: before the answer
  std::optional<std::uint64_t> cut;          // cut=N: reset after N bytes of the answer
  std::optional<std::uint64_t> cut_request;  // cut-request=N: reset after N bytes of the body read
  std::uint64_t piece = 0;                   // slow-body=10/50ms: the body in pieces of 10 bytes,
  std::chrono::milliseconds pause{0};        // with a pause before each
  int interim = 0;                           // interim=103: an answer 1xx first
  bool early = false;                        // answer before the body is read, then read it
  bool close = false;                        // answer with `connection: close`, then close
  bool hang_up = false;                      // close after the answer without having said so
  bool chunked = false;                      // the body in chunks
  bool until_close = false;  // the body without a length, ended by the end of the connection
  bool garbage = false;      // bytes that are no HTTP, then close

  bool any() const { return *this != Orders{}; }
  bool operator==(const Orders&) const = default;
};

// "status=503;delay=250ms". Nothing and `fault` set where a word is unknown or a value is wrong.
std::optional<Orders> parse_orders(std::string_view text, std::string& fault);

}  // namespace owner_api
