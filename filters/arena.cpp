#include "filters/arena.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace filters {

Arena::Arena(std::size_t block) : least_(block) {
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block), block});
  held_ = block;
}

std::string_view Arena::copy(std::string_view text) {
  return join({text});
}

std::string_view Arena::join(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (auto piece : pieces) size += piece.size();
  if (size == 0) return {};
  char* const start = bytes(size);
  char* to = start;
  for (auto piece : pieces) to = std::copy(piece.begin(), piece.end(), to);
  return {start, size};
}

std::string_view Arena::decimal(std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return copy({digits.data(), end});
}

void* Arena::do_allocate(std::size_t size, std::size_t alignment) {
  for (;; ++current_, used_ = 0) {
    if (current_ == blocks_.size()) {
      const auto room = std::max(least_, size + alignment);
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(room), room});
      held_ += room;
    }
    auto& block = blocks_[current_];
    void* at = block.memory.get() + used_;
    std::size_t left = block.size - used_;
    if (std::align(alignment, size, at, left)) {
      used_ = block.size - left + size;
      return at;
    }
  }
}

void Arena::reset(std::size_t keep) {
  while (blocks_.size() > 1 && held_ > keep) {
    held_ -= blocks_.back().size;
    blocks_.pop_back();
  }
  current_ = used_ = 0;
}

}  // namespace filters
