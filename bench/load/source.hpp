// Source: where a run's requests come from, and who knows how each should be answered: a workload,
// records that are replayed, a check of what is stored. Asked by the Driver alone, on its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/load/answer_reader.hpp"
#include "bench/load/clock.hpp"

namespace load {

// What of a request is needed when its answer comes.
struct Ticket {
  std::uint64_t number = 0;   // from 0, in the order of sending
  std::uint32_t kind = 0;     // for the source: which of its kinds,
  std::uint32_t device = 0;   // whose request,
  std::uint32_t variant = 0;  // and with what in it
};

class Source {
 public:
  virtual ~Source() = default;
  // When that request is to leave, since the start; never before the one before it. None: there is
  // no such request, nor any behind it.
  virtual std::optional<Nanoseconds> due(std::uint64_t number) = 0;
  // Writes the request to `out`, in the place of what was there. Each once, in order.
  virtual Ticket make(std::uint64_t number, std::string& out) = 0;
  // What is wrong with the answer, in a few words that many answers share; empty: nothing.
  virtual std::string judge(const Ticket& ticket, const AnswerReader& answer) = 0;
  // It was not answered.
  virtual void failed(const Ticket& ticket) = 0;
  virtual bool needs_bodies() const { return false; }
};

}  // namespace load
