// Drift: what a GET answers, held against the policy. A rule that came after the preferences were
// stored, or that a client went round on another way, shows here.
#include "filters/policy.hpp"
#include "filters/policy/matcher.hpp"
#include "filters/policy/preference_map.hpp"
#include "filters/stored_preferences.hpp"

namespace filters {
namespace {

void say_why_not(Exchange& exchange, std::string_view why) {
  exchange.journal.write({.rule = "policy.drift",
                          .mode = Mode::observe,
                          .kind = Kind::finding,
                          .place = Place::answer,
                          .message = why});
}

}  // namespace

AnswerBody Policy::answer_body(const Exchange& exchange) const {
  if (!edits_ || exchange.request.method != Method::get || exchange.response.status != 200 ||
      map_field(*exchange.endpoint) == Endpoint::none)
    return AnswerBody::pass;
  return answers_ == Answers::governed ? AnswerBody::hold : AnswerBody::copy;
}

void Policy::on_answer(Exchange& exchange) const {
  if (answer_body(exchange) == AnswerBody::pass) return;
  const auto [holder, fault] = read_stored_preferences(exchange);
  if (!fault.empty()) return say_why_not(exchange, fault);
  if (holder == Document::root) return;  // nothing is stored
  PreferenceMap map(*rules_, exchange,
                    {exchange.answer, holder, exchange.answer_edits, Place::answer,
                     answers_ == Answers::governed ? Mode::enforce : Mode::observe});
  Matcher matcher(*rules_, exchange, Method::post);
  for (const auto& screen : rules_->screens) {
    const auto& rule = rules_->rules[screen.rule];
    if (matcher.matches(screen) && rule.edits() && matcher.inside_rollout(rule) &&
        !matcher.exception(rule))
      exchange.compliance.answer.push_back({screen.rule, map.apply(rule)});
  }
  map.finish();
}

}  // namespace filters
