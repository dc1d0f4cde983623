// AuditWaits: the exchanges of one worker that wait for the audit: for room in its ring (`on_full:
// block`), or until their record is durable (`durability: request`). Owned by the Worker, on its
// thread; the writer's thread only has it look again, once a commit and not once a request. It asks
// the heap for nothing once it is warm.
#pragma once

#include <atomic>
#include <vector>

#include "proxy/audit_promises.hpp"
#include "proxy/audit_ring.hpp"
#include "proxy/net.hpp"
#include "proxy/watchdog.hpp"

namespace proxy {

class AuditWaits {
 public:
  // Both must outlive it.
  AuditWaits(asio::io_context& context, AuditRing& ring, Durability durability, OnFull on_full);
  ~AuditWaits();
  AuditWaits(const AuditWaits&) = delete;
  AuditWaits& operator=(const AuditWaits&) = delete;

  AuditRing& ring() { return ring_; }
  // Sets bytes aside, without waiting. False also where what is recorded now would not become
  // durable, and that matters: see `refuses`.
  [[nodiscard]] bool reserve(std::size_t bytes);
  // The same, where `on_full` has a request wait for it: `patience` at most.
  Task<bool> wait_for_room(std::size_t bytes, milliseconds patience);
  // Until everything committed so far is durable. False: it is not yet, because the disk fails (and
  // `on_full` does not wait for that to end), or because patience has run out.
  Task<bool> wait_for_disk(milliseconds patience);
  // Ends every wait, unfulfilled; there will be no others.
  void stop();

 private:
  struct Waiter {
    explicit Waiter(asio::io_context& context) : wake(context) {}
    Timer wake;  // cancelled when the wait is over
    std::uint64_t position = 0;
    std::size_t bytes = 0;
    bool fulfilled = false;
    bool over = false;
  };
  using Line = std::vector<Waiter*>;

  bool refuses() const;
  void look();
  void look_at_disk();
  void look_at_room();
  Task<> wait(Line& line, Waiter& waiter, milliseconds patience);
  static void end(Waiter& waiter, bool fulfilled);

  asio::io_context& context_;
  AuditRing& ring_;
  const Durability durability_;
  const OnFull on_full_;
  Line for_disk_;  // by position
  Line for_room_;  // first come, first served
  std::uint64_t failures_seen_ = 0;
  std::uint64_t durable_seen_ = 0;
  bool stalled_ = false;  // patience ran out, and nothing has become durable since
  bool stopped_ = false;
  std::atomic<bool> told_{false};  // a look is on its way
};

}  // namespace proxy
