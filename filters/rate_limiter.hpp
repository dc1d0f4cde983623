// RateLimiter: who has asked how often, as the host remembers it and lends it to RateLimit, which
// has neither a clock nor a memory. Rate: how often one client may ask, as people write it.
// Allowance: what a client that asks too often is told. Pure values and an interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filters {

// What one client is.
enum class Per : std::uint8_t { address, token, device };
std::string_view to_string(Per per);

struct Rate {
  std::uint64_t requests = 60;
  std::chrono::seconds period{60};  // one of those that have a unit: 1 s, 60 s, 3600 s
  bool operator==(const Rate&) const = default;
};
// "60/min": digits, a slash and one of s, min, h. None where `text` is something else.
std::optional<Rate> parse_rate(std::string_view text);
std::string to_string(const Rate& rate);

// So many at once, where the client has rested; now the next one in `wait`.
struct Allowance {
  std::uint64_t burst = 0;
  std::chrono::seconds wait{};
};

class RateLimiter {
 public:
  // One request of `who`, at this moment. Zero: it is within the limit, and counted. Else it is
  // beyond, does not count, and would be within after so long, if `who` is quiet until then.
  // Allocates nothing, and keeps no copy of `who`, which may be a secret. Any thread.
  virtual std::chrono::nanoseconds take(Per per, std::string_view who) = 0;

 protected:
  ~RateLimiter() = default;
};

}  // namespace filters
