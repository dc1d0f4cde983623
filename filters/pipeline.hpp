// Pipeline: the chain of this gateway. Its order is a security property.
#pragma once

#include <memory>
#include <utility>

#include "filters/authenticate.hpp"
#include "filters/chain.hpp"
#include "filters/policy.hpp"
#include "filters/repair.hpp"
#include "filters/rewrite.hpp"
#include "filters/validate.hpp"

namespace filters {

// Authenticate  first: nobody without a token learns anything else, or costs anything else.
// Repair        before Validate, so that a slip is mended and not refused.
// Validate      after Repair: it judges what will be sent, not what came.
// Policy        after Validate: rules ask about fields that are what the contract says, and a
//               request that nobody would take is not worth a rule.
// Rewrite       last: what it does is for the upstream's eyes, and nothing judges after it.
using Pipeline = Chain<Authenticate, Repair, Validate, Policy, Rewrite>;

struct Settings {
  Mode authenticate = Mode::enforce;
  RepairModes repair;
  ValidateModes validate;
  std::shared_ptr<const PolicyRules> policy;  // null: none
  Answers answers = Answers::observe;
  RewriteSettings rewrite;
};

// Each governed exchange brings its part of the contract along, as `exchange.endpoint`.
inline Pipeline make_pipeline(const Settings& settings) {
  return Pipeline(Authenticate(settings.authenticate),
                  Repair(settings.repair, settings.rewrite.parameter_names),
                  Validate(settings.validate), Policy(settings.policy, settings.answers),
                  Rewrite(settings.rewrite));
}

}  // namespace filters
