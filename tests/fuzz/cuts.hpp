// Cuts: how an input arrives in pieces, decided by one byte of it, so that libFuzzer can vary the
// cuts apart from the bytes and a find can be replayed. Owned by one run of a target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fuzz {

class Cuts {
 public:
  // '0': all at once. '1': byte by byte. Others: pieces of up to 3, 15, 63 ... bytes.
  explicit Cuts(char seed) : state_(static_cast<unsigned char>(seed)) {
    const unsigned kind = state_ % 16;
    most_ = kind == 0 ? 0 : (std::uint64_t{1} << kind) - 1;
  }

  // Bytes of the next piece, at least one, of the `available` (which are at least one).
  std::size_t next(std::size_t available) {
    if (most_ == 0) return available;
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's generator
    return std::min<std::size_t>(available, 1 + (state_ >> 33) % most_);
  }

 private:
  std::uint64_t state_;
  std::uint64_t most_;
};

}  // namespace fuzz
