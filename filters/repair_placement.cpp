// The rule `placement`: fields of a POST that stand in the query go to the body, where it lacks
// them. Only where nothing contradicts: what the query or the body says twice, or under a spelling
// that no rule takes, stays where it is, and Validate refuses it.
#include <algorithm>
#include <array>

#include "filters/field_names.hpp"
#include "filters/form.hpp"
#include "filters/insertion.hpp"
#include "filters/json_text.hpp"
#include "filters/repair_steps.hpp"

namespace filters {
namespace {

// What a name in the query stands for, and by which rule, where it is misspelt.
struct Meaning {
  std::uint8_t field = Endpoint::none;
  std::string_view rule;
  Mode mode = Mode::enforce;
};

class PlacementRepair {
 public:
  explicit PlacementRepair(RepairScope& scope)
      : scope_(scope),
        exchange_(scope.exchange),
        query_(RepairScope::of_query(scope)),
        members_(exchange_.query.members),
        names_(&exchange_.arena),
        meanings_(members_.size(), &exchange_.arena),
        blank_(is_blank(exchange_.request.body) && exchange_.body_fault) {
    claims_.fill(Document::root);
    for (const auto& member : members_) names_.push_back(split_form_name(member.name));
  }

  void run() {
    if (!unambiguous()) return;
    find_present();
    for (std::uint32_t i = 0; i < members_.size(); ++i) consider(i);
    look_for_spellings_in_body();
    if (scope_.modes.placement == Mode::enforce)
      take_all();
    else
      tell_all();
  }

 private:
  static bool is_blank(std::string_view body) {
    return body.find_first_not_of(" \t\r\n") == body.npos;
  }

  // Anything else is refused, and would need a guess.
  bool unambiguous() const {
    return !exchange_.query_fault && exchange_.query.repeated.empty() &&
           (blank_ || !exchange_.body_fault) && exchange_.body.repeated.empty() &&
           exchange_.conflicts.empty();
  }

  bool in_body(std::uint8_t field) const {
    return field != Endpoint::none && scope_.endpoint.fields()[field].in_body;
  }

  void find_present() {
    for (std::size_t f = 0; f < present_.size(); ++f)
      present_[f] = exchange_.fields[f] != Document::root;
    for (const auto& name : names_)
      if (const auto field = scope_.endpoint.find(name.name); in_body(field))
        present_[field] = true;
  }

  Meaning recognise(std::string_view name) const {
    if (const auto field = scope_.endpoint.find(name); in_body(field)) return {field, {}};
    const auto alias = scope_.endpoint.alias(name);
    if (scope_.modes.alias != Mode::off && in_body(alias))
      return {alias, "repair.alias", scope_.modes.alias};
    const auto near = scope_.endpoint.nearest(name, false);
    if (scope_.modes.nearest != Mode::off && near != Endpoint::none && !present_[near])
      return {near, "repair.nearest", scope_.modes.nearest};
    return {};
  }

  void consider(std::uint32_t i) {
    const auto& name = names_[i];
    const auto meaning = name.clear ? recognise(name.name) : Meaning{};
    if (meaning.field == Endpoint::none) {
      leave(field_meant(scope_.endpoint, base_name(members_[i].name)));
    } else if (meaning.mode != Mode::enforce) {
      tell(i, meaning, "is a misspelt name");
      leave(meaning.field);
    } else {
      claim(i, meaning);
    }
  }

  void claim(std::uint32_t i, const Meaning& meaning) {
    const auto& field = scope_.endpoint.fields()[meaning.field];
    meanings_[i] = meaning;
    auto& first = claims_[meaning.field];
    if (first == Document::root) first = i;
    if (field.type == FieldType::object_of_booleans) {
      // One object, under one name, and none in the body.
      if (names_[i].member.empty() || names_[i].name != names_[first].name ||
          exchange_.field(meaning.field))
        leave(meaning.field);
    } else if (!names_[i].member.empty()) {
      leave(meaning.field);
    } else if (disagrees(i, first, meaning.field)) {
      exchange_.query_conflicts.push_back({i, meaning.field});
      leave(meaning.field);
    }
  }

  bool disagrees(std::uint32_t i, std::uint32_t first, std::uint8_t f) const {
    const auto& field = scope_.endpoint.fields()[f];
    if (!same_value(query_, field, members_[first], members_[i])) return true;
    const auto* const owner = exchange_.field(f);
    if (!owner) return false;
    return owner->type == Type::object || owner->type == Type::array ||
           !same_value(query_, field, *owner, members_[i]);
  }

  void leave(std::uint8_t field) {
    if (field != Endpoint::none) left_[field] = true;
  }

  // A member that could be taken for a field, though no rule made it one.
  void look_for_spellings_in_body() {
    if (std::ranges::count(claims_, Document::root) == std::ssize(claims_)) return;
    const auto& members = exchange_.body.members;
    for (std::uint32_t i = 0; i < members.size(); i = members[i].next)
      if (!members[i].dropped && std::ranges::find(exchange_.fields, i) == exchange_.fields.end())
        leave(field_meant(scope_.endpoint, members[i].name));
  }

  void take_all() {
    std::size_t taken = 0;
    const auto wanted = [&](std::uint32_t i) {
      const auto field = meanings_[i].field;
      return field != Endpoint::none && !left_[field];
    };
    for (std::uint32_t i = 0; i < members_.size(); ++i) taken += wanted(i);
    if (taken == 0) return;
    Insertion insertion(exchange_.body, blank_, exchange_.arena);
    for (std::uint32_t i = 0; i < members_.size(); ++i)
      if (wanted(i)) take(i, insertion);
    scope_.inserted = insertion.finish();
    remove_dropped(query_);
    if (!blank_) return;
    exchange_.body_fault = {};
    const bool encoding = scope_.modes.encoding == Mode::enforce;
    mend_media_type(exchange_, encoding ? "repair.encoding" : "repair.placement");
  }

  void take(std::uint32_t i, Insertion& insertion) {
    const auto& [f, rule, mode] = meanings_[i];
    const auto& field = scope_.endpoint.fields()[f];
    const bool first = exchange_.fields[f] == Document::root;
    auto& member = members_[i];
    member.dropped = true;
    if (first && !rule.empty()) write_name(field, rule, names_[i].name);
    if (field.type == FieldType::object_of_booleans) {
      if (first) take_map(f, insertion);
      return;
    }
    const auto value = journal_text(query_, field, member);
    const auto pointer = exchange_.arena.join({"/", field.name});
    write({.operation = Operation::remove,
           .place = Place::query,
           .pointer = first ? pointer : query_.pointer(member),
           .before = value,
           .secret = field.secret});
    if (!first) return;
    exchange_.fields[f] = insertion.add_string(field.name, member.text);
    write({.operation = Operation::add,
           .place = Place::body,
           .pointer = pointer,
           .after = value,
           .secret = field.secret});
  }

  // All pairs of the map, into one object.
  void take_map(std::uint8_t f, Insertion& insertion) {
    auto& arena = exchange_.arena;
    const auto holder = arena.join({"/", scope_.endpoint.fields()[f].name});
    exchange_.fields[f] = insertion.begin_object(holder.substr(1));
    write({.operation = Operation::add, .place = Place::body, .pointer = holder, .after = "{}"});
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
      if (meanings_[i].field != f) continue;
      const auto text = members_[i].text;
      const auto boolean = boolean_of_form(text);
      const auto before = boolean.empty() ? boolean : quoted(text, arena);
      const auto pointer = arena.join({holder, "/", shown_name(names_[i].member, arena)});
      write({.operation = Operation::remove,
             .place = Place::query,
             .pointer = pointer,
             .before = before});
      write({.operation = Operation::add,
             .place = Place::body,
             .pointer = pointer,
             .after = boolean});
      if (boolean.empty())
        insertion.add_string(names_[i].member, text);
      else
        insertion.add_boolean(names_[i].member, boolean == "true");
    }
    insertion.end_object();
  }

  void write(Entry entry) {
    entry.rule = "repair.placement";
    exchange_.journal.write(entry);
  }

  void write_name(const ContractField& field, std::string_view rule, std::string_view from) {
    auto& arena = exchange_.arena;
    exchange_.journal.write({.rule = rule,
                             .operation = Operation::move,
                             .place = Place::query,
                             .pointer = arena.join({"/", field.name}),
                             .from = arena.join({"/", shown_name(from, arena)})});
  }

  // Below `enforce`: what it would do.
  void tell_all() {
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
      const auto field = meanings_[i].field;
      if (field == Endpoint::none || left_[field] || claims_[field] != i) continue;
      const bool there = exchange_.field(field);
      tell(i, {field, "repair.placement", scope_.modes.placement},
           there ? "stands in the body, too" : "belongs in the body");
    }
  }

  void tell(std::uint32_t i, const Meaning& meaning, std::string_view message) {
    const auto& field = scope_.endpoint.fields()[meaning.field];
    const auto name = names_[i].name;
    exchange_.journal.write(
        {.rule = meaning.rule,
         .mode = meaning.mode,
         .kind = Kind::finding,
         .place = Place::query,
         .pointer = exchange_.arena.join({"/", shown_name(name, exchange_.arena)}),
         .message = message,
         .suggestion = name == field.name ? std::string_view{} : field.name,
         .secret = field.secret});
  }

  RepairScope& scope_;
  Exchange& exchange_;
  RepairScope query_;
  std::pmr::vector<Member>& members_;  // of the query
  std::pmr::vector<FormName> names_;   // of each
  std::pmr::vector<Meaning> meanings_;
  const bool blank_;                                           // the body holds nothing at all
  std::array<std::uint32_t, Endpoint::most_fields> claims_{};  // the first member for each field
  std::array<bool, Endpoint::most_fields> present_{};          // in the body, or by its right name
  std::array<bool, Endpoint::most_fields> left_{};             // whatever is said of it stays
};

}  // namespace

void repair_placement(RepairScope& scope) {
  if (scope.modes.placement == Mode::off || scope.exchange.query.members.empty()) return;
  PlacementRepair(scope).run();
}

}  // namespace filters
