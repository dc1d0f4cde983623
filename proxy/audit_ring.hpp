// AuditRing: the records of one worker on their way to the audit writer. A bounded ring of bytes
// with one producer (the worker's thread) and one consumer (the writer's thread): atomics only, no
// lock, no system call, and no allocation but for the longest record that is in two blocks.
//
// Room is reserved before a request is forwarded and given up when its record is committed, because
// exchanges end in another order than they begin. Reservations are the producer's own sums; only
// committed records are in the memory:
//
//     head_ ......... tail_ .................. head_ + capacity
//     | committed     | reserved (anywhere)  | free
//
// A record is four bytes of length and its text. Positions are laid out in blocks, and the block
// that the consumer gave back last is the next that is written: as long as it keeps up, all goes
// through the few that a core has in its cache, and not through all of the memory in turn.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/audit_news.hpp"

namespace proxy {

class AuditRing {
 public:
  // What a record takes beyond its own bytes; whoever reserves counts it in.
  static constexpr std::size_t framing = sizeof(std::uint32_t);

  // `capacity` in bytes, rounded up to a power of two. The memory is touched only as it is used.
  // `wake_writer` is called by `commit`, on the producer's thread: when `wants_writer` says so, or
  // for every record.
  enum class Wake : std::uint8_t { when_half_full, for_each };
  explicit AuditRing(std::size_t capacity = 16 * 1024 * 1024,
                     std::function<void()> wake_writer = {}, Wake when = Wake::when_half_full);

  // ---- The producer's side.
  // Sets `bytes` aside; false where they are not free. Adds up: two calls make one reservation.
  [[nodiscard]] bool reserve(std::size_t bytes);
  // Gives `bytes` of a reservation back unused.
  void release(std::size_t bytes);
  // Hands a record over and gives up the `reserved` bytes. `record` and its framing must fit into
  // them. False where it did not (a bug elsewhere) and there was no free room for it either: the
  // record is then counted as dropped.
  bool commit(std::size_t reserved, std::string_view record);
  // The position behind the last record: when AuditNews::durable has reached it, that is durable.
  std::uint64_t committed() const { return tail_.load(std::memory_order_relaxed); }
  // For `on_full: drop`: an exchange goes by without a record.
  void count_dropped() { dropped_.fetch_add(1, std::memory_order_relaxed); }
  // True once each time the committed records come to fill more than half: time to wake the writer
  // before its next round.
  [[nodiscard]] bool wants_writer();

  // ---- The consumer's side.
  // Calls `take(record)` for each, oldest first. Where it returns false the record stays and the
  // walk ends.
  template <class Take>
  void drain(Take take);

  // The position behind the last record taken.
  std::uint64_t taken() const { return head_.load(std::memory_order_relaxed); }

  // ---- Any thread.
  std::size_t capacity() const { return capacity_; }
  // Bytes committed and not taken.
  std::size_t depth() const;
  // Exchanges that went by without a record, since the start.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  AuditNews& news() { return news_; }

 private:
  using Block = std::uint32_t;  // its number in the memory

  std::size_t used();  // committed bytes, never less than there are
  Block& block_of(std::uint64_t position) {
    return block_of_[static_cast<std::size_t>(position / block_) % block_of_.size()];
  }
  // How much of `size` bytes at a position is in its block.
  std::size_t piece(std::uint64_t position, std::size_t size) const;
  char* at(std::uint64_t position);
  void copy_in(std::uint64_t position, const void* from, std::size_t size);
  Block take_free();
  std::string_view read(std::uint64_t position, std::size_t size);
  void give_back(std::uint64_t from, std::uint64_t to);

  const std::size_t capacity_;
  const std::size_t block_;  // bytes of one; both are powers of two
  const std::unique_ptr<char[]> memory_;
  // Of the blocks that positions are in: what is committed is in one more than would hold it at
  // most. Set by the producer before the consumer can see such a position.
  std::vector<Block> block_of_;
  // The free ones, a stack: one side takes, the other gives back, so none comes back unseen between
  // a look at the top and its exchange.
  std::vector<Block> below_;
  std::atomic<Block> free_{0};
  // Positions count bytes since the start and never wrap. Each side's own data on a line of its
  // own.
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // written by the producer
  std::uint64_t seen_head_ = 0;                     // the producer's copy of head_, may lag
  std::size_t reserved_ = 0;
  const std::function<void()> wake_writer_;
  const Wake wake_when_;
  bool told_ = false;                               // wants_writer has said so
  alignas(64) std::atomic<std::uint64_t> head_{0};  // written by the consumer
  std::string whole_;                               // its copy of a record that is in two blocks
  alignas(64) std::atomic<std::uint64_t> dropped_{0};
  alignas(64) AuditNews news_;
};

template <class Take>
void AuditRing::drain(Take take) {
  const auto tail = tail_.load(std::memory_order_acquire);
  const auto from = head_.load(std::memory_order_relaxed);
  auto head = from;
  while (head != tail) {
    std::uint32_t size = 0;
    read(head, framing).copy(reinterpret_cast<char*>(&size), framing);
    if (!take(read(head + framing, size))) break;
    head += framing + size;
  }
  give_back(from, head);
  head_.store(head);  // sequentially consistent, for `want_room`
  news_.made_room();
}

}  // namespace proxy
