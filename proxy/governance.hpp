// Governance: all that decides about an exchange: the contract, the chain with its policy, who has
// asked how often, what becomes of other paths. Made of a configuration, immutable after. The
// server makes one at start and one at each reload, and every worker adopts it on its own thread;
// an exchange holds the one it began with until its record is written, because its journal points
// into the rules. So none is ever judged by a mixture of two.
#pragma once

#include <memory>
#include <string>

#include "filters/pipeline.hpp"
#include "proxy/config.hpp"
#include "proxy/policy_tally.hpp"
#include "proxy/rate_limiter.hpp"

namespace proxy {

struct Governance {
  // `before` is what it replaces: where the limit is the same one, so are its counts, and those of
  // the rules that stay.
  explicit Governance(const Config& config, const Governance* before = nullptr);

  std::shared_ptr<const filters::Contract> contract;  // never null
  filters::Pipeline pipeline;
  filters::RateLimitSettings rate_limit;
  std::shared_ptr<RateLimiter> limiter;  // of all workers; null where nothing is limited
  std::shared_ptr<PolicyTally> tally;    // of all workers; never null
  // "sha256:<hex>" of their texts; empty where there is none.
  std::string config_digest, contract_digest, policy_digest;
  // For the record, cut short: "sha256:0123abcd".
  std::string config_mark, contract_mark;
  bool forward_other_paths;
  filters::RecordLevels levels;
};

using Governing = std::shared_ptr<const Governance>;

// The same governance under a count of its own, for one thread that copies it with every exchange:
// workers that shared a count would pass its cache line to and fro.
Governing counted_apart(Governing governance);

}  // namespace proxy
