// Meeting: whether one request can match two rules, and whether all that match one match another.
// Takes the contract at its word: a required field is there, and is what its pattern says. Exact
// for methods, texts, versions and times; what it takes for granted about groups is said at
// `groups_meet`. Used by the proof alone.
#pragma once

#include <map>
#include <span>
#include <tuple>

#include "filters/policy/load_policy.hpp"

namespace filters {

class Meeting {
 public:
  Meeting(const PolicyRules& rules, const PolicySurroundings& around)
      : rules_(rules), around_(around) {}

  // Some request has what the rule asks for, groups and times aside.
  bool reachable(const PolicyRule& rule);
  // From now on, one request can match both.
  bool can_meet(const PolicyRule& a, const PolicyRule& b);
  // Every request that matches `inner` matches `outer`, whatever its device. False where that is
  // not certain.
  bool covers(const PolicyRule& outer, const PolicyRule& inner);

 private:
  // Where a request can come: a path and a method.
  struct Gate {
    const Endpoint& endpoint;
    Method method;
  };

  bool passes(const PolicyRule& rule, const Gate& gate);
  static const ContractField* carried(const Gate& gate, std::string_view name);
  bool texts_meet(std::span<const PolicyRule* const> rules, const Gate& gate);
  bool texts_within(const PolicyRule& inner, const PolicyRule& outer, const Gate& gate);
  bool groups_meet(const PolicyRule& a, const PolicyRule& b) const;
  bool some(const ContractField& field, std::uint16_t a, std::uint16_t b, bool b_inside,
            bool undecided);
  template <class Predicate>
  bool any_gate(Predicate holds);

  const PolicyRules& rules_;
  const PolicySurroundings& around_;
  std::map<std::tuple<const ContractField*, std::uint16_t, std::uint16_t, bool>,
           std::optional<bool>>
      known_;
};

}  // namespace filters
