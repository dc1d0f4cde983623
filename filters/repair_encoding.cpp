// The rule `encoding`: a body that is JSON whatever its head says of it, and a form, which becomes
// JSON. The head comes first and the body decides, so a type that could be mended stays open until
// the body is there.
#include "filters/form.hpp"
#include "filters/json_text.hpp"
#include "filters/media_type.hpp"
#include "filters/repair_steps.hpp"

namespace filters {
namespace {

constexpr std::string_view json_type = "application/json";

}  // namespace

Verdict Repair::on_head(Exchange& exchange) const {
  const auto& request = exchange.request;
  if (request.method != Method::post || has_content_encoding(request.headers)) return go_on;
  const auto type = media_type(request.headers);
  const bool missing = type == MediaType::missing;
  if (!missing && type != MediaType::form && type != MediaType::other) return go_on;
  const bool act = modes_.encoding == Mode::enforce;
  // A body made of the query's fields is JSON for certain.
  exchange.media_type_open = act || (missing && modes_.placement == Mode::enforce);
  if (act) return go_on;
  exchange.journal.write({.rule = "repair.encoding",
                          .mode = modes_.encoding,
                          .kind = Kind::finding,
                          .operation = missing ? Operation::add : Operation::replace,
                          .place = Place::header,
                          .pointer = "/content-type",
                          .message = missing                   ? "is missing"
                                     : type == MediaType::form ? "names a form"
                                                               : "is of another type",
                          .suggestion = json_type});
  return go_on;
}

bool is_form(const Exchange& exchange, std::string_view text) {
  if (!exchange.media_type_open || media_type(exchange.request.headers) != MediaType::form)
    return false;
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin == text.npos || text[begin] != '{';
}

void read_form(RepairScope& scope) {
  auto& exchange = scope.exchange;
  auto& body = exchange.body;
  body.syntax = Syntax::query;  // until it is read
  body.source = exchange.request.body;
  std::string_view json;
  exchange.body_fault = form_to_json(body.source, scope.endpoint, exchange.arena, json);
  if (exchange.body_fault) {
    exchange.media_type_open = false;  // it is the form that is wrong, not its type
    return;
  }
  exchange.body_fault = index_json(json, exchange.arena, body);
  mend_media_type(exchange, "repair.encoding");
  // Its text may hold a token in any place.
  exchange.journal.write({.rule = "repair.encoding",
                          .operation = Operation::replace,
                          .place = Place::body,
                          .message = "the form became JSON"});
}

void mend_media_type(Exchange& exchange, std::string_view rule) {
  if (!exchange.media_type_open) return;
  exchange.media_type_open = false;
  auto& headers = exchange.request.headers;
  const auto* const field = headers.find(FieldId::content_type);
  exchange.journal.write({.rule = rule,
                          .operation = field ? Operation::replace : Operation::add,
                          .place = Place::header,
                          .pointer = "/content-type",
                          .before = field && is_familiar(field->value)
                                        ? quoted(field->value, exchange.arena)
                                        : std::string_view{},
                          .after = "\"application/json\""});
  if (field)
    headers.replace(FieldId::content_type, json_type);
  else
    headers.append(FieldId::content_type, "Content-Type", json_type);
}

}  // namespace filters
