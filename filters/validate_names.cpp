#include "filters/validate_steps.hpp"

namespace filters {
namespace {

// The next character of a name as forgiving servers read it. Letter case does not count to some,
// '.', '-' and ' ' are '_' to others (PHP), and two characters beyond ASCII are letters of it where
// Unicode's case folding is used (Go's JSON: the long s and the Kelvin sign).
char take_folded(std::string_view& name) {
  const bool long_s = name.starts_with("\xC5\xBF"), kelvin = name.starts_with("\xE2\x84\xAA");
  const char c = name.front();
  name.remove_prefix(kelvin ? 3 : long_s ? 2 : 1);
  if (c == '.' || c == '-' || c == ' ') return '_';
  return long_s ? 's' : kelvin ? 'k' : lower(c);
}

bool read_alike(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty())
    if (take_folded(a) != take_folded(b)) return false;
  return a.empty() && b.empty();
}

// The field that `name`, right or misspelt, stands for anywhere in a request, or Contract::none.
std::uint8_t field_meant(const Contract& contract, std::string_view name) {
  if (const auto field = contract.find(name); field != Contract::none) return field;
  if (const auto field = contract.alias(name); field != Contract::none) return field;
  const auto fields = contract.fields();
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (read_alike(name, fields[f].name)) return static_cast<std::uint8_t>(f);
  if (const auto field = contract.nearest(name, true); field != Contract::none) return field;
  return contract.nearest(name, false);
}

std::string_view suggestion(const Contract& contract, std::string_view name) {
  const auto field = field_meant(contract, name);
  return field == Contract::none ? std::string_view{} : contract.fields()[field].name;
}

// What servers that build objects and lists from parameter names take for the name: "platform" of
// "platform[]", "platform[x]", "[platform]", " platform", "platform\0".
std::string_view base_name(std::string_view name) {
  const auto outside = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '[' || c == ']';
  };
  const auto begin = std::ranges::find_if_not(name, outside);
  const auto end = std::find_if(begin, name.end(), outside);
  return {begin, end};
}

// The name of the field of this place that a server may read an unknown name as, or "".
std::string_view read_as(const Contract& contract, std::string_view name, Place place) {
  const bool in_query = place == Place::query;
  for (const auto& field : contract.fields())
    if ((in_query ? field.in_query : field.in_body) && read_alike(name, field.name))
      return field.name;
  const auto base = in_query ? base_name(name) : name;
  return base == name ? std::string_view{} : suggestion(contract, base);
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
    entry.suggestion = suggestion(judge.contract, member.name);
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
      const auto& field = judge.contract.fields()[conflict++->field];
      judge.say({.rule = "repair.duplicate",
                 .place = place,
                 .pointer = judge.pointer(document, member),
                 .message = judge.exchange.arena.join({"disagrees with ", field.name}),
                 .suggestion = field.name,
                 .secret = field.secret});
      continue;
    }
    if (member.dropped || std::ranges::find(exchange.fields, i) != exchange.fields.end()) continue;
    const auto meant = read_as(judge.contract, member.name, place);
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

// Of a POST: a field in the query is one that some servers read, in place of the body's.
void judge_query_of_post(Judge& judge) {
  const auto& query = judge.exchange.query;
  auto repeated = query.repeated.begin();
  for (std::uint32_t i = 0; i < query.members.size(); ++i) {
    while (repeated != query.repeated.end() && *repeated < i) ++repeated;
    if (repeated != query.repeated.end() && *repeated == i) continue;
    const auto& member = query.members[i];
    auto meant = suggestion(judge.contract, member.name);
    if (meant.empty()) meant = suggestion(judge.contract, base_name(member.name));
    if (meant.empty()) {
      judge_unknown(judge, query, member, Place::query);
      continue;
    }
    judge.say({.rule = "validate.misplaced",
               .place = Place::query,
               .pointer = judge.pointer(query, member),
               .message = "belongs in the body",
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
