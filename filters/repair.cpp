#include "filters/repair.hpp"

#include <algorithm>
#include <charconv>

#include "filters/invisible.hpp"
#include "filters/repair_steps.hpp"

namespace filters {
namespace {

// One entry however many there were: none has a pointer of its own, being outside all values.
void journal_invisible(Exchange& exchange, Mode mode, const std::pmr::vector<Span>& found) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, found.size()).ptr;
  const bool act = mode == Mode::enforce;
  exchange.journal.write(
      {.rule = "repair.invisible",
       .mode = mode,
       .kind = act ? Kind::edit : Kind::finding,
       .operation = Operation::remove,
       .place = Place::body,
       .message = exchange.arena.join(
           {"invisible characters outside strings: ",
            {digits, static_cast<std::size_t>(end - digits)},
            ", the first at ",
            describe_offset(exchange.request.body, found.front().begin, exchange.arena)})});
}

}  // namespace

Verdict Repair::on_body(Exchange& exchange) const {
  const auto& request = exchange.request;
  if (request.method == Method::other) return go_on;  // Validate's to refuse
  auto& arena = exchange.arena;
  exchange.query_fault = index_query(request.query, arena, exchange.query);

  std::pmr::vector<Span> invisible(&arena);
  if (request.method == Method::post) {
    if (modes_.invisible != Mode::off)
      invisible = find_invisible(request.body, *exchange.endpoint, arena);
    const bool blank = !invisible.empty() && modes_.invisible == Mode::enforce;
    const auto text = blank ? blank_out(request.body, invisible, arena) : request.body;
    exchange.body_fault = index_json(text, arena, exchange.body);
    exchange.body.source = request.body;
    if (!invisible.empty() && !(blank && exchange.body_fault))
      journal_invisible(exchange, modes_.invisible, invisible);
    if (!blank || exchange.body_fault) invisible.clear();
  }

  RepairScope scope(modes_, upstream_names_, exchange);
  repair_names(scope);
  repair_values(scope);
  for (const Span span : invisible) {
    const auto covers = [&](Span gone) { return gone.begin <= span.begin && span.end <= gone.end; };
    if (std::ranges::none_of(scope.removed, covers)) exchange.body_edits.add(span, {});
  }

  const auto fields = exchange.endpoint->fields();
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (const auto* member = exchange.field(f); fields[f].secret && member)
      if (member->type == Type::string) exchange.identity.device_token = member->text;
  return go_on;
}

}  // namespace filters
