#include "proxy/audit_ring.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>
#include <utility>

namespace proxy {

AuditRing::AuditRing(std::size_t capacity, std::function<void()> wake_writer, Wake when)
    : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 64))),
      block_(std::min<std::size_t>(capacity_, 64 * 1024)),
      memory_(std::make_unique_for_overwrite<char[]>(capacity_ + block_)),
      block_of_(capacity_ / block_ + 1),
      below_(block_of_.size()),
      wake_writer_(std::move(wake_writer)),
      wake_when_(when) {
  std::iota(below_.begin(), below_.end(), Block{1});
}

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

std::size_t AuditRing::piece(std::uint64_t position, std::size_t size) const {
  return std::min(size, block_ - static_cast<std::size_t>(position % block_));
}

char* AuditRing::at(std::uint64_t position) {
  return memory_.get() + block_of(position) * block_ + position % block_;
}

void AuditRing::copy_in(std::uint64_t position, const void* from, std::size_t size) {
  const auto* rest = static_cast<const char*>(from);
  while (size > 0) {
    if (position % block_ == 0) block_of(position) = take_free();
    const auto bytes = piece(position, size);
    std::memcpy(at(position), rest, bytes);
    position += bytes;
    rest += bytes;
    size -= bytes;
  }
}

// There is one: what is reserved fits into the blocks, and those before `seen_head_` are back.
AuditRing::Block AuditRing::take_free() {
  auto top = free_.load(std::memory_order_acquire);
  assert(top < below_.size());
  while (!free_.compare_exchange_weak(top, below_[top], std::memory_order_acquire)) {
  }
  return top;
}

// Valid until it is called again.
std::string_view AuditRing::read(std::uint64_t position, std::size_t size) {
  auto bytes = piece(position, size);
  if (bytes == size && size > 0) return {at(position), size};
  for (whole_.clear(); size > 0; bytes = piece(position, size)) {
    whole_.append(at(position), bytes);
    position += bytes;
    size -= bytes;
  }
  return whole_;
}

// The blocks that end between the two.
void AuditRing::give_back(std::uint64_t from, std::uint64_t to) {
  for (auto end = (from / block_ + 1) * block_; end <= to; end += block_) {
    const auto block = block_of(end - 1);
    below_[block] = free_.load(std::memory_order_relaxed);
    while (!free_.compare_exchange_weak(below_[block], block, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
  }
}

}  // namespace proxy
