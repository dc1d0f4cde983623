// Answer: the response of an exchange that the gateway answers itself, from its verdict and its
// journal: the upstream's own error envelope with a list of violations, or RFC 9457 where the
// client asks for it. Never echoes a value a client sent.
#pragma once

#include "filters/exchange.hpp"

namespace filters {

// Fills exchange.response (status, reason, fields, body) from exchange.verdict, which must be a
// rejection. Sets Content-Type, WWW-Authenticate on 401, Allow on 405, Retry-After on 429
// and 503, RateLimit-* on 429. Not Content-Length, Connection, Date: they belong to the version of
// HTTP. Not x-prefgate-*, x-request-id: see `decorate`.
void make_answer(Exchange& exchange);

enum class Origin : std::uint8_t { gateway, upstream };

// Appends to exchange.response what every answer carries, whoever made it: x-request-id,
// x-prefgate-origin, x-prefgate-rules where a rule acted, and x-prefgate-delivery where `delivery`
// says something the client must know (502 and 504 made here).
void decorate(Exchange& exchange, Origin origin, Delivery delivery);

}  // namespace filters
