#include "filters/rewrite.hpp"

namespace filters {
namespace {

// The upstream's own spelling, in place of the canonical one or of what Repair made it.
void spell_as_documented(Exchange& exchange) {
  const auto fields = exchange.endpoint->fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const auto index = exchange.fields[f];
    const std::string_view wanted = fields[f].documented_query_name;
    if (index == Document::root || exchange.query.members[index].name == wanted) continue;
    auto& member = exchange.query.members[index];
    exchange.query_edits.set(member.name_span, wanted, exchange.request.query);
    exchange.journal.write({.rule = "rewrite.parameter_names",
                            .operation = Operation::move,
                            .place = Place::query,
                            .pointer = exchange.arena.join({"/", wanted}),
                            .from = exchange.arena.join({"/", member.name})});
    member.name = wanted;
  }
}

void journal_header(Exchange& exchange, Operation operation, std::string_view name) {
  exchange.journal.write({.rule = "rewrite.headers",
                          .operation = operation,
                          .place = Place::header,
                          .pointer = exchange.arena.join({"/", name}),
                          .secret = true});
}

}  // namespace

Verdict Rewrite::on_body(Exchange& exchange) const {
  if (settings_.parameter_names == ParameterNames::documented &&
      exchange.request.method == Method::get)
    spell_as_documented(exchange);

  auto& headers = exchange.request.headers;
  for (const auto& unwanted : settings_.remove) {
    if (!headers.find(unwanted)) continue;
    headers.remove(unwanted);
    journal_header(exchange, Operation::remove, unwanted);
  }
  for (const auto& [wanted, value] : settings_.set) {
    std::size_t same = 0, others = 0;
    for (const auto& field : headers)
      if (equal_ignoring_case(field.name, wanted)) ++(field.value == value ? same : others);
    if (same == 1 && others == 0) continue;
    headers.remove(wanted);
    // Copied: the exchange may outlive these settings.
    headers.append(exchange.arena.copy(wanted), exchange.arena.copy(value));
    journal_header(exchange, same + others > 0 ? Operation::replace : Operation::add, wanted);
  }
  return go_on;
}

}  // namespace filters
