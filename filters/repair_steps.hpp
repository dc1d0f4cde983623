// The steps of Repair, in the order in which it takes them, over one scope. Used by Repair alone.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "filters/exchange.hpp"
#include "filters/repair.hpp"

namespace filters {

struct RepairScope {
  RepairScope(const RepairModes& rule_modes, ParameterNames names, Exchange& of)
      : endpoint(*of.endpoint),
        modes(rule_modes),
        upstream_names(names),
        exchange(of),
        in_query(of.request.method != Method::post),
        document(of.parameters()),
        edits(in_query ? of.query_edits : of.body_edits),
        removed(&of.arena) {}

  const Endpoint& endpoint;
  const RepairModes& modes;
  const ParameterNames upstream_names;
  Exchange& exchange;
  const bool in_query;  // the fields are the query's parameters, else the body's members
  Document& document;
  Edits& edits;
  std::pmr::vector<Span> removed;  // of the source: dropped members with what separated them

  Place place() const { return in_query ? Place::query : Place::body; }
  std::string_view pointer(const Member& member) const {
    return pointer_to(document, member, exchange.arena);
  }
};

// Finds the member of each field, mends names, drops duplicates. Fills exchange.fields, .conflicts.
void repair_names(RepairScope& scope);
// Mends the values of the fields that were found.
void repair_values(RepairScope& scope);
// True where both will be sent with the same value.
bool same_value(const RepairScope& scope, const ContractField& field, const Member& a,
                const Member& b);
// JSON text of a member's value for the journal; "" where it is secret or longer than belongs
// there.
std::string_view journal_text(const RepairScope& scope, const ContractField& field,
                              const Member& member);

}  // namespace filters
