#include "filters/validate.hpp"

#include "filters/validate_steps.hpp"

namespace filters {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == text.npos ? std::string_view{}
                            : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// `application/json`, alone or with `charset=utf-8`: any other parameter could change the meaning
// of the bytes for whoever reads them next.
bool is_json(std::string_view value) {
  const auto semicolon = value.find(';');
  if (!equal_ignoring_case(trimmed(value.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == value.npos) return true;
  const auto parameter = trimmed(value.substr(semicolon + 1));
  return equal_ignoring_case(parameter, "charset=utf-8") ||
         equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

struct HeadFault {
  Reason reason = Reason::none;
  std::string_view rule;
  std::string_view pointer;
  std::string_view detail;
};

HeadFault head_fault(const Endpoint& endpoint, const Request& request) {
  const auto& headers = request.headers;
  if (!endpoint.takes(request.method))
    return {Reason::method_not_allowed, "validate.method", "", ""};
  if (headers.find(FieldId::method_override))
    return {Reason::method_override, "validate.method_override", "/x-http-method-override", ""};
  for (const auto& field : headers)
    if (field.id == FieldId::content_encoding && !equal_ignoring_case(field.value, "identity"))
      return {Reason::content_encoding, "validate.content_encoding", "/content-encoding", ""};
  if (request.method != Method::post) return {};
  const auto* type = headers.find(FieldId::content_type);
  if (!type) return {Reason::media_type, "validate.media_type", "/content-type", "none is given"};
  if (headers.count(FieldId::content_type) > 1)
    return {Reason::media_type, "validate.media_type", "/content-type", "more than one is given"};
  if (!is_json(type->value))
    return {Reason::media_type, "validate.media_type", "/content-type", ""};
  return {};
}

}  // namespace

Mode Validate::mode(const Exchange& exchange) const {
  return std::min(modes_.all, exchange.endpoint->strictest());
}

Verdict Validate::on_head(Exchange& exchange) const {
  const auto& request = exchange.request;
  // Framing: in any mode. A POST whose end nobody announced, or a body that servers disagree about
  // reading, is how one request becomes two.
  if (request.method == Method::get && request.has_body) return {Reason::body_not_allowed, {}};
  if (request.method == Method::post && !request.length_given) return {Reason::length_required, {}};

  const auto fault = head_fault(*exchange.endpoint, request);
  const Mode mode = this->mode(exchange);
  if (fault.reason == Reason::none || mode == Mode::off) return go_on;
  if (mode == Mode::enforce) return {fault.reason, fault.detail};
  exchange.journal.write({.rule = fault.rule,
                          .mode = mode,
                          .kind = Kind::finding,
                          .place = Place::header,
                          .pointer = fault.pointer,
                          .message = info(fault.reason).message});
  return go_on;
}

Verdict Validate::on_body(Exchange& exchange) const {
  const auto& request = exchange.request;
  const Mode mode = this->mode(exchange);
  if (mode == Mode::off || !exchange.endpoint->takes(request.method)) return go_on;
  for (const Place place : {Place::query, Place::body}) {
    const bool query = place == Place::query;
    const Fault& fault = query ? exchange.query_fault : exchange.body_fault;
    if (!fault) continue;
    const auto source = query ? request.query : request.body;
    const auto detail = exchange.arena.join(
        {describe_offset(source, fault.offset, exchange.arena), ": ", fault.what});
    if (mode == Mode::enforce)
      return {query ? Reason::malformed_query : Reason::malformed_body, detail};
    exchange.journal.write({.rule = "validate.syntax",
                            .mode = mode,
                            .kind = Kind::finding,
                            .place = place,
                            .message = detail});
  }
  Judge judge(modes_, exchange);
  judge_names(judge);
  const bool readable =
      request.method == Method::post ? !exchange.body_fault : !exchange.query_fault;
  if (readable) judge_fields(judge);
  return judge.verdict();
}

void Judge::say(Mode mode, Entry entry) {
  entry.mode = effective(mode);
  entry.kind = entry.mode == Mode::enforce ? Kind::violation : Kind::finding;
  if (entry.kind == Kind::violation && !rejected_) {
    rejected_ = true;
    first_ = exchange.arena.join({entry.pointer.substr(1), " ", entry.message});
  }
  exchange.journal.write(entry);
}

bool Judge::keeps(Mode mode) const {
  const auto& journal = exchange.journal;
  return effective(mode) == Mode::enforce ? journal.violations() < Journal::violations_kept
                                          : journal.findings() < Journal::findings_kept;
}

Verdict Judge::verdict() const {
  return rejected_ ? Verdict{Reason::contract, first_} : go_on;
}

}  // namespace filters
