// Buffer: bytes that have arrived and are not used up yet, in one piece. Grows on demand up to what
// the caller asks for, goes back to its small size when it is empty and told to. Owned by one
// connection. Any call that is not const may move the bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace proxy {

class Buffer {
 public:
  explicit Buffer(std::size_t small) : small_(small) {}

  std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  // Writable room behind the data: at least one byte, at most until `most` bytes are held in all.
  // Doubles its memory when it is full.
  std::span<char> room(std::size_t most) {
    if (end_ == capacity_ && begin_ > 0) shift();
    if (end_ == capacity_) grow(std::min(std::max(small_, capacity_ * 2), most));
    return {bytes_.get() + end_, std::min(capacity_ - end_, most - size())};
  }
  void commit(std::size_t count) { end_ += count; }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Back to the small size, where what is held allows it. `nothing`: not even that.
  void shrink(bool nothing = false) {
    if (nothing && empty()) {
      bytes_.reset();
      capacity_ = 0;
    } else if (capacity_ > small_ && size() <= small_) {
      grow(small_);
    }
  }

 private:
  void shift() {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  void grow(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    const auto held = size();
    if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
    bytes_ = std::move(larger);
    begin_ = 0;
    end_ = held;
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t small_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace proxy
