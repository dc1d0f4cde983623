// How changed, removed and added members become edits of the body. A member that is added takes
// over the blanks around the last one, or, in an empty map, those around the map itself.
#include <algorithm>

#include "filters/insertion.hpp"
#include "filters/policy/preference_map.hpp"

namespace filters {
namespace {

// White space, commas and colons of `text`. What else can stand between members is invisible, and
// not for copying.
std::string_view layout_of(std::string_view text, Arena& arena) {
  constexpr std::string_view layout = " \t\r\n,:";
  if (text.find_first_not_of(layout) == text.npos) return text;
  char* const start = arena.bytes(text.size());
  const auto end =
      std::ranges::copy_if(text, start, [&](char c) { return layout.find(c) != layout.npos; }).out;
  return {start, static_cast<std::size_t>(end - start)};
}

}  // namespace

void PreferenceMap::finish() {
  if (!present() || most_ != Mode::enforce) return;
  std::erase_if(added_, [](const Added& mine) { return mine.dropped; });
  if (!dropped_.empty() || !touched_.empty() || !added_.empty()) edit_members();
  if (!added_.empty() && place_ == Place::body) insert_members();
}

// Values first; then what is removed; then what is added, behind the last member that is kept or in
// place of all.
void PreferenceMap::edit_members() {
  const auto& members = document_.members;
  for (const auto i : touched_)
    if (!members[i].dropped) edits_.set(members[i].value_span, members[i].text, document_.source);
  const auto behind = edit_removals();
  if (!added_.empty()) edit_additions(behind);
}

// Each run of dropped members, with the separators behind it or, at the end, before it. Returns
// where additions go.
Span PreferenceMap::edit_removals() {
  const auto& members = document_.members;
  const auto end = members[holder_].next;
  if (last_ == Document::root) return {};
  std::ranges::sort(dropped_);
  for (auto first = dropped_.begin(); first != dropped_.end();) {
    auto after = members[*first].next;
    auto next = first + 1;
    for (; next != dropped_.end() && *next == after; ++next) after = members[after].next;
    Span run{members[*first].span.begin, members[*(next - 1)].span.end};
    if (after < end) {
      run.end = members[after].span.begin;
    } else {
      std::uint32_t kept = Document::root;
      for (auto i = holder_ + 1; i < *first; i = members[i].next)
        if (!members[i].dropped) kept = i;
      if (kept != Document::root) run.begin = members[kept].span.end;
      edits_.set(run, {}, document_.source);
      return kept != Document::root ? Span{run.begin, run.begin} : run;
    }
    edits_.set(run, {}, document_.source);
    first = next;
  }
  return {members[last_].span.end, members[last_].span.end};
}

void PreferenceMap::edit_additions(Span in_place_of) {
  auto& arena = exchange_.arena;
  auto& edits = edits_;
  const auto& members = document_.members;
  const auto& holder = members[holder_];
  const auto source = document_.source;
  const auto between = [&](std::uint32_t begin, std::uint32_t end) {
    return layout_of(Span{begin, end}.of(source), arena);
  };
  const auto colon_of = [&](const Member& m) {
    return between(m.name_span.end, m.value_span.begin);
  };
  if (last_ != Document::root) {
    const auto& last = members[last_];
    const auto separator =
        before_last_ != Document::root
            ? between(members[before_last_].span.end, last.span.begin)
            : arena.join({",", between(holder.value_span.begin + 1, last.span.begin)});
    const bool alone = in_place_of.size() > 0;  // nothing is left in front of them
    const auto text = text_of_added(alone ? "" : separator, separator, colon_of(last), "");
    if (alone)
      edits.set(in_place_of, text, source);
    else
      edits.add(in_place_of, text);
    return;
  }
  // An empty map: on lines of its own where the map itself begins one.
  const auto lead = blanks_before(source, holder.name_span.begin);
  const auto inside = Span{holder.value_span.begin + 1, holder.value_span.end - 1}.of(source);
  const auto line = lead.substr(std::min(lead.rfind('\n'), lead.size()));
  const Span at{holder.value_span.begin + 1, holder.value_span.begin + 1};
  if (line.empty()) {
    edits.add(at, text_of_added("", arena.join({",", lead}), colon_of(holder), ""));
    return;
  }
  const auto deeper = arena.join({line, line.substr(1)});
  const bool closed = inside.find('\n') == inside.npos;
  edits.add(at, text_of_added(deeper, arena.join({",", deeper}), colon_of(holder),
                              closed ? line : std::string_view{}));
}

std::string_view PreferenceMap::text_of_added(std::string_view before_first,
                                              std::string_view separator, std::string_view colon,
                                              std::string_view after_last) const {
  std::pmr::string text(&exchange_.arena);
  for (const auto& mine : added_) {
    text += &mine == &added_.front() ? before_first : separator;
    text += '"';
    text += rules_.names[mine.name];  // of letters that need no escape
    text += '"';
    text += colon;
    text += mine.value ? "true" : "false";
  }
  text += after_last;
  return exchange_.arena.copy(text);
}

// Behind the map's last member, so that whoever reads on finds them there. They stand nowhere in
// the source: their spans are empty.
void PreferenceMap::insert_members() {
  auto& body = exchange_.body;
  const auto at = body.members[holder_].next;
  const auto count = static_cast<std::uint32_t>(added_.size());
  const auto moved = [&](std::uint32_t index) {
    return index != Document::root && index >= at ? index + count : index;
  };
  for (std::uint32_t i = 0; i < body.members.size(); ++i) {
    auto& member = body.members[i];
    if (i >= at) member.parent = moved(member.parent);
    if (i >= at || i == holder_) member.next += count;
  }
  for (auto& index : exchange_.fields) index = moved(index);
  for (auto& index : body.repeated) index = moved(index);
  for (auto& conflict : exchange_.conflicts) conflict.member = moved(conflict.member);

  Member member;
  member.type = Type::boolean;
  member.parent = holder_;
  if (holder_ + 1 < at) member.object = body.members[holder_ + 1].object;
  const auto end = body.members[holder_].value_span.end - 1;
  member.span = member.name_span = member.value_span = {end, end};
  const auto where = body.members.begin() + at;
  auto next = body.members.insert(where, count, member);
  for (std::uint32_t i = 0; i < count; ++i, ++next) {
    next->name = rules_.names[added_[i].name];
    next->text = added_[i].value ? "true" : "false";
    next->next = at + i + 1;
  }
}

}  // namespace filters
