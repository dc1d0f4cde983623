// The idea: `serve` reads like the life of a request. Each step either lets the exchange go on or
// leaves a verdict in it; nothing returns early past the point where it must be recorded.
// How an answer is fetched from the upstream is in gateway_forward.cpp.
#include "proxy/gateway.hpp"

#include <unistd.h>

#include <climits>

#include "filters/answer.hpp"

namespace proxy {

using filters::Ending;
using filters::RecordLevel;

namespace {

std::string name_of_this_machine() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

Gateway::Gateway(const Config& config, const Limits& limits, Governing governance,
                 std::shared_ptr<Pool> pool, AuditWaits& audit, KeyedHash& hash, Meter& meter)
    : config_(config),
      limits_(limits),
      governance_(std::move(governance)),
      pool_(std::move(pool)),
      audit_(audit),
      hash_(hash),
      meter_(meter),
      node_(name_of_this_machine()) {}

Task<> Gateway::serve(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  const auto goes_on = [&] { return !exchange.verdict.rejected(); };
  slot.governance = governance_;
  slot.pool = pool_;
  filters::Contract::Match match;
  if (goes_on()) match = slot.governance->contract->match_path(exchange.request.path);
  slot.endpoint = match.endpoint;
  slot.level = slot.governance->levels.most(slot.endpoint);

  const auto least = slot.level == RecordLevel::none ? 0 : filters::least_record;
  if (!reserve_record(slot, least) && goes_on()) co_await wait_for_room(slot, least);
  // Before anything is spent on it.
  if (goes_on() && sheds(slot.pool->oldest_wait(), limits_.queue))
    exchange.verdict = {Reason::shed};
  if (goes_on()) enter(slot, client.peer(), match);
  if (goes_on() && exchange.governed() && client.body_framing() != Framing::none)
    co_await receive(slot, client);
  if (goes_on() && exchange.governed()) judge(slot);
  const auto needed = exchange.governed() ? room_for_record(slot) : 0;
  if (!reserve_record(slot, needed) && goes_on()) co_await wait_for_room(slot, needed);
  if (goes_on()) co_await forward(slot, client);
  if (!goes_on() && slot.outcome.ending == Ending::none) co_await answer(slot, client);
  if (!slot.recorded) record(slot, client);
  count(slot);
}

// Of this exchange, as its journal and documents are now: a rule may still raise its level.
std::size_t Gateway::room_for_record(const Slot& slot) const {
  if (slot.level == RecordLevel::none) return 0;
  return filters::record_bound(*slot.exchange, slot.level);
}

// Sees to it that at least so much is set aside. Under `on_full: drop` an exchange goes on without;
// its record is then written where there is room at the end, or counted.
bool Gateway::reserve_record(Slot& slot, std::size_t bytes) {
  if (bytes <= slot.audit_reserved) return true;
  if (audit_.reserve(bytes - slot.audit_reserved)) {
    slot.audit_reserved = bytes;
    return true;
  }
  return config_.audit.on_full == OnFull::drop;
}

// There is none now. The request has as long as any, in all.
Task<> Gateway::wait_for_room(Slot& slot, std::size_t bytes) {
  bool room = false;
  if (config_.audit.on_full == OnFull::block) {
    const auto began = Slot::Clock::now();
    const auto passed = std::chrono::duration_cast<milliseconds>(began - slot.begun);
    const auto left = std::max(limits_.request - passed, milliseconds{0});
    room = co_await audit_.wait_for_room(bytes - slot.audit_reserved, left);
    slot.outcome.queue += Slot::since(began);
  }
  if (room)
    slot.audit_reserved = bytes;
  else
    slot.exchange->verdict = {Reason::audit_full};
}

void Gateway::enter(Slot& slot, const Peer& peer, const filters::Contract::Match& match) const {
  auto& exchange = *slot.exchange;
  const auto& governance = *slot.governance;
  if (match.path == filters::PathMatch::ambiguous) {
    exchange.verdict = {Reason::ambiguous_path};
  } else if (match.path == filters::PathMatch::governed) {
    exchange.endpoint = match.endpoint;
    exchange.limiter = governance.limiter.get();
    exchange.identity.client_address = peer.address;
    exchange.identity.client_names = peer.names;
    exchange.identity.hash = &hash_;
    const auto began = Slot::Clock::now();
    (void)governance.pipeline.on_head(exchange);  // the verdict is in the exchange
    slot.outcome.chain = Slot::since(began);
  } else if (!governance.forward_other_paths) {
    exchange.verdict = {Reason::unknown_path};
  } else if (exchange.request.method_name == "TRACE") {
    exchange.verdict = {Reason::method_not_allowed};  // means nothing through a gateway
  }
}

// The whole body of a governed request, into the arena.
Task<> Gateway::receive(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  const auto most = limits_.body;
  if (client.body_framing() == Framing::length && client.body_length() > most) {
    exchange.verdict = {Reason::body_too_large};
    co_return;
  }
  std::pmr::string body(&slot.arena);
  if (client.body_framing() == Framing::length) body.reserve(client.body_length());
  for (;;) {
    const auto piece = client.next_body();
    body.append(piece.data);
    if (piece.bad)
      exchange.verdict = {Reason::malformed_request, "the chunked body is not valid"};
    else if (body.size() > most)
      exchange.verdict = {Reason::body_too_large};
    if (piece.last || exchange.verdict.rejected()) break;
    if (piece.consumed > 0) continue;
    if (const auto error = co_await client.receive_body()) {
      exchange.verdict = {error == timed_out ? Reason::request_timeout : Reason::client_closed};
      break;
    }
  }
  slot.outcome.request_body_bytes = body.size();
  exchange.request.body = slot.arena.copy(body);
}

void Gateway::judge(Slot& slot) {
  auto& exchange = *slot.exchange;
  const auto began = Slot::Clock::now();
  if (slot.governance->pipeline.on_body(exchange)) exchange.apply_edits();
  slot.outcome.chain += Slot::since(began);
}

Task<> Gateway::answer(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  filters::make_answer(exchange);
  filters::decorate(exchange, filters::Origin::gateway, slot.outcome.delivery);
  const auto& response = exchange.response;
  const bool bodiless = exchange.request.method_name == "HEAD";
  client.begin_answer(response, Framing::length, response.body.size());
  if (!bodiless) client.add(response.body);
  client.end_answer();
  slot.outcome.status = response.status;
  slot.outcome.response_body_bytes = bodiless ? 0 : response.body.size();
  // Who left in the middle of the request may take an answer still: it is sent, and proves nothing.
  const bool left = exchange.verdict.reason == Reason::client_closed;
  // It changes nothing anywhere: it goes out, and were its record lost. Nor need it wait to say
  // that no record can be made.
  if (records_first() && exchange.verdict.reason != Reason::audit_full)
    co_await record_first(slot, client, left ? Ending::client_aborted : Ending::ready);
  const auto error = co_await flush(slot, client);
  slot.outcome.ending = left || error ? Ending::client_aborted : Ending::answered;
  if (error) slot.outcome.response_body_bytes = 0;
}

// The last of an answer.
Task<error_code> Gateway::flush(Slot& slot, Downstream& client) {
  const auto began = Slot::Clock::now();
  error_code error;
  if (!client.flush_now()) error = co_await client.flush();
  slot.outcome.write = Slot::since(began);
  if (error) meter_.count_abort(error == timed_out);
  co_return error;
}

bool Gateway::records_first() const {
  return config_.audit.durability == Durability::request;
}

// Under `durability: request`, before the first byte of an answer. True: it may go out.
Task<bool> Gateway::record_first(Slot& slot, Downstream& client, Ending ending) {
  if (slot.recorded) co_return true;
  slot.outcome.ending = ending;
  record(slot, client);
  slot.outcome.ending = Ending::none;
  if (slot.outcome.level == RecordLevel::none) co_return true;
  const bool durable = co_await audit_.wait_for_disk(limits_.request);
  co_return durable || config_.audit.on_full == OnFull::drop;
}

void Gateway::record(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  auto& outcome = slot.outcome;
  const auto& peer = client.peer();
  slot.recorded = true;
  outcome.level = slot.governance->levels.of(slot.endpoint, exchange.journal);
  if (outcome.level == RecordLevel::none)
    return audit_.ring().release(std::exchange(slot.audit_reserved, 0));
  outcome.client_address = peer.address;
  outcome.client_port = peer.port;
  outcome.scheme = peer.scheme;
  outcome.protocol_version = peer.version;
  if (exchange.governed()) {
    outcome.policy = slot.governance->policy_digest;
    outcome.contract = slot.governance->contract_mark;
  }
  outcome.config = slot.governance->config_mark;
  outcome.node = node_;
  outcome.duration = Slot::since(slot.begun);
  if (!exchange.identity.bearer_token.empty())
    outcome.bearer_hash = client.last_bearer().write(exchange.identity.bearer_token, hash_);
  if (!exchange.identity.device_token.empty())
    outcome.device_hash =
        hash_.write(Secret::device_token, exchange.identity.device_token, slot.device_hash);
  const auto line = filters::render_record(exchange, outcome, slot.arena);
  // What was reserved may be less than this: the ring then takes it where there is room, or counts
  // it.
  audit_.ring().commit(std::exchange(slot.audit_reserved, 0), line);
}

void Gateway::count(const Slot& slot) {
  const auto& exchange = *slot.exchange;
  slot.governance->tally->count(meter_.worker, exchange.compliance);
  meter_.count(exchange, slot.outcome);
}

}  // namespace proxy
