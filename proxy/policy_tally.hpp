// PolicyTally: what has come of the operator's rules, counted by rule and by group. Part of a
// Governance, so that an exchange counts for the policy that judged it; at a reload the rules and
// groups that stay take their counts along. Every worker counts on cache lines of its own, without
// a lock; anybody may read the sums at any time.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "filters/policy/compliance.hpp"
#include "filters/policy/rules.hpp"
#include "proxy/count.hpp"

namespace proxy {

class PolicyTally {
 public:
  static constexpr std::size_t modes = 3;  // observe, warn, enforce
  struct Rule {
    std::string tag;  // "policy.<id>"
    std::array<std::uint64_t, filters::rule_outcome_names.size()> outcomes{};
    std::array<std::uint64_t, modes> hits{};
    std::uint64_t complied_answers = 0, drifted_answers = 0;
  };
  struct Group {
    std::string name;
    std::uint64_t compliant = 0, not_compliant = 0;
  };

  // `rules` may be null: no policy. `before` is the tally that this one replaces, of as many
  // workers; null: none.
  PolicyTally(const filters::PolicyRules* rules, std::size_t workers, const PolicyTally* before);

  // On the thread of that worker: an exchange that was judged by these rules has ended.
  void count(std::size_t worker, const filters::Compliance& compliance);

  // Sums over the workers, in the order of the policy's file. Rules that are off are left out.
  std::vector<Rule> rules() const;
  std::vector<Group> groups() const;
  std::size_t workers() const { return workers_; }

 private:
  struct alignas(64) RuleCounts {
    std::array<Count, filters::rule_outcome_names.size()> outcomes;
    std::array<Count, modes> hits;
    Count complied_answers, drifted_answers;
  };
  struct alignas(64) GroupCounts {
    Count compliant, not_compliant;
  };
  template <class Counts>
  struct Row {
    std::string name;  // a rule's id, a group's name
    std::size_t mode;  // of a rule, as in `hits`; `modes`: off
    std::shared_ptr<std::vector<Counts>> by_worker;
  };
  template <class Counts>
  void add_row(std::vector<Row<Counts>>& rows, const std::string& name, std::size_t mode,
               const std::vector<Row<Counts>>* before);

  std::size_t workers_;
  std::vector<Row<RuleCounts>> rules_;
  std::vector<Row<GroupCounts>> groups_;
};

}  // namespace proxy
