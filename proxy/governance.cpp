#include "proxy/governance.hpp"

#include <utility>

namespace proxy {

Governance::Governance(const Config& config)
    : contract(config.contract),
      pipeline(filters::make_pipeline(config.filters)),
      policy_digest(config.policy_digest),
      forward_other_paths(config.forward_other_paths) {}

Governing counted_apart(Governing governance) {
  const auto held = std::make_shared<const Governing>(std::move(governance));
  return {held, held->get()};
}

}  // namespace proxy
