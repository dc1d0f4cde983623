// ComposedExchange: an exchange made of its parts, for what asks the chain about requests that
// nobody sends: a policy's tests, records that are replayed. Pure; for commands, on one thread.
#pragma once

#include <optional>

#include "filters/pipeline.hpp"
#include "filters/policy/request_parts.hpp"

namespace filters {

// An exchange's clock counts nanoseconds, and ends in the year 2262.
inline constexpr Moment latest_now =
    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::time_point::max());

class ComposedExchange {
 public:
  // A `now` behind `latest_now` counts as that. `parts` and `endpoint` must outlive it. Fields that
  // the method does not carry are left out. Without a device in `parts`, nothing is known of any:
  // see Matcher::inside_rollout.
  ComposedExchange(const RequestParts& parts, const Endpoint& endpoint, Moment now);

  // Through the whole chain. True where it would be forwarded; then the outgoing bytes are there.
  bool run(const Pipeline& pipeline);
  const Exchange& exchange() const { return exchange_; }

 private:
  // The same device, whatever its token.
  class GivenHash final : public SecretHash {
   public:
    explicit GivenHash(const Digest& digest) : digest_(digest) {}
    Digest mac(std::string_view) const override { return digest_; }

   private:
    Digest digest_;
  };

  std::string_view query_of(const RequestParts& parts, const Endpoint& endpoint);
  std::string_view body_of(const RequestParts& parts, const Endpoint& endpoint);

  Arena arena_;
  Exchange exchange_{arena_};
  std::optional<GivenHash> hash_;
};

}  // namespace filters
