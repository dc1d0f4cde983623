// Values: white space around them, letter case, a number or a word where a string or a boolean
// belongs. Only where the mended value is one the contract accepts; anything else is no slip that
// could be mended, and Validate says so.
#include <algorithm>

#include "filters/json_text.hpp"
#include "filters/repair_steps.hpp"

namespace filters {
namespace {

constexpr std::string_view blanks = " \t\r\n";

enum class Change : std::uint8_t { none, value, type };

struct Mended {
  Change change = Change::none;
  Type type;
  std::string_view text;
  bool lowered = false;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view{}
                            : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

Mode mode_of(const RepairModes& modes, Change change) {
  return change == Change::type ? modes.type : modes.value;
}

// What the rules make of a string field's value, whatever their mode.
Mended mend(const RepairScope& scope, const ContractField& field, const Member& member) {
  Mended out{Change::none, member.type, member.text};
  if (field.type != FieldType::string) return out;
  if (member.type == Type::number && field.numeric && field.matches(member.text)) {
    out.change = Change::type;
    out.type = Type::string;
  } else if (member.type == Type::string && !field.matches(member.text)) {
    std::string_view text = trimmed(member.text);
    if (!field.matches(text) && field.case_insensitive) {
      char* const copy = scope.exchange.arena.bytes(text.size());
      std::ranges::transform(text, copy, lower);
      text = {copy, text.size()};
      out.lowered = true;
    }
    if (!field.matches(text)) return {Change::none, member.type, member.text};
    out.change = Change::value;
    out.text = text;
  }
  return out;
}

Mended settled(const RepairScope& scope, const ContractField& field, const Member& member) {
  const auto out = mend(scope, field, member);
  if (mode_of(scope.modes, out.change) == Mode::enforce) return out;
  return {Change::none, member.type, member.text};
}

// The raw bytes of a string that are left when white space, however it is written, is cut off.
Span trimmed_raw(std::string_view source, Span raw, Syntax syntax) {
  constexpr std::string_view query_blanks[] = {"+", "%20", "%09", "%0a", "%0d"};
  constexpr std::string_view json_blanks[] = {" ",       "\\t",     "\\n",     "\\r",
                                              "\\u0020", "\\u0009", "\\u000a", "\\u000d"};
  const bool query = syntax == Syntax::query;
  const auto blank = [&](std::string_view unit) {
    const auto same = [&](std::string_view b) { return equal_ignoring_case(b, unit); };
    // "\T" is no escape, so ignoring case takes in nothing that is not white space.
    return query ? std::ranges::any_of(query_blanks, same) : std::ranges::any_of(json_blanks, same);
  };
  Span kept{raw.end, raw.end};
  for (std::uint32_t i = raw.begin, size = 1; i < raw.end; i += size) {
    size = 1;
    if (query && source[i] == '%') size = 3;
    if (!query && source[i] == '\\') size = source[i + 1] == 'u' ? 6 : 2;
    if (blank(source.substr(i, size))) continue;
    kept.begin = std::min(kept.begin, i);
    kept.end = i + size;
  }
  return kept;
}

void edit_string(RepairScope& scope, const Member& member, const Mended& mended) {
  const bool query = scope.document.syntax == Syntax::query;
  const Span whole = member.value_span;
  const Span raw = query ? whole : Span{whole.begin + 1, whole.end - 1};
  const Span kept = trimmed_raw(scope.document.source, raw, scope.document.syntax);
  if (kept.begin > raw.begin) scope.edits.add({raw.begin, kept.begin}, {});
  // Lowered text matches a pattern of letters, digits and '-': it needs no encoding.
  if (mended.lowered) scope.edits.add(kept, mended.text);
  if (kept.end < raw.end) scope.edits.add({kept.end, raw.end}, {});
}

void repair_string(RepairScope& scope, const ContractField& field, Member& member) {
  const Mended mended = mend(scope, field, member);
  if (mended.change == Change::none) return;
  const Mode mode = mode_of(scope.modes, mended.change);
  const bool act = mode == Mode::enforce;
  Entry entry{.rule = mended.change == Change::type ? "repair.type" : "repair.value",
              .mode = mode,
              .kind = act ? Kind::edit : Kind::finding,
              .operation = Operation::replace,
              .place = scope.place(),
              .pointer = scope.pointer(member),
              .before = journal_text(scope, field, member),
              .secret = field.secret};
  if (act && mended.change == Change::type) {
    scope.edits.add({member.value_span.begin, member.value_span.begin}, "\"");
    scope.edits.add({member.value_span.end, member.value_span.end}, "\"");
  } else if (act) {
    edit_string(scope, member, mended);
  }
  if (!field.secret) entry.after = quoted(mended.text, scope.exchange.arena);
  if (!act) entry.message = "is not written as the contract has it";
  scope.exchange.journal.write(entry);
  if (!act) return;
  member.type = mended.type;
  member.text = mended.text;
}

std::string_view boolean_meant(const Member& member) {
  if (member.type == Type::string && (member.text == "true" || member.text == "false"))
    return member.text == "true" ? "true" : "false";
  if (member.type == Type::number && (member.text == "1" || member.text == "0"))
    return member.text == "1" ? "true" : "false";
  return {};
}

void repair_preferences(RepairScope& scope, std::uint32_t holder) {
  auto& members = scope.document.members;
  if (scope.modes.type == Mode::off || members[holder].type != Type::object) return;
  std::size_t count = 0;
  const auto end = members[holder].next;
  for (auto i = holder + 1; i < end; i = members[i].next) ++count;
  if (count > scope.endpoint.preferences().most)
    return;  // refused anyway, and the journal stays short
  const bool act = scope.modes.type == Mode::enforce;
  for (auto i = holder + 1; i < end; i = members[i].next) {
    auto& member = members[i];
    if (member.type == Type::boolean) continue;
    const auto meant = boolean_meant(member);
    if (meant.empty()) continue;
    if (act) scope.edits.add(member.value_span, meant);
    scope.exchange.journal.write({.rule = "repair.type",
                                  .mode = scope.modes.type,
                                  .kind = act ? Kind::edit : Kind::finding,
                                  .operation = Operation::replace,
                                  .place = Place::body,
                                  .pointer = scope.pointer(member),
                                  .before = member.value_span.of(scope.document.source),
                                  .after = meant,
                                  .message = act ? "" : "is not written as the contract has it"});
    if (!act) continue;
    member.type = Type::boolean;
    member.text = meant;
  }
}

}  // namespace

bool same_value(const RepairScope& scope, const ContractField& field, const Member& a,
                const Member& b) {
  if (field.type != FieldType::string || a.type == Type::object || a.type == Type::array)
    return a.value_span.of(scope.document.source) == b.value_span.of(scope.document.source);
  const auto left = settled(scope, field, a), right = settled(scope, field, b);
  return left.type == right.type && left.text == right.text;
}

std::string_view journal_text(const RepairScope& scope, const ContractField& field,
                              const Member& member) {
  constexpr std::size_t longest = 256;
  if (field.secret || member.value_span.size() > longest) return {};
  if (field.type == FieldType::string) {
    const auto mended = mend(scope, field, member);
    if (mended.type != Type::string || !field.matches(mended.text)) return {};
  }
  if (scope.document.syntax == Syntax::json) return member.value_span.of(scope.document.source);
  return quoted(member.text, scope.exchange.arena);
}

void repair_values(RepairScope& scope) {
  const auto fields = scope.endpoint.fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const auto index = scope.exchange.fields[f];
    if (index == Document::root) continue;
    if (fields[f].type == FieldType::string)
      repair_string(scope, fields[f], scope.document.members[index]);
    else
      repair_preferences(scope, index);
  }
}

}  // namespace filters
