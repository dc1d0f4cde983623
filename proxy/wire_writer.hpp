// Writes HTTP/1.1 heads. The counterpart of wire.hpp; no I/O.
#pragma once

#include <ctime>
#include <span>
#include <string>
#include <string_view>

#include "proxy/wire.hpp"

namespace proxy {

using Text = std::string;

// Who is asking, for the fields a proxy adds. What a client sent of them is replaced: it cannot be
// believed (RFC 7239 section 8.1).
struct Via {
  std::string_view client_address;  // "127.0.0.1", "::1"
  std::string_view scheme;          // of the client's connection
  std::string_view upstream_authority;
};

// The request as it goes upstream: the outgoing query of `exchange`, its fields without those of
// this hop, then Host, Via, Forwarded, X-Forwarded-*, x-request-id, and the body's framing.
void write_request_head(const filters::Exchange& exchange, const Via& via, Framing framing,
                        std::uint64_t length, Text& to);

// The response as it goes to a client that speaks HTTP/1.`minor_version`.
struct ResponseForm {
  Framing framing = Framing::length;
  std::uint64_t length = 0;
  bool close = false;           // the connection ends after this
  bool say_keep_alive = false;  // an HTTP/1.0 client must be told
  std::string_view date;        // added where `response` has none
};
void write_response_head(const filters::Response& response, const ResponseForm& form, Text& to);

// The time as an HTTP date (RFC 9110 section 5.6.7), ended by a null.
void write_date(std::time_t time, std::span<char, 32> to);

// "1a2b\r\n" before, "\r\n" after; `last_chunk` ends them. Writes nothing for empty data.
void write_chunk(std::string_view data, Text& to);

}  // namespace proxy
