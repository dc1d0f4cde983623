// Pipeline: the chain of this gateway. Its order is a security property.
#pragma once

#include <memory>
#include <utility>

#include "filters/authenticate.hpp"
#include "filters/chain.hpp"
#include "filters/policy.hpp"
#include "filters/rate_limit.hpp"
#include "filters/repair.hpp"
#include "filters/rewrite.hpp"
#include "filters/validate.hpp"

namespace filters {

// Authenticate  first: nobody without a token learns anything else, or costs anything else.
// Repair        before Validate, so that a slip is mended and not refused.
// RateLimit     after Authenticate, and where both its hooks are in time. Its head hook, by address
//               or token, runs before one byte of a body is held: all that stands above it does
//               to a head is look at it. Its body hook, by device, needs the token that Repair has
//               just read. And before Validate: what is no good counts too.
// Validate      after Repair: it judges what will be sent, not what came.
// Policy        after Validate: rules ask about fields that are what the contract says, and a
//               request that nobody would take is not worth a rule.
// Rewrite       last: what it does is for the upstream's eyes, and nothing judges after it.
using Pipeline = Chain<Authenticate, Repair, RateLimit, Validate, Policy, Rewrite>;

struct Settings {
  Mode authenticate = Mode::enforce;
  RepairModes repair;
  RateLimitSettings rate_limit;
  ValidateModes validate;
  std::shared_ptr<const PolicyRules> policy;  // null: none
  Answers answers = Answers::observe;
  RewriteSettings rewrite;
};

// Each governed exchange brings its part of the contract along, as `exchange.endpoint`.
inline Pipeline make_pipeline(const Settings& settings) {
  return Pipeline(Authenticate(settings.authenticate),
                  Repair(settings.repair, settings.rewrite.parameter_names),
                  RateLimit(settings.rate_limit), Validate(settings.validate),
                  Policy(settings.policy, settings.answers), Rewrite(settings.rewrite));
}

}  // namespace filters
