#include "proxy/policy_tally.hpp"

#include <algorithm>
#include <cassert>

namespace proxy {

using filters::RuleOutcome;

PolicyTally::PolicyTally(const filters::PolicyRules* rules, std::size_t workers,
                         const PolicyTally* before)
    : workers_(before ? before->workers_ : workers) {
  if (!rules) return;
  for (const auto& rule : rules->rules) {
    const auto mode =
        rule.mode == filters::Mode::off ? modes : static_cast<std::size_t>(rule.mode) - 1;
    add_row(rules_, rule.id, mode, before ? &before->rules_ : nullptr);
  }
  for (const auto& group : rules->groups)
    add_row(groups_, group.name, modes, before ? &before->groups_ : nullptr);
}

template <class Counts>
void PolicyTally::add_row(std::vector<Row<Counts>>& rows, const std::string& name, std::size_t mode,
                          const std::vector<Row<Counts>>* before) {
  auto& row = rows.emplace_back(name, mode, nullptr);
  if (before) {
    const auto same = std::ranges::find(*before, name, &Row<Counts>::name);
    if (same != before->end()) row.by_worker = same->by_worker;
  }
  if (!row.by_worker) row.by_worker = std::make_shared<std::vector<Counts>>(workers_);
}

void PolicyTally::count(std::size_t worker, const filters::Compliance& compliance) {
  assert(worker < workers_);
  for (const auto& [rule, outcome] : compliance.request) {
    const auto& row = rules_[rule];
    auto& counts = (*row.by_worker)[worker];
    counts.outcomes[static_cast<std::size_t>(outcome)].add();
    if (outcome != RuleOutcome::complied && outcome != RuleOutcome::excepted)
      counts.hits[row.mode].add();
  }
  for (const auto& [rule, drifted] : compliance.answer) {
    auto& counts = (*rules_[rule].by_worker)[worker];
    (drifted ? counts.drifted_answers : counts.complied_answers).add();
  }
  const bool compliant = compliance.compliant();
  for (const auto group : compliance.groups) {
    auto& counts = (*groups_[group].by_worker)[worker];
    (compliant ? counts.compliant : counts.not_compliant).add();
  }
}

std::vector<PolicyTally::Rule> PolicyTally::rules() const {
  std::vector<Rule> rules;
  for (const auto& row : rules_) {
    if (row.mode == modes) continue;
    auto& rule = rules.emplace_back();
    rule.tag = "policy." + row.name;
    for (const auto& counts : *row.by_worker) {
      for (std::size_t i = 0; i < rule.outcomes.size(); ++i)
        rule.outcomes[i] += counts.outcomes[i].get();
      for (std::size_t i = 0; i < modes; ++i) rule.hits[i] += counts.hits[i].get();
      rule.complied_answers += counts.complied_answers.get();
      rule.drifted_answers += counts.drifted_answers.get();
    }
  }
  return rules;
}

std::vector<PolicyTally::Group> PolicyTally::groups() const {
  std::vector<Group> groups;
  for (const auto& row : groups_) {
    auto& group = groups.emplace_back();
    group.name = row.name;
    for (const auto& counts : *row.by_worker) {
      group.compliant += counts.compliant.get();
      group.not_compliant += counts.not_compliant.get();
    }
  }
  return groups;
}

}  // namespace proxy
