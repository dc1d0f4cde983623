// TlsBuffer: ciphertext on its way, in one piece. Owned by one TlsEngine, on its worker's thread.
// Its memory is OpenSSL's, so that it is recycled with the record buffers (see recycled_memory.hpp)
// and an idle connection can give all of it back for nothing. Bytes once shown by `data` never move
// before `consume`, whatever is appended meanwhile: a send may be under way from there.
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace proxy {

class TlsBuffer {
 public:
  std::string_view data() const { return {block_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  // Makes room for `more` bytes behind the data; false when there is no memory. New memory has at
  // least `least`.
  [[nodiscard]] bool reserve(std::size_t more, std::size_t least = usual) noexcept {
    return capacity_ - end_ >= more || grow(size() + more, least);
  }
  std::span<char> room() { return {block_.get() + end_, capacity_ - end_}; }
  void commit(std::size_t count) { end_ += count; }
  [[nodiscard]] bool append(std::string_view bytes) noexcept {
    if (!reserve(bytes.size())) return false;
    std::memcpy(block_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
    return true;
  }

  void consume(std::size_t count) {
    begin_ += count;
    outgrown_.clear();
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Gives the memory back, where it holds nothing.
  void release() {
    if (!empty()) return;
    outgrown_.clear();
    block_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t usual = 4096;
  struct Free {
    void operator()(char* block) const { OPENSSL_free(block); }
  };
  using Block = std::unique_ptr<char, Free>;

  // Only OpenSSL's C code may be above us, so no exception may leave.
  bool grow(std::size_t needed, std::size_t least) noexcept try {
    const auto capacity = std::max({least, needed, size() > 0 ? capacity_ * 2 : 0});
    Block larger(static_cast<char*>(OPENSSL_malloc(capacity)));
    if (!larger) return false;
    const auto held = size();
    if (held > 0) {
      std::memcpy(larger.get(), block_.get() + begin_, held);
      outgrown_.push_back(std::move(block_));
    }
    block_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
    end_ = held;
    return true;
  } catch (...) {
    return false;
  }

  Block block_;
  std::vector<Block> outgrown_;  // what `data` has shown and a send may still read
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace proxy
