// Buffer: bytes that have arrived and are not used up yet, in one piece. Grows on demand up to what
// the caller asks for, goes back to its small size when it is told to. Its memory is OpenSSL's,
// clear text or not, since that is recycled (recycled_memory.hpp): a connection that grows for each
// request and shrinks after it asks the heap for nothing. Owned by one connection. Any call that is
// not const may move the bytes.
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
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

  // Writable room behind the data, until `most` bytes are held in all: at least one byte, or none
  // where as many are held already. Doubles its memory when it is full. Throws std::bad_alloc.
  std::span<char> room(std::size_t most) {
    if (size() >= most) return {};
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
  struct Free {
    void operator()(char* block) const { OPENSSL_free(block); }
  };
  using Block = std::unique_ptr<char, Free>;

  void shift() {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  void grow(std::size_t capacity) {
    Block larger(static_cast<char*>(OPENSSL_malloc(capacity)));
    if (!larger) throw std::bad_alloc();
    const auto held = size();
    if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
    bytes_ = std::move(larger);
    begin_ = 0;
    end_ = held;
    capacity_ = capacity;
  }

  Block bytes_;
  std::size_t small_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace proxy
