// The answer on its way through: head and body leave in one write where the body is short and its
// length known, otherwise piece by piece as they come, with one window of them held at most.
#include <algorithm>

#include "filters/answer.hpp"
#include "filters/stored_preferences.hpp"
#include "proxy/gateway.hpp"

namespace proxy {
namespace {

using filters::AnswerBody;
using filters::Ending;
using filters::FieldId;

// Of an answer, held at once. An answer of known length that fits is sent whole or not at all, so
// that an upstream that breaks off in its middle becomes a 502 and not half an answer.
constexpr std::size_t answer_window = 64 * 1024;

}  // namespace

void Gateway::begin_relay(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  auto& response = exchange.response;
  const auto& pipeline = slot.governance->pipeline;
  if (const auto* id = response.headers.find(FieldId::x_request_id))
    slot.outcome.upstream_request_id = id->value;
  // These are this gateway's to say.
  response.headers.remove(FieldId::x_prefgate);
  response.headers.remove(FieldId::x_request_id);
  slot.outcome.delivery = filters::Delivery::yes;
  slot.outcome.upstream_status = response.status;
  slot.outcome.status = response.status;
  slot.answer_body = exchange.governed() ? pipeline.answer_body(exchange) : AnswerBody::pass;
  if (exchange.governed() && slot.level == filters::RecordLevel::full) {
    slot.answer_hash.emplace();
    slot.answer_body = std::max(slot.answer_body, AnswerBody::copy);
  }
  // Its record comes before it, and must have what is found in it.
  if (records_first() && slot.answer_body == AnswerBody::copy) slot.answer_body = AnswerBody::hold;
  if (slot.answer_body != AnswerBody::pass) {
    slot.kept_answer.emplace(&slot.arena);
    if (slot.answer->framing() == Framing::length)
      slot.kept_answer->reserve(std::min<std::uint64_t>(slot.answer->length(), limits_.body));
  } else if (exchange.governed()) {
    pipeline.on_answer(exchange);
  }
  if (slot.answer_body != AnswerBody::hold) begin_answer(slot, client);
}

void Gateway::begin_answer(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  filters::decorate(exchange, filters::Origin::upstream, filters::Delivery::none);
  if (exchange.answer_edits.empty())
    client.begin_answer(exchange.response, slot.answer->framing(), slot.answer->length());
  else
    client.begin_answer(exchange.response, Framing::length, exchange.response.body.size());
}

// A piece of the body: on to the client, or kept for the chain to look at, or both.
void Gateway::take_answer(Slot& slot, Downstream& client, std::string_view piece) {
  if (slot.answer_body != AnswerBody::pass &&
      slot.kept_answer->size() + piece.size() > limits_.body)
    let_pass(slot, client);
  if (slot.answer_body != AnswerBody::pass) slot.kept_answer->append(piece);
  if (slot.answer_body != AnswerBody::hold) client.add(piece);
  if (slot.answer_hash) slot.answer_hash->add(piece);
}

// It is too long to be looked at: it goes by like any other, and the record says so.
void Gateway::let_pass(Slot& slot, Downstream& client) {
  slot.exchange->response.too_long = true;
  look_at_answer(slot);
  if (slot.answer_body == AnswerBody::hold) {
    begin_answer(slot, client);
    client.add(*slot.kept_answer);
  }
  slot.answer_body = AnswerBody::pass;
}

// Rather an exchange without these findings than one without a record.
void Gateway::look_at_answer(Slot& slot) {
  auto& exchange = *slot.exchange;
  const auto findings =
      slot.level == filters::RecordLevel::none ? 0 : filters::answer_findings_bound;
  if (reserve_record(slot, room_for_record(slot) + findings))
    slot.governance->pipeline.on_answer(exchange);
}

// What was held is whole. It is shown as the chain has it, or, where that cannot be recorded, not
// at all.
Task<> Gateway::finish_held(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  exchange.response.body = *slot.kept_answer;
  slot.governance->pipeline.on_answer(exchange);
  const auto needed = room_for_record(slot);
  if (!reserve_record(slot, needed)) co_await wait_for_room(slot, needed);
  if (!exchange.verdict.rejected()) release_answer(slot, client);
}

void Gateway::release_answer(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  auto& response = exchange.response;
  if (!exchange.answer_edits.empty()) {
    // These speak of bytes that are not these any more.
    for (const auto* stale : {"ETag", "Last-Modified", "Content-MD5", "Digest", "Content-Digest",
                              "Repr-Digest", "Accept-Ranges"})
      response.headers.remove(stale);
    response.body = exchange.answer_edits.apply(response.body, slot.arena);
    if (slot.answer_hash) slot.answer_hash.emplace().add(response.body);
  }
  begin_answer(slot, client);
  client.add(response.body);
  slot.outcome.response_body_bytes = response.body.size();
}

// For its record: what the client gets of an answer that is whole.
void Gateway::note_answer(Slot& slot) const {
  auto& exchange = *slot.exchange;
  if (!slot.answer_hash) return;
  if (slot.governance->levels.of(slot.endpoint, exchange.journal) < filters::RecordLevel::full)
    return;
  slot.outcome.answer_digest = slot.answer_hash->end();
  slot.outcome.answer_preferences = filters::read_stored_preferences(exchange).holder;
}

// Its record is not durable, so the client must not have it, although the upstream has acted.
void Gateway::take_back(Slot& slot, Downstream& client) {
  client.forget_answer();
  slot.exchange->verdict = {Reason::audit_full};
}

// Ends with a failure only where the client has been sent nothing yet.
Task<Failure> Gateway::relay(Slot& slot, Downstream& client, Lease& lease) {
  auto& parser = *slot.answer;
  auto& outcome = slot.outcome;
  const bool whole = parser.framing() != Framing::chunked &&
                     parser.framing() != Framing::until_close && parser.length() <= answer_window;
  FailureKind broken = FailureKind::none;
  begin_relay(slot, client);
  for (;;) {
    const auto piece = parser.next(lease->input.data());
    lease->input.consume(piece.consumed);
    take_answer(slot, client, piece.data);
    outcome.response_body_bytes += piece.data.size();
    if (piece.last) break;
    if (piece.bad) broken = FailureKind::garbled;
    if (broken != FailureKind::none) break;
    if (piece.consumed > 0 && client.pending() < answer_window) continue;
    // What must be recorded first is held as far as it can be, so that more of it is recorded.
    const bool held = records_first() && slot.exchange->governed() && !slot.recorded;
    if (!whole && client.pending() > (held ? answer_window - 1 : 0)) {
      outcome.upstream_duration = Slot::since(slot.asked);  // so far
      bool recorded = true;
      if (records_first()) recorded = co_await record_first(slot, client, Ending::begun);
      if (!recorded) take_back(slot, client);
      if (!recorded) co_return Failure{};
      const auto gone = co_await client.flush();
      if (gone) outcome.ending = Ending::client_aborted;
      if (gone) meter_.count_abort(gone == timed_out);
      if (gone) co_return Failure{};
    }
    if (!lease->input.empty() && piece.consumed > 0) continue;
    const auto idle = slot.pool->config().timeouts.idle;
    lease->stream.reading.arm(slot.exchange->governed() ? time_left(slot, idle) : idle);
    const auto room = lease->input.room(answer_window);
    if (room.empty()) broken = FailureKind::garbled;  // one chunk's head fills it all
    if (broken != FailureKind::none) break;
    const auto [error, got] =
        co_await lease->stream.async_read(asio::buffer(room.data(), room.size()), as_result);
    if (error == asio::error::eof && parser.framing() == Framing::until_close) break;
    if (error)
      broken = error == timed_out ? FailureKind::first_byte_timeout : FailureKind::closed;
    else
      lease->input.commit(got);
    if (broken != FailureKind::none) break;
  }
  if (broken == FailureKind::none) {
    co_await finish_relay(slot, client, lease);
    co_return Failure{};
  }
  outcome.upstream_duration = Slot::since(slot.asked);
  Failure failure;
  failure.kind = broken;
  failure.answer_begun = true;
  outcome.status = 0;
  outcome.response_body_bytes = 0;
  if (whole || slot.answer_body == AnswerBody::hold) {
    client.forget_answer();
    co_return failure;
  }
  outcome.status = outcome.upstream_status;
  outcome.failure = info(broken).token;
  meter_.count_failure(broken);
  outcome.ending = Ending::upstream_aborted;
  client.abort();
  co_return Failure{};
}

Task<> Gateway::finish_relay(Slot& slot, Downstream& client, Lease& lease) {
  slot.outcome.upstream_duration = Slot::since(slot.asked);
  lease->stream.reading.disarm();
  // Bytes after the end belong to nobody: such a connection is not used again.
  if (slot.answer->keep_alive() && lease->input.empty() && !slot.pump.running) lease.keep();
  if (slot.answer_body == AnswerBody::hold) co_await finish_held(slot, client);
  if (slot.exchange->verdict.rejected()) co_return;
  client.end_answer();
  const bool copied = slot.answer_body == AnswerBody::copy;
  if (!copied) note_answer(slot);
  bool recorded = true;
  if (records_first()) recorded = co_await record_first(slot, client, Ending::ready);
  if (!recorded) co_return take_back(slot, client);
  const auto gone = co_await flush(slot, client);
  slot.outcome.ending = gone ? Ending::client_aborted : Ending::answered;
  if (!copied) co_return;
  slot.exchange->response.body = *slot.kept_answer;
  look_at_answer(slot);
  note_answer(slot);
}

}  // namespace proxy
