#include "proxy/audit_sealer.hpp"

#include <cassert>
#include <utility>

namespace proxy {

AuditSealer::AuditSealer(AuditSegments& segments, AuditTree& tree)
    : segments_(segments), tree_(tree), thread_([this] { run(); }) {}

AuditSealer::~AuditSealer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void AuditSealer::begin(const Seal& seal) {
  assert(!busy_);
  busy_ = true;
  {
    const std::scoped_lock lock(mutex_);
    asked_ = seal;
  }
  changed_.notify_all();
}

std::optional<Sealed> AuditSealer::outcome() {
  if (!busy_) return {};
  const std::scoped_lock lock(mutex_);
  if (ended_) busy_ = false;
  return std::exchange(ended_, {});
}

std::optional<Sealed> AuditSealer::await_outcome() {
  if (!busy_) return {};
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_.has_value(); });
  }
  return outcome();
}

void AuditSealer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || asked_; });
    if (!asked_) return;
    const auto seal = *std::exchange(asked_, {});
    lock.unlock();
    const auto sealed = carry_out(seal);
    lock.lock();
    ended_ = sealed;
    changed_.notify_all();
  }
}

// The order is what makes the checkpoint true after the machine's end.
Sealed AuditSealer::carry_out(const Seal& seal) {
  std::error_code error;
  if (seal.segment) error = segments_.sync_first(*seal.segment);
  if (!error) error = tree_.sign(seal.checkpoint, seal.keeping);
  return {.records = seal.checkpoint.size, .error = error};
}

}  // namespace proxy
