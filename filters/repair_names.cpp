// Which member is which field: right names first, so that no wrong spelling takes a place whose
// owner is there; then aliases and near misses, in the order of the source.
#include <algorithm>
#include <array>

#include "filters/repair_steps.hpp"

namespace filters {
namespace {

struct Recognised {
  std::uint8_t field = Endpoint::none;
  std::string_view rule;
  Mode mode = Mode::off;
};

class NameRepair {
 public:
  explicit NameRepair(RepairScope& scope)
      : scope_(scope), exchange_(scope.exchange), members_(scope.document.members) {}

  void run() {
    find_right_names();
    auto repeated = scope_.document.repeated.begin();
    const auto end = scope_.document.repeated.end();
    for (std::uint32_t i = 0; i < members_.size(); i = members_[i].next) {
      if (carries_a_field(i)) continue;
      while (repeated != end && *repeated < i) ++repeated;
      if (repeated == end || *repeated != i) consider(i);
    }
    if (any_dropped_) remove_dropped(scope_);
  }

 private:
  bool carries_a_field(std::uint32_t i) const {
    return std::ranges::find(exchange_.fields, i) != exchange_.fields.end();
  }

  // The field that a name is right for in this place.
  std::uint8_t right(std::string_view name) const {
    const auto fields = scope_.endpoint.fields();
    const bool documented = scope_.in_query && scope_.upstream_names == ParameterNames::documented;
    for (std::size_t f = 0; f < fields.size(); ++f) {
      if (!(scope_.in_query ? fields[f].in_query : fields[f].in_body)) continue;
      if (name == fields[f].name || (documented && name == fields[f].documented_query_name))
        return static_cast<std::uint8_t>(f);
    }
    return Endpoint::none;
  }

  void find_right_names() {
    for (std::uint32_t i = 0; i < members_.size(); i = members_[i].next) {
      const auto field = right(members_[i].name);
      if (field == Endpoint::none || exchange_.fields[field] != Document::root) continue;
      exchange_.fields[field] = i;
      present_[field] = true;
    }
  }

  Recognised recognise(std::string_view name) const {
    // Right, and not the first: the documented and the canonical name together.
    if (const auto field = right(name); field != Endpoint::none)
      return {field, "repair.alias", Mode::enforce};
    const auto possible = [&](std::uint8_t field) {
      if (field == Endpoint::none) return false;
      const auto& found = scope_.endpoint.fields()[field];
      return scope_.in_query ? found.in_query : found.in_body;
    };
    const auto alias = scope_.endpoint.alias(name);
    if (scope_.modes.alias != Mode::off && possible(alias))
      return {alias, "repair.alias", scope_.modes.alias};
    const auto near = scope_.endpoint.nearest(name, scope_.in_query);
    if (scope_.modes.nearest == Mode::off || near == Endpoint::none) return {};
    // Beside the right name a near one is another parameter; in other letters alone it is the same.
    if (present_[near] && !equal_ignoring_case(name, scope_.endpoint.fields()[near].name))
      return {};
    return {near, "repair.nearest", scope_.modes.nearest};
  }

  void consider(std::uint32_t i) {
    const auto found = recognise(members_[i].name);
    if (found.field == Endpoint::none) return;
    const auto& field = scope_.endpoint.fields()[found.field];
    auto& owner = exchange_.fields[found.field];
    if (owner == Document::root) {
      rename(i, found, field);
      if (found.mode == Mode::enforce) owner = i;
    } else if (same_value(scope_, field, members_[owner], members_[i])) {
      drop(i, found, field);
    } else if (found.mode == Mode::enforce) {
      exchange_.conflicts.push_back({i, found.field});
    } else {
      found_only(i, found, field, Operation::none);
    }
  }

  void rename(std::uint32_t i, const Recognised& found, const ContractField& field) {
    if (found.mode != Mode::enforce) return found_only(i, found, field, Operation::move);
    auto& member = members_[i];
    const std::string_view old = scope_.pointer(member);
    const Span name = member.name_span;
    scope_.edits.add(scope_.in_query ? name : Span{name.begin + 1, name.end - 1}, field.name);
    member.name = field.name;
    exchange_.journal.write({.rule = found.rule,
                             .operation = Operation::move,
                             .place = scope_.place(),
                             .pointer = scope_.pointer(member),
                             .from = old});
  }

  void drop(std::uint32_t i, const Recognised& found, const ContractField& field) {
    if (found.mode != Mode::enforce) return found_only(i, found, field, Operation::remove);
    auto& member = members_[i];
    member.dropped = any_dropped_ = true;
    exchange_.journal.write({.rule = "repair.duplicate",
                             .operation = Operation::remove,
                             .place = scope_.place(),
                             .pointer = scope_.pointer(member),
                             .before = journal_text(scope_, field, member),
                             .suggestion = field.name,
                             .secret = field.secret});
  }

  // A rule below `enforce`: what it would have done.
  void found_only(std::uint32_t i, const Recognised& found, const ContractField& field,
                  Operation operation) {
    const auto pointer = scope_.pointer(members_[i]);
    const bool move = operation == Operation::move;
    exchange_.journal.write({.rule = found.rule,
                             .mode = found.mode,
                             .kind = Kind::finding,
                             .operation = operation,
                             .place = scope_.place(),
                             .pointer = move ? exchange_.arena.join({"/", field.name}) : pointer,
                             .from = move ? pointer : std::string_view{},
                             .message = "is a misspelt name",
                             .suggestion = field.name,
                             .secret = field.secret});
  }

  RepairScope& scope_;
  Exchange& exchange_;
  std::pmr::vector<Member>& members_;
  std::array<bool, Endpoint::most_fields> present_{};  // under a right name
  bool any_dropped_ = false;
};

}  // namespace

void repair_names(RepairScope& scope) {
  NameRepair(scope).run();
}

void remove_dropped(RepairScope& scope) {
  const auto& members = scope.document.members;
  std::uint32_t kept = Document::root;  // the last one before the run
  for (std::uint32_t i = 0; i < members.size();) {
    if (!members[i].dropped) {
      kept = i;
      i = members[i].next;
      continue;
    }
    Span span = members[i].span;
    for (; i < members.size() && members[i].dropped; i = members[i].next)
      span.end = members[i].span.end;
    if (i < members.size())
      span.end = members[i].span.begin;
    else if (kept != Document::root)
      span.begin = members[kept].span.end;
    scope.edits.add(span, {});
    scope.removed.push_back(span);
  }
}

}  // namespace filters
