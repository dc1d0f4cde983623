// The upstream's half of an exchange: compose the request, lease a connection, write, read the
// answer's head, and once more where the rule of retries allows it. How the answer then passes
// through is in gateway_relay.cpp.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "proxy/gateway.hpp"

namespace proxy {
namespace {

// Interim answers (1xx) before the real one. More is a peer that never means to answer.
constexpr unsigned most_interim_answers = 16;
// Of a streamed request body, held at once.
constexpr std::size_t upload_window = 64 * 1024;

Failure because(FailureKind kind, std::string_view detail = {}) {
  Failure failure;
  failure.kind = kind;
  failure.detail = detail;
  return failure;
}

}  // namespace

Task<> Gateway::forward(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  slot.asked = Slot::Clock::now();
  slot.outcome.decision = filters::Decision::forwarded;
  compose(slot, client);
  const bool streamed = slot.pump.running;
  const bool crowded = streamed && !takes_stream(streams_, slot.pool->config().pool.connections);
  auto failure = crowded ? because(FailureKind::pool_full) : Failure{};
  if (streamed) ++streams_;
  // By a first try: the second may reach nobody, and yet the first have acted.
  std::size_t sent_before = 0;
  for (unsigned retries = 0; !crowded && !slot.pump.verdict.rejected(); ++retries) {
    auto lease = slot.pool->take_idle();
    if (!lease) {
      const auto began = Slot::Clock::now();
      const auto left = time_left(slot, slot.pool->config().timeouts.total);
      lease = co_await slot.pool->take(std::min(left, limits_.queue), failure);
      const bool queued = lease ? lease->exchanges > 0 : failure.kind == FailureKind::pool_full;
      (queued ? slot.outcome.queue : slot.outcome.connect) += Slot::since(began);
    }
    if (!lease) break;
    failure = co_await converse(slot, client, lease);
    if (!failure || streamed || !may_retry(failure, exchange.request.method_name, retries)) break;
    slot.outcome.retried = true;
    sent_before = failure.bytes_sent;
  }
  failure.bytes_sent += sent_before;
  slot.pump.running = false;
  if (streamed) --streams_;
  // Where an answer came, until when is noted where its bytes are, before its record is made.
  if (slot.outcome.upstream_status == 0) slot.outcome.upstream_duration = Slot::since(slot.asked);
  meter_.count_upstream(slot.outcome);
  if (!slot.pump.verdict.rejected()) {
    if (failure) give_up(slot, failure);
  } else if (slot.outcome.ending == filters::Ending::none) {
    exchange.verdict = slot.pump.verdict;  // the client's own fault
    slot.outcome.delivery = delivery(failure);
  }
}

// Until an answer's head is there, an exchange has `total`; a streamed one takes as long as it
// takes.
milliseconds Gateway::time_left(const Slot& slot, milliseconds at_most) const {
  const auto passed = std::chrono::duration_cast<milliseconds>(Slot::Clock::now() - slot.asked);
  return std::clamp(slot.pool->config().timeouts.total - passed, milliseconds{0}, at_most);
}

void Gateway::give_up(Slot& slot, const Failure& failure) {
  const auto& [kind, token, reason] = info(failure.kind);
  slot.exchange->verdict = {reason};
  slot.outcome.failure = token;
  meter_.count_failure(kind);
  slot.outcome.delivery = delivery(failure);
  if (reason == Reason::overloaded) slot.outcome.decision = filters::Decision::rejected;
  // An upstream that is down fails every request: say so once a second.
  const auto now = Slot::Clock::now();
  if (now < quiet_until_) return;
  quiet_until_ = now + std::chrono::seconds{1};
  spdlog::warn("upstream failed: {}{}{}", token, failure.detail.empty() ? "" : ": ",
               failure.detail);
}

// The head, and as much of the body as is there. Leaves `pump.running` where more is to come.
void Gateway::compose(Slot& slot, Downstream& client) {
  auto& exchange = *slot.exchange;
  const auto& peer = client.peer();
  const Via via{peer.address, peer.scheme, slot.pool->config().authority};
  auto& bytes = slot.to_upstream;
  if (exchange.governed()) {
    const auto framing = exchange.request.length_given ? Framing::length : Framing::none;
    write_request_head(exchange, via, framing, exchange.outgoing_body.size(), bytes);
    bytes.append(exchange.outgoing_body);
    return;
  }
  exchange.outgoing_query = exchange.request.query;
  write_request_head(exchange, via, client.body_framing(), client.body_length(), bytes);
  slot.pump.running = !take_body(slot, client);
}

// Appends what has arrived of the body; true when that was its end, or what came is broken.
bool Gateway::take_body(Slot& slot, Downstream& client) {
  const bool chunked = client.body_framing() == Framing::chunked;
  while (slot.to_upstream.size() < upload_window) {
    const auto piece = client.next_body();
    slot.outcome.request_body_bytes += piece.data.size();
    if (chunked)
      write_chunk(piece.data, slot.to_upstream);
    else
      slot.to_upstream.append(piece.data);
    if (piece.bad)
      slot.pump.verdict = {Reason::malformed_request, "the chunked body is not valid"};
    else if (piece.last && chunked)
      slot.to_upstream.append(last_chunk);
    if (piece.last || piece.bad) return true;
    if (piece.data.empty() && piece.consumed == 0) return false;
  }
  return false;
}

// One try on one connection, to the end of the answer where one comes.
Task<Failure> Gateway::converse(Slot& slot, Downstream& client, Lease& lease) {
  auto& upstream = *lease;
  auto& outcome = slot.outcome;
  outcome.upstream_reused = upstream.exchanges > 0;
  const auto& address = upstream.address->text;
  const auto size = std::min(address.size(), slot.upstream_address.size());
  std::copy_n(address.begin(), size, slot.upstream_address.begin());
  outcome.upstream_address = {slot.upstream_address.data(), size};

  std::string_view unsent = slot.to_upstream;
  auto sent = upstream.stream.write_now(unsent);
  Failure failure;
  if (upstream.stream.unsent(unsent)) {
    failure = co_await send_rest(slot, upstream, unsent);
    sent += failure.bytes_sent;
  }
  if (!failure && slot.pump.running)
    asio::co_spawn(upstream.stream.socket().get_executor(), pump(slot, client, upstream),
                   asio::detached);
  else if (failure)
    slot.pump.running = false;
  const auto sent_at = Slot::Clock::now();
  if (!failure) failure = co_await read_answer_head(slot, upstream);
  if (!failure) outcome.first_byte = Slot::since(sent_at);
  failure.reused = outcome.upstream_reused;
  // Where the client broke its own request off, the upstream is not to blame.
  if (!slot.pump.verdict.rejected()) lease.judge(failure, slot.exchange->response.status);
  if (!failure) failure = co_await relay(slot, client, lease);
  if (slot.pump.running) co_await stop_pump(slot, client, upstream);
  failure.bytes_sent = sent;
  failure.reused = outcome.upstream_reused;
  co_return failure;
}

Task<Failure> Gateway::send_rest(const Slot& slot, Upstream& upstream, std::string_view rest) {
  auto& stream = upstream.stream;
  stream.writing.arm(time_left(slot, slot.pool->config().timeouts.idle));
  const auto [error, sent] = co_await stream.async_write(rest, as_result);
  stream.writing.disarm();
  Failure failure;
  if (error)
    failure = because(error == timed_out ? FailureKind::write_timeout : FailureKind::write_failed,
                      error.message());
  failure.bytes_sent = sent;
  co_return failure;
}

// Sends the rest of a body too long to hold, while `converse` already waits for the answer: an
// upstream may answer before it has read everything (RFC 9112 section 9.3).
Task<> Gateway::pump(Slot& slot, Downstream& client, Upstream& upstream) {
  auto& stream = upstream.stream;
  for (bool last = false; !last;) {
    slot.to_upstream.clear();
    last = take_body(slot, client);
    if (slot.pump.verdict.rejected()) break;
    if (!slot.to_upstream.empty()) {
      stream.writing.arm(slot.pool->config().timeouts.idle);
      const auto [error, sent] = co_await stream.async_write(slot.to_upstream, as_result);
      stream.writing.disarm();
      if (error) break;  // the reader of the answer sees why
    } else if (const auto error = co_await client.receive_body()) {
      if (error != asio::error::operation_aborted)
        slot.pump.verdict = {error == timed_out ? Reason::request_timeout : Reason::client_closed};
      break;
    }
  }
  // A request that will not be completed must not look complete to the upstream.
  if (slot.pump.verdict.rejected())
    stream.close();
  else
    stream.reading.arm(slot.pool->config().timeouts.first_byte);
  slot.pump.running = false;
  if (slot.pump.done) slot.pump.done->cancel();
}

// The answer is over before the request: what is left of that is not wanted any more.
Task<> Gateway::stop_pump(Slot& slot, Downstream& client, Upstream& upstream) {
  slot.pump.done.emplace(upstream.stream.socket().get_executor());
  slot.pump.done->expires_at(Slot::Clock::time_point::max());
  client.stop_receiving();
  upstream.stream.close();
  while (slot.pump.running) co_await slot.pump.done->async_wait(as_result);
  slot.pump.done.reset();
}

Task<Failure> Gateway::read_answer_head(Slot& slot, Upstream& upstream) {
  auto& exchange = *slot.exchange;
  auto& input = upstream.input;
  for (unsigned interim = 0; interim <= most_interim_answers; ++interim) {
    HeadScanner scanner(limits_.head, limits_.fields);
    if (!slot.pump.running)
      upstream.stream.reading.arm(time_left(slot, slot.pool->config().timeouts.first_byte));
    for (;;) {
      if (scanner.scan(input.data()).rejected())
        co_return because(FailureKind::garbled, "the head of the answer");
      if (scanner.size() > 0) break;
      const auto room = input.room(scanner.most());
      const auto [error, got] =
          co_await upstream.stream.async_read(asio::buffer(room.data(), room.size()), as_result);
      if (error) {
        auto failure =
            because(error == timed_out ? FailureKind::first_byte_timeout : FailureKind::closed,
                    error.message());
        failure.answer_begun = interim > 0 || !input.empty();
        co_return failure;
      }
      input.commit(got);
    }
    const auto head = slot.arena.copy(input.data().substr(0, scanner.size()));
    input.consume(scanner.size());
    exchange.response = filters::Response(slot.arena);
    slot.answer.emplace(exchange.request.method_name == "HEAD");
    if (const auto what = slot.answer->parse(head, exchange.response); !what.empty())
      co_return because(FailureKind::garbled, what);
    if (exchange.response.status / 100 != 1) co_return Failure{};
    // Interim answers are for this hop; nobody asked for a switch of protocols.
    if (exchange.response.status == 101) break;
  }
  co_return because(FailureKind::garbled, "interim answers without end");
}

}  // namespace proxy
