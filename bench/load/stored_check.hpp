// StoredCheck: asks the upstream itself, behind the gateway, what it has stored of each device, and
// holds that against what was sent to it last and what a policy is known to make of it. Not asked
// through the gateway, which may show a governed value that the upstream never got. A Source, used
// for one run after the load; one thread.
#pragma once

#include <vector>

#include "bench/load/options.hpp"
#include "bench/load/report.hpp"
#include "bench/load/source.hpp"
#include "bench/load/workload.hpp"

namespace load {

class StoredCheck final : public Source {
 public:
  static constexpr std::size_t most_checked = 1000;  // devices

  // Of `stored` the first `most_checked`. `names`: how many preferences a POST had.
  StoredCheck(std::vector<Workload::Stored> stored, std::size_t names, Governed governed,
              RequestHead head);

  std::optional<Nanoseconds> due(std::uint64_t number) override;
  Ticket make(std::uint64_t number, std::string& out) override;
  std::string judge(const Ticket& ticket, const AnswerReader& answer) override;
  void failed(const Ticket&) override { ++verified_.wrong["the upstream did not answer"]; }
  bool needs_bodies() const override { return true; }

  const Verified& verified() const { return verified_; }

 private:
  const std::vector<Workload::Stored> stored_;
  const std::size_t names_;
  const Governed governed_;
  const RequestHead head_;
  Verified verified_;
};

// What is wrong with the body of a GET's answer, as that of `alarm is true, not false`; empty:
// nothing. `wanted` has each name there is to be.
std::string wrong_in(std::string_view body, const std::map<std::string, bool>& wanted);

}  // namespace load
