
#include "filters/validate_steps.hpp"

namespace filters {
namespace {

// One that the contract does not take.
void judge_string(Judge& judge, const ContractField& field, const Member& member, Entry entry) {
  if (member.type != Type::string) {
    entry.rule = "validate.type";
    entry.message = "must be a string";
  } else if (member.text.empty()) {
    entry.rule = "validate.empty";
    entry.message = "is empty";
  } else {
    entry.rule = field.values.empty() ? "validate.pattern" : "validate.enum";
    entry.message = field.expectation;
    if (!field.secret) entry.suggestion = Endpoint::nearest_value(field, member.text);
  }
  judge.say(entry);
}

// One whose name is not among the known ones.
void judge_unknown_preference(Judge& judge, const Member& member) {
  const bool valid = member.accepted;
  const Mode mode = valid ? judge.modes.unknown_preferences : Mode::enforce;
  if (mode == Mode::off) return;
  Entry entry{.rule = valid ? "validate.unknown_preference" : "validate.preference_name",
              .place = Place::body,
              .pointer = "/",
              .message = valid ? "is not a known preference"
                               : std::string_view(judge.endpoint.preferences().name_expectation)};
  if (judge.keeps(mode)) {
    entry.pointer = judge.pointer(judge.exchange.body, member);
    if (valid) entry.suggestion = judge.endpoint.nearest_preference(member.name);
  }
  judge.say(mode, entry);
}

std::string_view too_many(Judge& judge) {
  auto& arena = judge.exchange.arena;
  return arena.join(
      {"must have at most ", arena.decimal(judge.endpoint.preferences().most), " members"});
}

void judge_preferences(Judge& judge, const ContractField& field, std::uint32_t holder) {
  auto& members = judge.exchange.body.members;
  const auto holder_pointer = [&] { return judge.pointer(judge.exchange.body, members[holder]); };
  if (members[holder].type != Type::object)
    return judge.say({.rule = "validate.type",
                      .place = Place::body,
                      .pointer = holder_pointer(),
                      .message = field.expectation});
  std::size_t count = 0;
  for (auto i = holder + 1; i < members[holder].next; i = members[i].next) {
    auto& member = members[i];
    if (++count > judge.endpoint.preferences().most)
      return judge.say({.rule = "validate.too_many",
                        .place = Place::body,
                        .pointer = holder_pointer(),
                        .message = too_many(judge)});
    const bool known = judge.endpoint.known_preference(member.name);
    member.accepted = known || judge.endpoint.valid_preference_name(member.name);
    if (!known) judge_unknown_preference(judge, member);
    if (member.type == Type::boolean) continue;
    judge.say(
        {.rule = "validate.type",
         .place = Place::body,
         .pointer = judge.keeps(Mode::enforce) ? judge.pointer(judge.exchange.body, member) : "/",
         .message = "must be true or false"});
  }
}

}  // namespace

void judge_fields(Judge& judge) {
  auto& exchange = judge.exchange;
  const bool in_query = exchange.request.method != Method::post;
  const Place place = in_query ? Place::query : Place::body;
  const auto fields = judge.endpoint.fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const auto& field = fields[f];
    if (!(in_query ? field.in_query : field.in_body)) continue;
    Member* const member = exchange.field(f);
    if (!member && !(in_query ? field.required_in_query : field.required_in_body)) continue;
    if (!member) {
      judge.say({.rule = "validate.required",
                 .place = place,
                 .pointer = judge.exchange.arena.join({"/", field.name}),
                 .message = "is required",
                 .secret = field.secret});
    } else if (field.type == FieldType::object_of_booleans) {
      judge_preferences(judge, field, exchange.fields[f]);
    } else if (member->type == Type::string && field.matches(member->text)) {
      member->accepted = true;
    } else {
      judge_string(judge, field, *member,
                   {.place = place,
                    .pointer = judge.pointer(exchange.parameters(), *member),
                    .secret = field.secret});
    }
  }
}

}  // namespace filters
