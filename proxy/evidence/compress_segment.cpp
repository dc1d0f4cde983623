#include "proxy/evidence/compress_segment.hpp"

#include <fcntl.h>
#include <zstd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "proxy/evidence/segment_file.hpp"
#include "proxy/evidence/segments.hpp"

namespace proxy {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
// Records are alike, and what they share is long. So the third level takes half as long again and
// gains nothing; and beside the first, to look for seven bytes at least and to keep the table of
// where they were in a core's own cache takes an eighth less time for a hundredth more bytes.
constexpr std::pair<ZSTD_cParameter, int> settings[] = {
    {ZSTD_c_checksumFlag, 1},
    {ZSTD_c_compressionLevel, 1},
    {ZSTD_c_hashLog, 13},
    {ZSTD_c_minMatch, 7},
};
constexpr const char* unfinished_end = ".new";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error("audit " + file.string() + ": " + what);
}

std::filesystem::path with_end(std::filesystem::path file, const char* end) {
  file += end;
  return file;
}

class Compression {
 public:
  Compression(const std::filesystem::path& to, const Write& write)
      : to_(to),
        write_(write),
        file_(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)),
        context_(ZSTD_createCCtx(), ZSTD_freeCCtx),
        out_(ZSTD_CStreamOutSize(), '\0') {
    if (!file_) fail(to, "cannot be created: " + last_error().message());
    if (!context_) throw std::bad_alloc();
    for (const auto& [parameter, value] : settings)
      ZSTD_CCtx_setParameter(context_.get(), parameter, value);
  }

  void add(std::string_view text, ZSTD_EndDirective directive) {
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer output{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      if (ZSTD_isError(left) != 0)
        fail(to_, std::string("cannot be compressed: ") + ZSTD_getErrorName(left));
      const std::string_view bytes(out_.data(), output.pos);
      if (const auto error = write_all(file_.number(), bytes, write_))
        fail(to_, "cannot be written: " + error.message());
    } while (directive == ZSTD_e_end ? left != 0 : input.pos < input.size);
  }

  void make_durable() const {
    if (::fdatasync(file_.number()) != 0)
      fail(to_, "cannot be made durable: " + last_error().message());
  }

 private:
  const std::filesystem::path& to_;
  const Write& write_;
  const Descriptor file_;
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_;
  std::string out_;
};

// Piece by piece; how many bytes, or none where `go_on` has ended it.
std::optional<std::uint64_t> read_all(const std::filesystem::path& file,
                                      const std::function<bool()>& go_on,
                                      const std::function<void(std::string_view)>& take) {
  SegmentFile from(file);
  std::uint64_t bytes = 0;
  std::string piece(piece_bytes, '\0');
  while (const auto got = from.read(piece.data(), piece.size())) {
    if (!go_on()) return std::nullopt;
    const std::string_view text(piece.data(), got);
    bytes += got;
    take(text);
  }
  return bytes;
}

}  // namespace

bool compress_segment(const std::filesystem::path& file, const std::function<bool()>& go_on,
                      const Write& write) {
  const auto compressed = with_end(file, SegmentFile::compressed_end);
  // It must end in .zst to be read back; and in something that no segment does.
  const auto unfinished = with_end(with_end(file, unfinished_end), SegmentFile::compressed_end);
  const std::unique_ptr<const char, void (*)(const char*)> gone_at_the_end(
      unfinished.c_str(), [](const char* name) { ::unlink(name); });
  std::optional<std::uint64_t> before;
  {
    Compression compression(unfinished, write);
    before = read_all(file, go_on,
                      [&](std::string_view text) { compression.add(text, ZSTD_e_continue); });
    if (!before) return false;
    compression.add({}, ZSTD_e_end);
    compression.make_durable();
  }
  // That these are the bytes which were compressed, their check sum in the file says.
  const auto after = read_all(unfinished, go_on, [](std::string_view) {});
  if (!after) return false;
  if (after != before) fail(unfinished, "is not what was compressed; the plain file stays");
  if (std::rename(unfinished.c_str(), compressed.c_str()) != 0)
    fail(compressed, "cannot be named: " + last_error().message());
  if (const auto error = sync_folder(file.parent_path()))
    fail(compressed, "its name cannot be made durable: " + error.message());
  if (const auto error = remove_gently(file)) fail(file, "cannot be removed: " + error.message());
  return true;
}

std::size_t mend_compression(const std::filesystem::path& directory) {
  std::size_t mended = 0;
  for (const auto& segment : list_segments(directory)) {
    if (segment.file.extension() == SegmentFile::compressed_end) continue;
    const auto unfinished = with_end(segment.file, unfinished_end);
    bool found = false;
    for (const auto& other : {segment.file, unfinished})
      found |= ::unlink(with_end(other, SegmentFile::compressed_end).c_str()) == 0;
    mended += found ? 1 : 0;
  }
  return mended;
}

}  // namespace proxy
