#include "proxy/audit_ring.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace proxy {

AuditRing::AuditRing(std::size_t capacity, std::function<void()> wake_writer, Wake when)
    : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 64)) - 1),
      memory_(std::make_unique_for_overwrite<char[]>(mask_ + 1)),
      wake_writer_(std::move(wake_writer)),
      wake_when_(when) {}

std::size_t AuditRing::used() {
  return static_cast<std::size_t>(tail_.load(std::memory_order_relaxed) - seen_head_);
}

bool AuditRing::reserve(std::size_t bytes) {
  const auto fits = [&] { return bytes <= capacity() - used() - reserved_; };
  if (!fits()) {
    seen_head_ = head_.load();  // sequentially consistent, for `want_room`
    if (!fits()) return false;
  }
  reserved_ += bytes;
  return true;
}

void AuditRing::release(std::size_t bytes) {
  assert(bytes <= reserved_);
  reserved_ -= std::min(bytes, reserved_);
}

bool AuditRing::commit(std::size_t reserved, std::string_view record) {
  release(reserved);
  const auto needed = record.size() + framing;
  if (needed > reserved) {  // never overrun what others have reserved
    if (!reserve(needed)) {
      count_dropped();
      return false;
    }
    release(needed);
  }
  const auto tail = tail_.load(std::memory_order_relaxed);
  const auto size = static_cast<std::uint32_t>(record.size());
  copy_in(tail, &size, sizeof size);
  copy_in(tail + framing, record.data(), record.size());
  tail_.store(tail + needed, std::memory_order_release);
  if (wake_writer_ && (wake_when_ == Wake::for_each || wants_writer())) wake_writer_();
  return true;
}

std::size_t AuditRing::depth() const {
  const auto head = head_.load(std::memory_order_acquire);  // first: the tail is never behind it
  return static_cast<std::size_t>(tail_.load(std::memory_order_acquire) - head);
}

bool AuditRing::wants_writer() {
  if (used() > capacity() / 2) seen_head_ = head_.load(std::memory_order_acquire);
  const bool full = used() > capacity() / 2;
  const bool tell = full && !told_;
  told_ = full;
  return tell;
}

void AuditRing::copy_in(std::uint64_t position, const void* from, std::size_t size) {
  const auto begin = static_cast<std::size_t>(position) & mask_;
  const auto first = std::min(size, capacity() - begin);
  std::memcpy(memory_.get() + begin, from, first);
  std::memcpy(memory_.get(), static_cast<const char*>(from) + first, size - first);
}

void AuditRing::copy_out(std::uint64_t position, void* to, std::size_t size) const {
  const auto begin = static_cast<std::size_t>(position) & mask_;
  const auto first = std::min(size, capacity() - begin);
  std::memcpy(to, memory_.get() + begin, first);
  std::memcpy(static_cast<char*>(to) + first, memory_.get(), size - first);
}

}  // namespace proxy
