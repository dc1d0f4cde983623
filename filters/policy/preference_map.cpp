// What rules do to the members. How that becomes edits is in preference_edits.cpp.
#include "filters/policy/preference_map.hpp"

#include <algorithm>

namespace filters {
namespace {

std::string_view to_json(bool value) {
  return value ? "true" : "false";
}

// Of a value that is no boolean the journal says nothing: nobody has accepted it.
std::string_view before_of(const Member& member) {
  return member.type == Type::boolean ? member.text : std::string_view{};
}

}  // namespace

MapPlace of_request(Exchange& exchange) {
  MapPlace where{exchange.body, Document::root, exchange.body_edits, Place::body};
  const auto field = map_field(*exchange.endpoint);
  if (exchange.request.method != Method::post || field == Endpoint::none) return where;
  const auto* const map = exchange.field(field);
  if (map && map->type == Type::object && !map->dropped) where.holder = exchange.fields[field];
  return where;
}

PreferenceMap::PreferenceMap(const PolicyRules& rules, Exchange& exchange, const MapPlace& where)
    : rules_(rules),
      exchange_(exchange),
      document_(where.document),
      edits_(where.edits),
      place_(where.place),
      most_(where.most),
      holder_(where.holder),
      by_name_(rules.names.size(), Document::root, &exchange.arena),
      touched_(&exchange.arena),
      dropped_(&exchange.arena),
      added_(&exchange.arena) {
  if (!present()) return;
  const auto& members = document_.members;
  for (auto i = holder_ + 1; i < members[holder_].next; i = members[i].next) {
    ++count_;
    before_last_ = last_;
    last_ = i;
    const auto name = rules.names.index(members[i].name);
    if (name == KnownNames::none) continue;
    repeated_ |= by_name_[name] != Document::root;
    if (by_name_[name] == Document::root) by_name_[name] = i;
  }
}

bool PreferenceMap::apply(const PolicyRule& rule) {
  const auto before = written_;
  for (const auto& wanted : rule.force) force(rule, wanted);
  for (const auto& wanted : rule.defaults) provide(rule, wanted);
  if (rule.forbid) forbid(rule);
  return written_ > before;
}

const PolicyRule* PreferenceMap::overfilled_by() const {
  return count_ > exchange_.endpoint->preferences().most ? last_adder_ : nullptr;
}

// Calls `visit` for each member of the name that is still there; whether there is one.
template <class Visit>
bool PreferenceMap::each_named(std::uint16_t name, Visit visit) {
  auto& members = document_.members;
  const auto first = by_name_[name];
  if (first == Document::root) return false;
  bool found = false;
  const auto end = repeated_ ? members[holder_].next : first + 1;
  for (auto i = first; i < end; i = members[i].next) {
    if (members[i].dropped || members[i].name != rules_.names[name]) continue;
    found = true;
    visit(i);
  }
  return found;
}

PreferenceMap::Added* PreferenceMap::added(std::uint16_t name) {
  const auto found = std::ranges::find(added_, name, &Added::name);
  return found == added_.end() ? nullptr : &*found;
}

void PreferenceMap::force(const PolicyRule& rule, const PreferenceValue& wanted) {
  const auto value = to_json(wanted.value);
  const auto name = std::string_view(rules_.names[wanted.name]);
  const bool act = rule.mode == Mode::enforce;
  const bool found = each_named(wanted.name, [&](std::uint32_t i) {
    auto& member = document_.members[i];
    if (member.type == Type::boolean && member.text == value) return;
    write(rule, Operation::replace, name, before_of(member), value);
    if (!act) return;
    member.type = Type::boolean;
    member.text = value;
    touched_.push_back(i);
  });
  if (found) return;
  auto* const mine = added(wanted.name);
  if (!mine || mine->dropped) return add(rule, wanted);
  if (mine->value == wanted.value) return;
  write(rule, Operation::replace, name, to_json(mine->value), value);
  if (act) mine->value = wanted.value;
}

void PreferenceMap::provide(const PolicyRule& rule, const PreferenceValue& wanted) {
  const auto* const mine = added(wanted.name);
  if (!each_named(wanted.name, [](std::uint32_t) {}) && (!mine || mine->dropped)) add(rule, wanted);
}

void PreferenceMap::add(const PolicyRule& rule, const PreferenceValue& wanted) {
  const auto& name = rules_.names[wanted.name];
  if (!exchange_.endpoint->valid_preference_name(name)) return;  // of another path's map
  write(rule, Operation::add, name, {}, to_json(wanted.value));
  if (rule.mode != Mode::enforce) return;
  if (auto* const mine = added(wanted.name))
    *mine = {wanted.name, wanted.value, false};
  else
    added_.push_back({wanted.name, wanted.value, false});
  ++count_;
  last_adder_ = &rule;
}

void PreferenceMap::forbid(const PolicyRule& rule) {
  const bool act = rule.mode == Mode::enforce;
  auto& members = document_.members;
  for (auto i = holder_ + 1; i < members[holder_].next; i = members[i].next) {
    auto& member = members[i];
    if (member.dropped || !rule.forbid->matches(member.name)) continue;
    write(rule, Operation::remove, member.name, before_of(member), {});
    if (!act) continue;
    member.dropped = true;
    dropped_.push_back(i);
    --count_;
  }
  for (auto& mine : added_) {
    const auto& name = rules_.names[mine.name];
    if (mine.dropped || !rule.forbid->matches(name)) continue;
    write(rule, Operation::remove, name, to_json(mine.value), {});
    if (!act) continue;
    mine.dropped = true;
    --count_;
  }
}

void PreferenceMap::write(const PolicyRule& rule, Operation operation, std::string_view name,
                          std::string_view before, std::string_view after) {
  ++written_;
  auto& arena = exchange_.arena;
  const auto holder = pointer_to(document_, document_.members[holder_], arena);
  const auto mode = std::min(rule.mode, most_);
  const auto drift = [&] {
    return rule.why.empty() ? std::string_view("drift") : arena.join({"drift: ", rule.why});
  };
  exchange_.journal.write({.rule = rule.tag,
                           .mode = mode,
                           .kind = mode == Mode::enforce ? Kind::edit : Kind::finding,
                           .operation = operation,
                           .place = place_,
                           .pointer = arena.join({holder, "/", shown_name(name, arena)}),
                           .before = before,
                           .after = after,
                           .message = place_ == Place::answer ? drift() : rule.why});
}

}  // namespace filters
