// AuditSealer: makes records durable and signs them: the fdatasync of their segment, that of the
// tree, then the checkpoint. On a thread of its own, because each of these takes as long as the
// disk likes, and the audit writer is to go on writing meanwhile. Owned by the AuditWriter, which
// asks for one seal after another and looks in for what became of it. Never writes a record, and
// never signs one that is not durable, save where nothing is meant to be.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "proxy/audit_segments.hpp"
#include "proxy/evidence/audit_tree.hpp"

namespace proxy {

// What is to be sealed: everything that was written when it was asked for.
struct Seal {
  std::optional<std::size_t> segment;  // bytes of the open one to make durable; none: they are
  Checkpoint checkpoint;
  Keeping keeping = Keeping::durable;
};

struct Sealed {
  std::uint64_t records = 0;  // that the checkpoint covers
  std::error_code error;      // none: they are durable and signed
};

class AuditSealer {
 public:
  // Starts the thread. Both must outlive it.
  AuditSealer(AuditSegments& segments, AuditTree& tree);
  ~AuditSealer();  // after the seal that is under way
  AuditSealer(const AuditSealer&) = delete;
  AuditSealer& operator=(const AuditSealer&) = delete;

  // ---- The writer's thread.
  // From `begin` until `outcome` has told of its end; meanwhile the segment stays open, and nobody
  // else syncs it or signs.
  bool busy() const { return busy_; }
  void begin(const Seal& seal);
  // What became of the seal, told once; none while it is under way, or where there is none.
  std::optional<Sealed> outcome();
  // The same, once it has ended.
  std::optional<Sealed> await_outcome();

 private:
  void run();
  Sealed carry_out(const Seal& seal);

  AuditSegments& segments_;
  AuditTree& tree_;
  bool busy_ = false;  // the writer's thread's own
  std::mutex mutex_;   // with changed_; never held while the disk is waited for
  std::condition_variable changed_;
  std::optional<Seal> asked_;
  std::optional<Sealed> ended_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace proxy
