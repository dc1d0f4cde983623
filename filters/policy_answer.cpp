// Drift: what a GET answers, held against the policy. A rule that came after the preferences were
// stored, or that a client went round on another way, shows here.
#include "filters/media_type.hpp"
#include "filters/policy.hpp"
#include "filters/policy/matcher.hpp"
#include "filters/policy/preference_map.hpp"

namespace filters {
namespace {

// Where every answer of this API has what was asked for: {"response":{"alarm":true}}.
constexpr std::string_view envelope = "response";

void say_why_not(Exchange& exchange, std::string_view why) {
  exchange.journal.write({.rule = "policy.drift",
                          .mode = Mode::observe,
                          .kind = Kind::finding,
                          .place = Place::answer,
                          .message = why});
}

// Reads the answer into `exchange.answer`. Empty, or why it cannot be read.
std::string_view read_answer(Exchange& exchange) {
  const auto& response = exchange.response;
  if (response.too_long) return "not looked at: longer than limits.body";
  if (has_content_encoding(response.headers))
    return "not looked at: it has a content encoding (rewrite.headers can remove Accept-Encoding)";
  if (media_type(response.headers) != MediaType::json)
    return "not looked at: its content type is not application/json";
  if (index_json(response.body, exchange.arena, exchange.answer))
    return "not looked at: it is not JSON";
  if (!exchange.answer.repeated.empty()) return "not looked at: a name appears more than once";
  return {};
}

const Member* find_map(const Document& answer) {
  for (std::uint32_t i = 0; i < answer.members.size(); i = answer.members[i].next)
    if (answer.members[i].name == envelope) return &answer.members[i];
  return nullptr;
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
  if (exchange.response.body.empty() && !exchange.response.too_long) return;  // nothing is stored
  auto& answer = exchange.answer;
  if (const auto why = read_answer(exchange); !why.empty()) return say_why_not(exchange, why);
  const auto* const member = find_map(answer);
  if (member && member->type == Type::null) return;  // likewise
  if (!member || member->type != Type::object)
    return say_why_not(exchange, "not looked at: it has no object `response`");

  const auto holder = static_cast<std::uint32_t>(member - answer.members.data());
  PreferenceMap map(*rules_, exchange,
                    {answer, holder, exchange.answer_edits, Place::answer,
                     answers_ == Answers::governed ? Mode::enforce : Mode::observe});
  Matcher matcher(*rules_, exchange, Method::post);
  std::uint32_t number = 0;
  for (const auto& rule : rules_->rules) {
    if (rule.edits() && rule.mode != Mode::off && matcher.matches(rule.when) &&
        matcher.inside_rollout(rule) && !matcher.exception(rule))
      exchange.compliance.answer.push_back({number, map.apply(rule)});
    ++number;
  }
  map.finish();
}

}  // namespace filters
