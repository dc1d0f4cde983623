#include "filters/policy.hpp"

#include <algorithm>
#include <optional>

#include "filters/policy/matcher.hpp"
#include "filters/policy/preference_map.hpp"

namespace filters {
namespace {

class PolicyWalk {
 public:
  PolicyWalk(const PolicyRules& rules, Exchange& exchange)
      : rules_(rules), exchange_(exchange), matcher_(rules, exchange, exchange.request.method) {}

  Verdict run() {
    Verdict verdict = go_on;
    for (const auto& screen : rules_.screens) {
      if (!matcher_.matches(screen)) continue;
      const auto& rule = rules_.rules[screen.rule];
      if (!matcher_.inside_rollout(rule)) continue;
      verdict = act(rule);
      if (verdict.rejected()) break;
    }
    find_groups();  // before `finish`, which moves members that the matcher has seen
    return map_ ? finish(verdict) : verdict;
  }

 private:
  Verdict finish(Verdict verdict) {
    const auto* const adder = map_->overfilled_by();
    if (adder && !verdict.rejected()) {
      verdict = reject(*adder, {.rule = adder->tag,
                                .place = Place::body,
                                .pointer = pointer_to_map(),
                                .message = "has no room for what the rule adds"});
      for (auto& each : exchange_.compliance.request)
        if (each.rule == number(*adder)) each.outcome = RuleOutcome::denied;
    }
    map_->finish();
    return verdict;
  }

  // Of whoever some rule has judged: for the others nothing is counted, and nothing looked up.
  void find_groups() {
    if (!exchange_.compliance.judged()) return;
    for (std::size_t i = 0; i < rules_.groups.size(); ++i) {
      const auto group = static_cast<std::uint16_t>(i);
      if (matcher_.belongs(group)) exchange_.compliance.groups.push_back(group);
    }
  }

  std::uint32_t number(const PolicyRule& rule) const {
    return static_cast<std::uint32_t>(&rule - rules_.rules.data());
  }
  void settle(const PolicyRule& rule, RuleOutcome outcome) {
    exchange_.compliance.request.push_back({number(rule), outcome});
  }

  Verdict act(const PolicyRule& rule) {
    if (rule.edits() && !map().present()) return go_on;
    if (const auto* const exception = matcher_.exception(rule)) {
      note(rule, exception->note);
      settle(rule, RuleOutcome::excepted);
      return go_on;
    }
    if (rule.rollout != PolicyRule::everyone && !exchange_.identity.hash)
      note(rule, "which devices it has reached is not known here: this one counts as reached");
    if (rule.deny) return deny(rule);
    const auto did = rule.mode == Mode::enforce ? RuleOutcome::changed : RuleOutcome::would_change;
    settle(rule, map().apply(rule) ? did : RuleOutcome::complied);
    return go_on;
  }

  PreferenceMap& map() {
    if (!map_) map_.emplace(rules_, exchange_, of_request(exchange_));
    return *map_;
  }
  std::string_view pointer_to_map() const {
    const auto& field = exchange_.endpoint->fields()[map_field(*exchange_.endpoint)];
    return exchange_.arena.join({"/", field.name});
  }

  Place place() const {
    return exchange_.request.method == Method::post ? Place::body : Place::query;
  }

  // For the record; clients are not told.
  void note(const PolicyRule& rule, std::string_view message) {
    exchange_.journal.write({.rule = rule.tag,
                             .mode = Mode::observe,
                             .kind = Kind::finding,
                             .place = place(),
                             .message = message});
  }

  Verdict deny(const PolicyRule& rule) {
    const Entry entry{.rule = rule.tag, .place = place(), .message = rule.deny->message};
    settle(rule, rule.mode == Mode::enforce ? RuleOutcome::denied : RuleOutcome::would_deny);
    if (rule.mode == Mode::enforce) return reject(rule, entry);
    auto finding = entry;
    finding.mode = rule.mode;
    finding.kind = Kind::finding;
    exchange_.journal.write(finding);
    return go_on;
  }

  Verdict reject(const PolicyRule& rule, Entry entry) {
    entry.kind = Kind::violation;
    exchange_.journal.write(entry);
    return {Reason::policy, entry.message, rule.deny ? rule.deny->status : 0};
  }

  const PolicyRules& rules_;
  Exchange& exchange_;
  Matcher matcher_;
  std::optional<PreferenceMap> map_;
};

}  // namespace

Policy::Policy(std::shared_ptr<const PolicyRules> rules, Answers answers)
    : rules_(std::move(rules)),
      answers_(answers),
      edits_(rules_ && std::ranges::any_of(rules_->rules, [](const PolicyRule& rule) {
               return rule.edits() && rule.mode != Mode::off;
             })) {}

Verdict Policy::on_body(Exchange& exchange) const {
  if (!rules_ || rules_->rules.empty()) return go_on;
  return PolicyWalk(*rules_, exchange).run();
}

}  // namespace filters
