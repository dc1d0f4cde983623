// Slot: the memory of one exchange in flight: its arena, the exchange itself, how it ended, and the
// bytes on their way to the upstream. A worker keeps as many as it ever had at once and hands them
// out again, warm, so that an exchange asks the heap for nothing. An idle connection holds none.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "filters/exchange.hpp"
#include "filters/record.hpp"
#include "proxy/evidence/sha256.hpp"
#include "proxy/failure.hpp"
#include "proxy/governance.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/wire.hpp"

namespace proxy {

class Pool;

struct Slot {
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kept_bytes = 128 * 1024;  // of memory, when the exchange is over

  filters::Arena arena;
  Governing governance;        // by which the exchange is judged, from its head to its record
  std::shared_ptr<Pool> pool;  // of the upstream that it goes to, whatever is configured meanwhile
  std::optional<RequestParser> parser;  // of the client's request
  std::optional<filters::Exchange> exchange;
  filters::Outcome outcome;
  std::string to_upstream;               // request bytes not sent yet
  std::string to_client;                 // answer bytes not flushed yet
  std::optional<ResponseParser> answer;  // of the upstream
  // What the chain wants of its body, and what has come of that.
  filters::AnswerBody answer_body = filters::AnswerBody::pass;
  std::optional<std::pmr::string> kept_answer;  // in the arena
  std::optional<Sha256> answer_hash;  // of the body as it goes out, where a record may have it
  const filters::Endpoint* endpoint = nullptr;  // by whose path its record has a level
  filters::RecordLevel level = filters::RecordLevel::request;  // the most that it can become
  std::size_t audit_reserved = 0;
  bool recorded = false;
  Clock::time_point begun{};  // the head was whole
  Clock::time_point asked{};  // a connection to the upstream was asked for
  std::array<char, KeyedHash::text_size> device_hash;
  std::array<char, 64> upstream_address;
  std::array<char, 32> fresh_id;

  // While a body too long to hold is sent beside the reading of the answer (Gateway::pump).
  struct Pump {
    bool running = false;
    filters::Verdict verdict = filters::go_on;  // why the request could not be sent to its end
    FailureKind failure = FailureKind::none;
    std::optional<Timer> done;  // cancelled at its end, where somebody waits
  } pump;

  static std::chrono::microseconds since(Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  }

  // Ready for the next exchange.
  void open() {
    outcome = {};
    to_upstream.clear();
    to_client.clear();
    pump.verdict = filters::go_on;
    pump.failure = FailureKind::none;
    recorded = false;
    exchange.emplace(arena);
  }
  void close() {
    parser.reset();
    exchange.reset();
    kept_answer.reset();
    answer_hash.reset();
    arena.reset(kept_bytes);
    governance.reset();
    pool.reset();
    for (auto* text : {&to_upstream, &to_client})
      if (text->capacity() > kept_bytes) std::string().swap(*text);
  }
};

}  // namespace proxy
