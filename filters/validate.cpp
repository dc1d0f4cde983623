#include "filters/validate.hpp"

#include "filters/media_type.hpp"
#include "filters/validate_steps.hpp"

namespace filters {
namespace {

struct HeadFault {
  Reason reason = Reason::none;
  std::string_view rule;
  std::string_view pointer;
  std::string_view detail;
};

HeadFault media_type_fault(const Headers& headers) {
  HeadFault fault{Reason::media_type, "validate.media_type", "/content-type", ""};
  switch (media_type(headers)) {
    case MediaType::json:
      return {};
    case MediaType::missing:
      fault.detail = "none is given";
      break;
    case MediaType::several:
      fault.detail = "more than one is given";
      break;
    default:
      break;
  }
  return fault;
}

HeadFault head_fault(const Endpoint& endpoint, const Request& request) {
  const auto& headers = request.headers;
  if (!endpoint.takes(request.method))
    return {Reason::method_not_allowed, "validate.method", "", ""};
  if (headers.find(FieldId::method_override))
    return {Reason::method_override, "validate.method_override", "/x-http-method-override", ""};
  if (has_content_encoding(headers))
    return {Reason::content_encoding, "validate.content_encoding", "/content-encoding", ""};
  return request.method == Method::post ? media_type_fault(headers) : HeadFault{};
}

Verdict judged(Exchange& exchange, Mode mode, const HeadFault& fault) {
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

// What Repair waited for the body to tell, and the body did not bear out.
HeadFault open_media_type_fault(const Exchange& exchange) {
  auto fault = media_type_fault(exchange.request.headers);
  if (!exchange.body_fault) return fault;
  auto& arena = exchange.arena;
  fault.detail =
      arena.join({fault.detail.empty() ? "another type is given" : fault.detail,
                  ", and the body is not JSON: ",
                  describe_offset(exchange.request.body, exchange.body_fault.offset, arena), ": ",
                  exchange.body_fault.what});
  return fault;
}

Reason malformed(const Exchange& exchange, Place place) {
  if (place == Place::query) return Reason::malformed_query;
  return exchange.body.syntax == Syntax::query ? Reason::malformed_form : Reason::malformed_body;
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
  if (fault.reason == Reason::media_type && exchange.media_type_open) return go_on;
  return judged(exchange, mode(exchange), fault);
}

Verdict Validate::on_body(Exchange& exchange) const {
  const auto& request = exchange.request;
  const Mode mode = this->mode(exchange);
  if (mode == Mode::off || !exchange.endpoint->takes(request.method)) return go_on;
  if (exchange.media_type_open)
    if (const auto verdict = judged(exchange, mode, open_media_type_fault(exchange));
        verdict.rejected())
      return verdict;
  for (const Place place : {Place::query, Place::body}) {
    const bool query = place == Place::query;
    const Fault& fault = query ? exchange.query_fault : exchange.body_fault;
    if (!fault) continue;
    const auto source = query ? request.query : request.body;
    const auto detail = exchange.arena.join(
        {describe_offset(source, fault.offset, exchange.arena), ": ", fault.what});
    if (mode == Mode::enforce) return {malformed(exchange, place), detail};
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
