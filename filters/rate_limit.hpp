// RateLimit: how often one client may ask, by its address, its bearer token or its device; beyond
// that 429. Every request counts, valid or not: a client that sends rubbish in a loop is what a
// limit is for. Only those that are themselves refused here do not, so that a client that asks
// too often gets what the rate allows, and not nothing. Where the host lends no RateLimiter
// (offline) it judges nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "filters/exchange.hpp"

namespace filters {

struct RateLimitSettings {
  Mode mode = Mode::off;  // below `enforce`: counted alike, written, and let through
  Per per = Per::device;
  Rate rate = {};
  std::uint64_t burst = 20;      // requests at once
  std::size_t keys = 64 * 1024;  // clients that the host has room for
};

class RateLimit {
 public:
  static constexpr std::string_view name = "rate_limit";
  explicit RateLimit(const RateLimitSettings& settings);

  // By address and by token, before one byte of a body is held. A request without a token (where
  // Authenticate lets it pass) is its address's.
  Verdict on_head(Exchange& exchange) const;
  // By device: its token is in the query or the body, and Repair has read it there. A request
  // without one is its address's: it must not be free where Validate does not enforce.
  Verdict on_body(Exchange& exchange) const;

 private:
  // By the address where there is no secret to go by.
  Verdict by_secret(Exchange& exchange, std::string_view secret) const;
  Verdict judge(Exchange& exchange, Per per, std::string_view who) const;

  RateLimitSettings settings_;
  std::string rate_;  // as people write it
};

}  // namespace filters
