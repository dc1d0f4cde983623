#include "filters/field_names.hpp"
#include "filters/validate_steps.hpp"

namespace filters {
namespace {

std::string_view suggestion(const Endpoint& endpoint, std::string_view name) {
  const auto field = field_meant(endpoint, name);
  return field == Endpoint::none ? std::string_view{} : endpoint.fields()[field].name;
}

// The name of the field that a server may read an unknown name as, or "".
std::string_view read_as(const Endpoint& endpoint, std::string_view name, Place place) {
  const bool in_query = place == Place::query;
  for (const auto& field : endpoint.fields())
    if ((in_query ? field.in_query : field.in_body) && read_alike(name, field.name))
      return field.name;
  const auto base = base_name(name);
  return base == name ? std::string_view{} : suggestion(endpoint, base);
}

void judge_repeated(Judge& judge, const Document& document, Place place) {
  for (const auto index : document.repeated)
    judge.say({.rule = "repair.duplicate",
               .place = place,
               .pointer = judge.keeps(Mode::enforce)
                              ? judge.pointer(document, document.members[index])
                              : "/",
               .message = "appears more than once"});
}

// Frameworks with HTML forms in mind take the method from a parameter of this name.
bool overrides_method(std::string_view name) {
  return equal_ignoring_case(base_name(name), "_method");
}

void judge_unknown(Judge& judge, const Document& document, const Member& member, Place place) {
  if (overrides_method(member.name))
    return judge.say({.rule = "validate.method_override",
                      .place = place,
                      .pointer = judge.pointer(document, member),
                      .message = "would be read as the method"});
  const Mode mode = judge.modes.unknown_parameters;
  if (mode == Mode::off) return;
  Entry entry{.rule = "validate.unknown_parameter",
              .place = place,
              .pointer = "/",
              .message = "is not a known parameter"};
  if (judge.keeps(mode)) {
    entry.pointer = judge.pointer(document, member);
    entry.suggestion = suggestion(judge.endpoint, member.name);
  }
  judge.say(mode, entry);
}

// Where the fields are: every name that is no field's, and none of the troubles named already.
void judge_parameters(Judge& judge, Place place) {
  const auto& exchange = judge.exchange;
  const auto& document = exchange.parameters();
  auto repeated = document.repeated.begin();
  auto conflict = exchange.conflicts.begin();
  for (std::uint32_t i = 0; i < document.members.size(); i = document.members[i].next) {
    const auto& member = document.members[i];
    while (repeated != document.repeated.end() && *repeated < i) ++repeated;
    if (repeated != document.repeated.end() && *repeated == i) continue;
    if (conflict != exchange.conflicts.end() && conflict->member == i) {
      const auto& field = judge.endpoint.fields()[conflict++->field];
      judge.say({.rule = "repair.duplicate",
                 .place = place,
                 .pointer = judge.pointer(document, member),
                 .message = judge.exchange.arena.join({"disagrees with ", field.name}),
                 .suggestion = field.name,
                 .secret = field.secret});
      continue;
    }
    if (member.dropped || std::ranges::find(exchange.fields, i) != exchange.fields.end()) continue;
    const auto meant = read_as(judge.endpoint, member.name, place);
    if (meant.empty()) {
      judge_unknown(judge, document, member, place);
    } else {
      judge.say({.rule = "validate.ambiguous_name",
                 .place = place,
                 .pointer = judge.pointer(document, member),
                 .message = judge.exchange.arena.join({"would be read as ", meant}),
                 .suggestion = meant});
    }
  }
}

bool disagrees(const Exchange& exchange, std::uint32_t member) {
  const auto& conflicts = exchange.query_conflicts;
  return std::ranges::find(conflicts, member, &Conflict::member) != conflicts.end();
}

// Of a POST: a field in the query is one that some servers read, in place of the body's.
void judge_query_of_post(Judge& judge) {
  const auto& query = judge.exchange.query;
  auto repeated = query.repeated.begin();
  for (std::uint32_t i = 0; i < query.members.size(); ++i) {
    while (repeated != query.repeated.end() && *repeated < i) ++repeated;
    if (repeated != query.repeated.end() && *repeated == i) continue;
    const auto& member = query.members[i];
    if (member.dropped) continue;  // Repair took it to the body
    auto meant = suggestion(judge.endpoint, member.name);
    if (meant.empty()) meant = suggestion(judge.endpoint, base_name(member.name));
    if (meant.empty()) {
      judge_unknown(judge, query, member, Place::query);
      continue;
    }
    judge.say({.rule = "validate.misplaced",
               .place = Place::query,
               .pointer = judge.pointer(query, member),
               .message = disagrees(judge.exchange, i)
                              ? "belongs in the body, and disagrees with another value given"
                              : "belongs in the body",
               .suggestion = meant == member.name ? std::string_view{} : meant});
  }
}

}  // namespace

void judge_names(Judge& judge) {
  const bool post = judge.exchange.request.method == Method::post;
  judge_repeated(judge, judge.exchange.query, Place::query);
  if (post) {
    judge_repeated(judge, judge.exchange.body, Place::body);
    judge_query_of_post(judge);
  }
  judge_parameters(judge, post ? Place::body : Place::query);
}

}  // namespace filters
