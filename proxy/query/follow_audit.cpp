#include "proxy/query/follow_audit.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

namespace proxy {
namespace {

constexpr std::size_t piece = 1024 * 1024;              // bytes read at once
constexpr std::size_t longest_line = 64 * 1024 * 1024;  // bytes

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error("audit " + file.string() + ": " + what);
}

// None where the directory is not there yet.
std::vector<Segment> segments_there(const std::filesystem::path& directory) {
  std::error_code fault;
  if (!std::filesystem::exists(directory, fault) && !fault) return {};
  return list_segments(directory);
}

}  // namespace

// What stands in a segment is complete once the next one is there: so the list comes first.
void AuditFollower::poll(const Take& take) {
  auto segments = segments_there(directory_);
  if (!segment_ && !segments.empty()) {
    segments.erase(segments.begin(), segments.end() - 1);
    first_seq_ = segments.front().first_seq;
  }
  if (segment_) read(take);
  for (const auto& segment : segments) {
    if (segment_ && segment.first_seq <= segment_->first_seq) continue;
    begin(segment);
    read(take);
  }
}

void AuditFollower::begin(const Segment& segment) {
  const auto& file = segment.file;
  const bool compressed = file.extension() == SegmentFile::compressed_end;
  Descriptor opened(compressed ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  // Between the list and here it may have been compressed.
  if (!compressed && !opened && errno != ENOENT)
    fail(file, "cannot be opened: " + last_error().message());
  file_ = std::move(opened);
  segment_ = segment;
  offset_ = 0;
  lines_ = 0;
}

void AuditFollower::read_compressed(const Take& take) {
  if (offset_ > 0) return;
  SegmentReader reader({*segment_});
  while (const auto block = reader.next()) {
    if (block->torn) break;
    take(block->text, segment_->file, lines_);
    lines_ += static_cast<std::uint64_t>(std::ranges::count(block->text, '\n'));
    offset_ += block->text.size();
  }
}

// From the end of the last whole line each time: a torn line may be cut and another take its place,
// when a gateway starts again.
void AuditFollower::read(const Take& take) {
  if (!file_) return read_compressed(take);
  const auto& file = segment_->file;
  struct stat status{};
  if (::fstat(file_.number(), &status) != 0)
    fail(file, "cannot be read: " + last_error().message());
  if (static_cast<std::uint64_t>(status.st_size) < offset_)
    fail(file, "has become shorter: records were removed, `prefgate audit verify` says more");
  std::string text;
  while (true) {
    const auto there = text.size();
    if (there > longest_line) fail(file, "has a line that is no record: too long");
    text.resize(there + piece);
    const auto got =
        ::pread(file_.number(), text.data() + there, piece, static_cast<off_t>(offset_ + there));
    if (got < 0 && errno != EINTR) fail(file, "cannot be read: " + last_error().message());
    text.resize(there + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return;
    const auto end = text.rfind('\n');
    if (end == text.npos) continue;
    take(std::string_view(text).substr(0, end + 1), file, lines_);
    lines_ += static_cast<std::uint64_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1, '\n'));
    offset_ += end + 1;
    text.erase(0, end + 1);
  }
}

}  // namespace proxy
