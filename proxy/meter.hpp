// Meter: what one worker has counted since the start. The worker owns it and is the only one to
// count; whoever renders the metrics reads it at any time, from another thread. Every label is a
// number here, so counting costs no heap, no map and no lock. What is counted of the operator's own
// rules is in PolicyTally, since these come and go.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "filters/chain_rules.hpp"
#include "filters/record.hpp"
#include "proxy/address_book.hpp"
#include "proxy/count.hpp"
#include "proxy/failure.hpp"
#include "proxy/pool_policy.hpp"
#include "proxy/tls_error.hpp"

namespace proxy {

// Why a client was not let in.
enum class Refusal : std::uint8_t {
  limit,        // limits.connections
  descriptors,  // none is left, or no memory: it stays with the kernel until there is
  queue,        // it has waited too long to be accepted, and so have others
};

// On cache lines of its own.
class alignas(64) Meter {
 public:
  static constexpr std::array<std::string_view, 8> methods{"GET",    "POST",  "HEAD",    "PUT",
                                                           "DELETE", "PATCH", "OPTIONS", "other"};
  static constexpr std::array<std::string_view, 2> decisions{"forwarded", "rejected"};
  // What a rule may be in and still be counted, in the order of filters::Mode.
  static constexpr std::array<std::string_view, 3> modes{"observe", "warn", "enforce"};
  // Three digits; what has another number, or none, is status 0.
  static constexpr int first_status = 100, last_status = 599;
  static constexpr std::size_t statuses = last_status - first_status + 2;
  static constexpr std::array<std::string_view, 3> refusals{"limit", "descriptors", "queue"};
  static constexpr std::array<std::string_view, 2> aborts{"closed", "timeout"};
  static constexpr std::size_t failure_kinds = static_cast<std::size_t>(FailureKind::garbled) + 1;

  explicit Meter(std::size_t number = 0) : worker(number) {}

  const std::size_t worker;  // its number, from 0

  // ---- The worker's thread.
  // An exchange has ended.
  void count(const filters::Exchange& exchange, const filters::Outcome& outcome);
  // The upstream was asked, whatever came of that.
  void count_upstream(const filters::Outcome& outcome);
  // It has failed for good: no other try mended it.
  void count_failure(FailureKind kind) { failures_[static_cast<std::size_t>(kind)].add(); }
  void count_handshake_failure(TlsFault fault) {
    handshake_failures_[static_cast<std::size_t>(fault)].add();
  }
  void count_refusal(Refusal why) { refusals_[static_cast<std::size_t>(why)].add(); }
  // A client has not taken its answer: it had gone, or took nothing for too long.
  void count_abort(bool too_slow) { aborts_[too_slow ? 1 : 0].add(); }
  // An address of the upstream is left out for a while.
  void count_ejection() { ejections_.add(); }
  // The pool's state from now on.
  void show(const PoolCounts& pool);
  // The upstream's addresses from now on. Takes a lock: there are others only now and then.
  void show(std::vector<std::shared_ptr<const Address>> addresses);

  // ---- Any thread.
  std::uint64_t requests(std::size_t method, std::size_t decision, int status) const {
    return requests_[method][decision][status_index(status)].get();
  }
  const Histogram& durations() const { return durations_; }
  const Histogram& upstream_durations() const { return upstream_durations_; }
  // Exchanges in which a rule of the chain wrote to the journal.
  std::uint64_t hits(std::size_t chain_rule, std::size_t mode) const {
    return hits_[chain_rule][mode].get();
  }
  std::uint64_t failures(std::size_t kind) const { return failures_[kind].get(); }
  // Requests answered with 503 because they could not be recorded.
  std::uint64_t unrecordable() const { return unrecordable_.get(); }
  // Requests answered with 503 because those before them waited too long.
  std::uint64_t shed() const { return shed_.get(); }
  std::uint64_t retries() const { return retries_.get(); }
  std::uint64_t handshake_failures(std::size_t fault) const {
    return handshake_failures_[fault].get();
  }
  std::uint64_t refused(std::size_t why) const { return refusals_[why].get(); }
  std::uint64_t aborted(std::size_t why) const { return aborts_[why].get(); }
  std::uint64_t ejections() const { return ejections_.get(); }
  std::vector<std::shared_ptr<const Address>> addresses() const;
  PoolCounts pool() const { return {idle_.get(), open_.get(), waiting_.get()}; }

 private:
  static constexpr std::size_t status_index(int status) {
    return status < first_status || status > last_status
               ? 0
               : static_cast<std::size_t>(status - first_status + 1);
  }
  void count_hits(const filters::Journal& journal);

  std::array<std::array<std::array<Count, statuses>, decisions.size()>, methods.size()> requests_;
  Histogram durations_;
  Histogram upstream_durations_;
  std::array<std::array<Count, modes.size()>, filters::chain_rules.size()> hits_;
  // The last exchange that hit it, so that each is counted once; the worker's own.
  std::array<std::array<std::uint64_t, modes.size()>, filters::chain_rules.size()> hit_by_{};
  std::uint64_t exchanges_ = 0;
  std::array<Count, failure_kinds> failures_;
  std::array<Count, tls_fault_names.size()> handshake_failures_;
  std::array<Count, refusals.size()> refusals_;
  std::array<Count, aborts.size()> aborts_;
  Count unrecordable_;
  Count shed_;
  Count retries_;
  Count ejections_;
  Count idle_, open_, waiting_;
  mutable std::mutex mutex_;  // of what follows
  std::vector<std::shared_ptr<const Address>> addresses_;
};

}  // namespace proxy
