#include "proxy/meter.hpp"

#include <algorithm>
#include <utility>

namespace proxy {

void Meter::count(const filters::Exchange& exchange, const filters::Outcome& outcome) {
  ++exchanges_;
  if (!exchange.journal.empty()) count_hits(exchange.journal);
  // Of this refusal the journal says nothing: the status says it all.
  if (exchange.verdict.reason == filters::Reason::no_bearer_token)
    hits_[filters::chain_rule("authenticate.bearer")][modes.size() - 1].add();
  if (exchange.verdict.reason == filters::Reason::audit_full) unrecordable_.add();
  if (exchange.verdict.reason == filters::Reason::shed) shed_.add();
  durations_.observe(outcome.duration);
  const auto* const known = std::ranges::find(methods, exchange.request.method_name);
  const auto method =
      std::min(static_cast<std::size_t>(known - methods.begin()), methods.size() - 1);
  const auto decision = static_cast<std::size_t>(outcome.decision);
  // The last: who sees it counted sees the rest.
  requests_[method][decision][status_index(outcome.status)].add();
}

void Meter::count_upstream(const filters::Outcome& outcome) {
  upstream_durations_.observe(outcome.upstream_duration);
  if (outcome.retried) retries_.add();
}

// A rule that changed ten members has acted once.
void Meter::count_hits(const filters::Journal& journal) {
  for (const auto& entry : journal) {
    const auto rule = filters::chain_rule(entry.rule);
    if (rule == filters::chain_rules.size()) continue;  // the operator's
    const auto mode = static_cast<std::size_t>(entry.mode) - 1;
    if (std::exchange(hit_by_[rule][mode], exchanges_) != exchanges_) hits_[rule][mode].add();
  }
}

void Meter::show(const PoolCounts& pool) {
  idle_.set(pool.idle);
  open_.set(pool.open);
  waiting_.set(pool.waiting);
}

void Meter::show(std::vector<std::shared_ptr<const Address>> addresses) {
  const std::lock_guard lock(mutex_);
  addresses_.swap(addresses);
}

std::vector<std::shared_ptr<const Address>> Meter::addresses() const {
  const std::lock_guard lock(mutex_);
  return addresses_;
}

}  // namespace proxy
