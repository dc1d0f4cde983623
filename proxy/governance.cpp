#include "proxy/governance.hpp"

#include <string_view>
#include <utility>

namespace proxy {

namespace {

// What its counts mean.
bool same_limit(const filters::RateLimitSettings& a, const filters::RateLimitSettings& b) {
  return a.rate == b.rate && a.burst == b.burst && a.keys == b.keys;
}

// 64 bits of it: two files that anybody has do not share them. All 256 of both would make each
// record 96 bytes longer, and each of these is hashed, stored and searched; /status has them.
std::string shortened(const std::string& digest) {
  return digest.substr(0, std::string_view("sha256:").size() + 16);
}

}  // namespace

Governance::Governance(const Config& config, const Governance* before)
    : contract(config.contract),
      pipeline(filters::make_pipeline(config.filters)),
      rate_limit(config.filters.rate_limit),
      limiter(before && before->limiter && rate_limit.mode != filters::Mode::off &&
                      same_limit(before->rate_limit, rate_limit)
                  ? before->limiter
                  : make_rate_limiter(rate_limit)),
      tally(std::make_shared<PolicyTally>(config.filters.policy.get(), config.workers,
                                          before ? before->tally.get() : nullptr)),
      config_digest(config.digest),
      contract_digest(config.contract_digest),
      policy_digest(config.policy_digest),
      config_mark(shortened(config_digest)),
      contract_mark(shortened(contract_digest)),
      forward_other_paths(config.forward_other_paths),
      levels(config.audit.levels) {}

Governing counted_apart(Governing governance) {
  const auto held = std::make_shared<const Governing>(std::move(governance));
  return {held, held->get()};
}

}  // namespace proxy
