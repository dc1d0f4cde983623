#include "proxy/evidence/segment_file.hpp"

#include <fcntl.h>
#include <zstd.h>

#include <cerrno>
#include <new>
#include <utility>

namespace proxy {
namespace {

int open_to_read(const std::filesystem::path& file) {
  return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

[[noreturn]] void fail(const std::filesystem::path& file, const char* doing) {
  throw std::runtime_error("audit " + file.string() + ": " + doing + ": " + last_error().message());
}

}  // namespace

void SegmentFile::Free::operator()(ZSTD_DCtx* context) const {
  ZSTD_freeDCtx(context);
}

SegmentFile::SegmentFile(std::filesystem::path file)
    : path_(std::move(file)), file_(open_to_read(path_)) {
  if (!file_ && errno == ENOENT && path_.extension() != compressed_end) {
    auto compressed = path_;
    compressed += compressed_end;
    if (Descriptor other(open_to_read(compressed)); other) {
      file_ = std::move(other);
      path_ = std::move(compressed);
    } else {
      errno = ENOENT;
    }
  }
  if (!file_) fail(path_, "cannot be opened");
  if (path_.extension() != compressed_end) return;
  decompression_.reset(ZSTD_createDCtx());
  if (!decompression_) throw std::bad_alloc();
  input_.reserve(ZSTD_DStreamInSize());
}

std::size_t SegmentFile::read_plain(char* to, std::size_t size) {
  ssize_t got = 0;
  do got = ::read(file_.number(), to, size);
  while (got < 0 && errno == EINTR);
  if (got < 0) fail(path_, "cannot be read");
  return static_cast<std::size_t>(got);
}

std::size_t SegmentFile::read(char* to, std::size_t size) {
  if (!decompression_) return read_plain(to, size);
  ZSTD_outBuffer output{to, size, 0};
  while (output.pos == 0) {
    if (used_ == input_.size()) {
      input_.resize(ZSTD_DStreamInSize());
      input_.resize(read_plain(input_.data(), input_.size()));
      used_ = 0;
    }
    if (input_.empty() && within_)
      throw DamagedSegment("audit " + path_.string() + ": is damaged: it ends too early");
    if (input_.empty()) return 0;
    ZSTD_inBuffer input{input_.data(), input_.size(), used_};
    const auto left = ZSTD_decompressStream(decompression_.get(), &output, &input);
    if (ZSTD_isError(left) != 0)
      throw DamagedSegment("audit " + path_.string() + ": is damaged: " + ZSTD_getErrorName(left));
    used_ = input.pos;
    within_ = left != 0;
  }
  return output.pos;
}

}  // namespace proxy
