#include "filters/insertion.hpp"

#include <algorithm>

#include "filters/arena.hpp"
#include "filters/json_text.hpp"

namespace filters {

std::string_view blanks_before(std::string_view source, std::uint32_t end) {
  const auto text = source.substr(0, end);
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(last == text.npos ? 0 : last + 1);
}

Insertion::Insertion(Document& document, bool blank, Arena& arena)
    : document_(document), arena_(arena), blank_(blank), text_(&arena) {
  const auto source = document.source;
  const auto& members = document.members;
  if (blank) {
    text_ = "{";
  } else if (members.empty()) {
    at_ = static_cast<std::uint32_t>(source.find('{')) + 1;
  } else {
    std::uint32_t last = 0;
    while (members[last].next < members.size()) last = members[last].next;
    at_ = members[last].span.end;
    lead_ = blanks_before(source, members[last].span.begin);
    gap_ = blanks_before(source, members[last].value_span.begin);
    first_ = false;
  }
}

std::uint32_t Insertion::add_string(std::string_view name, std::string_view text) {
  begin_member(name);
  text_ += quoted(text, arena_);
  return end_member(Type::string, text);
}

std::uint32_t Insertion::add_boolean(std::string_view name, bool value) {
  const std::string_view text = value ? "true" : "false";
  begin_member(name);
  text_ += text;
  return end_member(Type::boolean, text);
}

std::uint32_t Insertion::begin_object(std::string_view name) {
  auto& members = document_.members;
  object_ = 1;
  for (const auto& member : members) object_ = std::max(object_, member.object + 1);
  begin_member(name).type = Type::object;
  text_ += '{';
  first_ = true;
  return parent_ = static_cast<std::uint32_t>(members.size()) - 1;
}

void Insertion::end_object() {
  if (on_lines()) text_ += lead_;
  text_ += '}';
  auto& holder = document_.members[parent_];
  holder.value_span.end = holder.span.end = here();
  holder.next = static_cast<std::uint32_t>(document_.members.size());
  parent_ = Document::root;
  first_ = false;
}

Span Insertion::finish() {
  if (text_.empty()) return {};
  if (blank_) text_ += '}';
  const auto source = document_.source;
  const auto end = here();
  document_.syntax = Syntax::json;
  document_.source = arena_.join({source.substr(0, at_), text_, source.substr(at_)});
  return {at_, end};
}

Member& Insertion::begin_member(std::string_view name) {
  const bool inside = parent_ != Document::root;
  if (!first_) text_ += ',';
  // On one line, what stands before a name belongs to the comma.
  if (!first_ || on_lines()) text_ += lead_;
  if (inside && on_lines()) text_ += lead_.substr(lead_.rfind('\n') + 1);  // one level deeper
  first_ = false;
  auto& member = document_.members.emplace_back();
  member.name = name;
  member.parent = parent_;
  member.object = inside ? object_ : 0;
  member.span.begin = member.name_span.begin = here();
  text_ += quoted(name, arena_);
  member.name_span.end = here();
  text_ += ':';
  text_ += gap_;
  member.value_span.begin = here();
  return member;
}

std::uint32_t Insertion::end_member(Type type, std::string_view text) {
  auto& members = document_.members;
  auto& member = members.back();
  member.type = type;
  member.text = text;
  member.value_span.end = member.span.end = here();
  member.next = static_cast<std::uint32_t>(members.size());
  return member.next - 1;
}

}  // namespace filters
