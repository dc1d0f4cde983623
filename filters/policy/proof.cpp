#include "filters/policy/proof.hpp"

#include <algorithm>

#include "filters/policy/meeting.hpp"

namespace filters {
namespace {

struct Contradiction {
  Mark mark;  // in the later rule
  std::string name;
  std::string_view earlier, later;  // what the two do: "forces it to true"
};

std::string_view forces(bool value) {
  return value ? "forces it to true" : "forces it to false";
}

std::string described(const PolicyRule& rule) {
  return "rule `" + rule.id + "` (line " + std::to_string(rule.mark.line) + ")";
}

class Proof {
 public:
  Proof(const PolicyRules& rules, const PolicySurroundings& around, const std::vector<bool>& faulty,
        Findings& findings)
      : rules_(rules), faulty_(faulty), findings_(findings), meeting_(rules, around) {
    for (const auto& name : rules.names) names_.push_back(name);
  }

  void run() {
    const auto& all = rules_.rules;
    for (std::size_t later = 0; later < all.size(); ++later) {
      if (all[later].mode == Mode::off || faulty_[later]) continue;
      if (!meeting_.reachable(all[later])) {
        findings_.error(all[later].mark, described(all[later]) +
                                             " never matches: no governed path has all it asks "
                                             "for");
        continue;
      }
      for (std::size_t earlier = 0; earlier < later; ++earlier)
        if (all[earlier].mode == Mode::enforce && !faulty_[earlier])
          compare(all[earlier], all[later]);
    }
  }

 private:
  void compare(const PolicyRule& earlier, const PolicyRule& later) {
    if (earlier.deny) {
      if (meeting_.covers(earlier, later))
        findings_.error(later.mark, described(later) + " never acts: " + described(earlier) +
                                        " denies every request that it matches");
      return;
    }
    if (later.mode != Mode::enforce || later.deny) return;
    const auto found = contradiction(earlier, later);
    if (!found || !meeting_.can_meet(earlier, later)) return;
    findings_.error(found->mark,
                    described(later) + " contradicts " + described(earlier) + ": on `" +
                        found->name + "`, the one " + std::string(found->later) + ", the other " +
                        std::string(found->earlier) + ", and a request can match both");
  }

  // What they would do to one request; the first of several.
  std::optional<Contradiction> contradiction(const PolicyRule& a, const PolicyRule& b) const {
    for (const auto& value : b.force) {
      const auto same = std::ranges::find(a.force, value.name, &PreferenceValue::name);
      if (same != a.force.end() && same->value != value.value)
        return Contradiction{value.mark, names_[value.name], forces(same->value),
                             forces(value.value)};
    }
    constexpr std::string_view removes = "removes it", adds = "adds it";
    if (a.forbid) {
      for (const auto& value : b.force)
        if (a.forbid->matches(names_[value.name]))
          return Contradiction{value.mark, names_[value.name], removes, forces(value.value)};
      for (const auto& value : b.defaults)
        if (a.forbid->matches(names_[value.name]))
          return Contradiction{value.mark, names_[value.name], removes, adds};
    }
    if (b.forbid) {
      for (const auto& value : a.force)
        if (b.forbid->matches(names_[value.name]))
          return Contradiction{b.forbid_mark, names_[value.name], forces(value.value), removes};
      for (const auto& value : a.defaults)
        if (b.forbid->matches(names_[value.name]))
          return Contradiction{b.forbid_mark, names_[value.name], adds, removes};
    }
    return {};
  }

  const PolicyRules& rules_;
  const std::vector<bool>& faulty_;
  Findings& findings_;
  Meeting meeting_;
  std::vector<std::string> names_;
};

}  // namespace

void prove(const PolicyRules& rules, const PolicySurroundings& around,
           const std::vector<bool>& faulty, Findings& findings) {
  Proof(rules, around, faulty, findings).run();
}

}  // namespace filters
