// The idea: `serve` reads like the life of a request. Each step either lets the exchange go on or
// leaves a verdict in it; nothing returns early past the point where it must be recorded.
// How an answer is fetched from the upstream is in gateway_forward.cpp.
#include "proxy/gateway.hpp"

#include "filters/answer.hpp"

namespace proxy {

using filters::Ending;

namespace {

template <class Duration>
std::chrono::microseconds micros(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

}  // namespace

Gateway::Gateway(const Config& config, Governing governance, Pool& pool, AuditRing& ring,
                 KeyedHash& hash, Meter& meter)
    : config_(config),
      governance_(std::move(governance)),
      pool_(pool),
      ring_(ring),
      hash_(hash),
      meter_(meter) {}

Task<> Gateway::serve(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  const auto goes_on = [&] { return !exchange.verdict.rejected(); };
  slot.governance = governance_;

  if (!reserve_record(slot, filters::least_record) && goes_on())
    exchange.verdict = {Reason::audit_full};
  if (goes_on()) enter(slot, client.peer());
  if (goes_on() && exchange.governed()) co_await receive(slot, client);
  if (goes_on() && exchange.governed()) judge(slot);
  if (goes_on()) co_await forward(slot, client);
  if (!goes_on() && slot.outcome.ending == Ending::none) co_await answer(slot, client);
  record(slot, client);
  count(slot);
}

// Sees to it that at least so much is set aside. Under `on_full: drop` an exchange goes on without;
// its record is then written where there is room at the end, or counted.
bool Gateway::reserve_record(Slot& slot, std::size_t bytes) {
  if (bytes <= slot.audit_reserved) return true;
  if (ring_.reserve(bytes - slot.audit_reserved)) {
    slot.audit_reserved = bytes;
    return true;
  }
  return config_.audit.on_full == OnFull::drop;
}

void Gateway::enter(Slot& slot, const Peer& peer) const {
  auto& exchange = *slot.exchange;
  const auto& governance = *slot.governance;
  const auto [match, endpoint] = governance.contract->match_path(exchange.request.path);
  if (match == filters::PathMatch::ambiguous) {
    exchange.verdict = {Reason::ambiguous_path};
  } else if (match == filters::PathMatch::governed) {
    exchange.endpoint = endpoint;
    exchange.limiter = governance.limiter.get();
    exchange.identity.client_address = peer.address;
    exchange.identity.client_names = peer.names;
    exchange.identity.hash = &hash_;
    (void)governance.pipeline.on_head(exchange);  // the verdict is in the exchange
  } else if (!governance.forward_other_paths) {
    exchange.verdict = {Reason::unknown_path};
  } else if (exchange.request.method_name == "CONNECT" || exchange.request.method_name == "TRACE") {
    exchange.verdict = {Reason::method_not_allowed};  // neither means anything through a gateway
  }
}

// The whole body of a governed request, into the arena.
Task<> Gateway::receive(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  const auto most = config_.limits.body;
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
  if (slot.governance->pipeline.on_body(exchange)) exchange.apply_edits();
  if (!reserve_record(slot, filters::record_bound(exchange)) && !exchange.verdict.rejected())
    exchange.verdict = {Reason::audit_full};
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
  const auto error = co_await client.flush();
  // Who left in the middle of the request may take an answer still: it is sent, and proves nothing.
  const bool left = error || exchange.verdict.reason == Reason::client_closed;
  slot.outcome.ending = left ? Ending::client_aborted : Ending::answered;
  if (!error && !bodiless) slot.outcome.response_body_bytes = response.body.size();
}

void Gateway::record(Slot& slot, const Downstream& client) {
  auto& exchange = *slot.exchange;
  auto& outcome = slot.outcome;
  const auto& peer = client.peer();
  outcome.client_address = peer.address;
  outcome.client_port = peer.port;
  outcome.scheme = peer.scheme;
  outcome.protocol_version = peer.version;
  if (exchange.governed()) outcome.policy = slot.governance->policy_digest;
  outcome.duration = micros(Slot::Clock::now() - slot.begun);
  if (!exchange.identity.bearer_token.empty())
    outcome.bearer_hash = hash_.write(exchange.identity.bearer_token, slot.bearer_hash);
  if (!exchange.identity.device_token.empty())
    outcome.device_hash = hash_.write(exchange.identity.device_token, slot.device_hash);
  const auto line = filters::render_record(exchange, outcome, slot.arena);
  // What was reserved may be less than this: the ring then takes it where there is room, or counts
  // it.
  ring_.commit(std::exchange(slot.audit_reserved, 0), line);
}

void Gateway::count(const Slot& slot) {
  const auto& exchange = *slot.exchange;
  slot.governance->tally->count(meter_.worker, exchange.compliance);
  meter_.count(exchange, slot.outcome);
}

}  // namespace proxy
