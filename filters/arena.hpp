// Arena: the memory of one exchange. Allocation bumps a pointer; nothing is freed until `reset`,
// which gives everything back at once and keeps the blocks for the next exchange, so that a
// connection in steady state never asks the heap. Owned by the host, one per exchange in flight;
// never shared between threads. Containers use it as a std::pmr::memory_resource.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace filters {

class Arena final : public std::pmr::memory_resource {
 public:
  // `block` is the size in bytes of the first block and the least size of any further one.
  explicit Arena(std::size_t block = 16 * 1024);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Copies `text`; the copy lives until `reset`.
  std::string_view copy(std::string_view text);
  // The pieces, one after the other, in one view.
  std::string_view join(std::initializer_list<std::string_view> pieces);
  // A number's digits, for `join`.
  std::string_view decimal(std::uint64_t number);
  // Uninitialised bytes, aligned for char.
  char* bytes(std::size_t size) { return static_cast<char*>(allocate(size, 1)); }

  // Everything handed out becomes invalid. Keeps at most `keep` bytes of blocks.
  void reset(std::size_t keep = 128 * 1024);
  // Bytes of all blocks held.
  std::size_t held() const { return held_; }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::vector<Block> blocks_;
  std::size_t least_;
  std::size_t current_ = 0;  // index of the block in use
  std::size_t used_ = 0;     // bytes used of that block
  std::size_t held_ = 0;
};

}  // namespace filters
