// SegmentFile: the bytes of one segment from its first to its last, whether it is plain or, closed
// and compressed since, `.zst` (RFC 8878). Used through SegmentReader by all who read the audit; on
// one thread at a time. It blocks, needs little memory, and never writes.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "proxy/evidence/durable_file.hpp"

struct ZSTD_DCtx_s;

namespace proxy {

// A segment that is not what a gateway has written or compressed.
class DamagedSegment : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SegmentFile {
 public:
  static constexpr const char* compressed_end = ".zst";

  // Where the plain file is gone, takes the compressed one beside it: a gateway may have compressed
  // it since the directory was listed. Throws std::runtime_error naming the file.
  explicit SegmentFile(std::filesystem::path file);

  // The next bytes, `size` at most; 0 at the end alone. Throws the same, and DamagedSegment.
  std::size_t read(char* to, std::size_t size);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };

  std::size_t read_plain(char* to, std::size_t size);

  std::filesystem::path path_;
  Descriptor file_;
  std::unique_ptr<ZSTD_DCtx_s, Free> decompression_;  // none: it is plain
  std::string input_;                                 // compressed bytes
  std::size_t used_ = 0;                              // of them
  bool within_ = false;                               // a frame has begun and not ended
};

}  // namespace proxy
