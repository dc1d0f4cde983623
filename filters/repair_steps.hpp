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
  // Of a POST, the query: its members are none of the fields, but can be looked at as if they were.
  static RepairScope of_query(const RepairScope& post) { return {post, post.exchange.query}; }

  const Endpoint& endpoint;
  const RepairModes& modes;
  const ParameterNames upstream_names;
  Exchange& exchange;
  const bool in_query;  // the fields are the query's parameters, else the body's members
  Document& document;
  Edits& edits;
  std::pmr::vector<Span> removed;  // of the source: dropped members with what separated them
  Span inserted;                   // of the body's source: what came from the query

  Place place() const { return in_query ? Place::query : Place::body; }
  std::string_view pointer(const Member& member) const {
    return pointer_to(document, member, exchange.arena);
  }

 private:
  RepairScope(const RepairScope& post, Document& query)
      : endpoint(post.endpoint),
        modes(post.modes),
        upstream_names(post.upstream_names),
        exchange(post.exchange),
        in_query(true),
        document(query),
        edits(post.exchange.query_edits),
        removed(&post.exchange.arena) {}
};

// Whether the head calls the body a form and `text`, the body, does not contradict it: clients post
// JSON under that name too, because it is the default of curl and others.
bool is_form(const Exchange& exchange, std::string_view text);
// Reads a body that its head calls a form, as the JSON it becomes; faults are exchange.body_fault.
void read_form(RepairScope& scope);
// Names the body JSON where its type is open still. `rule` is the one that acts.
void mend_media_type(Exchange& exchange, std::string_view rule);
// Finds the member of each field, mends names, drops duplicates. Fills exchange.fields, .conflicts.
void repair_names(RepairScope& scope);
// Of a POST: takes fields from the query to a body that lacks them. Puts their text into the body's
// source and sets `inserted`; the spans of the members that were there stay right.
void repair_placement(RepairScope& scope);
// Mends the values of the fields that were found.
void repair_values(RepairScope& scope);
// Makes edits of the dropped members: each run goes with the separators behind it, or, at the end,
// before it.
void remove_dropped(RepairScope& scope);
// True where both will be sent with the same value.
bool same_value(const RepairScope& scope, const ContractField& field, const Member& a,
                const Member& b);
// JSON text of a member's value for the journal; "" where it is secret or longer than belongs
// there.
std::string_view journal_text(const RepairScope& scope, const ContractField& field,
                              const Member& member);

}  // namespace filters
