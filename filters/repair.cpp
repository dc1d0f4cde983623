#include "filters/repair.hpp"

#include <algorithm>

#include "filters/invisible.hpp"
#include "filters/repair_steps.hpp"

namespace filters {
namespace {

// One entry however many there were: none has a pointer of its own, being outside all values.
void journal_invisible(Exchange& exchange, Mode mode, const std::pmr::vector<Span>& found) {
  const bool act = mode == Mode::enforce;
  exchange.journal.write(
      {.rule = "repair.invisible",
       .mode = mode,
       .kind = act ? Kind::edit : Kind::finding,
       .operation = Operation::remove,
       .place = Place::body,
       .message = exchange.arena.join(
           {"invisible characters outside strings: ", exchange.arena.decimal(found.size()),
            ", the first at ",
            describe_offset(exchange.request.body, found.front().begin, exchange.arena)})});
}

// As JSON or as the form it is. `invisible` gets what is to be removed from it.
void read_body(RepairScope& scope, std::pmr::vector<Span>& invisible) {
  auto& exchange = scope.exchange;
  auto& arena = exchange.arena;
  const auto body = exchange.request.body;
  const Mode mode = scope.modes.invisible;
  if (mode != Mode::off) invisible = find_invisible(body, scope.endpoint, arena);
  const bool blank = !invisible.empty() && mode == Mode::enforce;
  const auto text = blank ? blank_out(body, invisible, arena) : body;
  if (is_form(exchange, text)) {
    invisible.clear();
    return read_form(scope);
  }
  exchange.body_fault = index_json(text, arena, exchange.body);
  exchange.body.source = body;
  if (!exchange.body_fault && scope.modes.encoding == Mode::enforce)
    mend_media_type(exchange, "repair.encoding");
  if (!invisible.empty() && !(blank && exchange.body_fault))
    journal_invisible(exchange, mode, invisible);
  if (!blank || exchange.body_fault) invisible.clear();
}

void remove_invisible(RepairScope& scope, const std::pmr::vector<Span>& invisible) {
  for (Span span : invisible) {
    const auto covers = [&](Span gone) { return gone.begin <= span.begin && span.end <= gone.end; };
    if (std::ranges::any_of(scope.removed, covers)) continue;
    if (span.begin >= scope.inserted.begin)
      span = {span.begin + scope.inserted.size(), span.end + scope.inserted.size()};
    scope.edits.add(span, {});
  }
}

}  // namespace

Verdict Repair::on_body(Exchange& exchange) const {
  const auto& request = exchange.request;
  if (request.method == Method::other) return go_on;  // Validate's to refuse
  auto& arena = exchange.arena;
  exchange.query_fault = index_query(request.query, arena, exchange.query);

  RepairScope scope(modes_, upstream_names_, exchange);
  std::pmr::vector<Span> invisible(&arena);
  if (request.method == Method::post) read_body(scope, invisible);
  repair_names(scope);
  if (request.method == Method::post) repair_placement(scope);
  repair_values(scope);
  remove_invisible(scope, invisible);

  const auto fields = exchange.endpoint->fields();
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (const auto* member = exchange.field(f);
        fields[f].secret && member && exchange.identity.device_token.empty())
      if (member->type == Type::string) exchange.identity.device_token = member->text;
  return go_on;
}

}  // namespace filters
