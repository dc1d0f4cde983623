#include "proxy/audit_segments.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <utility>

#include "proxy/evidence/compress_segment.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error("audit " + file.string() + ": " + what);
}
[[noreturn]] void fail_errno(const std::filesystem::path& file, const char* doing) {
  fail(file, std::string(doing) + ": " + last_error().message());
}

// The end of a file: its last whole line, and how many bytes after it have no line end.
struct Tail {
  std::string line;  // without its line end; empty where there is none
  std::size_t torn = 0;
};

Tail read_tail(int file, std::size_t size, const std::filesystem::path& name) {
  constexpr std::size_t chunk = 64 * 1024;
  std::string text;  // the file's last bytes
  for (std::size_t begin = size;;) {
    const auto end = text.rfind('\n');
    const auto before = end == std::string::npos || end == 0 ? end : text.rfind('\n', end - 1);
    if (begin == 0 || (end != std::string::npos && end != 0 && before != std::string::npos)) {
      if (end == std::string::npos) return {{}, text.size()};
      const auto start = end == 0 || before == std::string::npos ? 0 : before + 1;
      return {text.substr(start, end - start), text.size() - end - 1};
    }
    const auto more = std::min(begin, chunk);
    begin -= more;
    std::string piece(more, '\0');
    if (::pread(file, piece.data(), more, static_cast<off_t>(begin)) != static_cast<ssize_t>(more))
      fail_errno(name, "cannot be read");
    text.insert(0, piece);
  }
}

// What others have done to the segment that is being written.
enum class Meddled : std::uint8_t { shortened = 1, removed };

class MeddledWith : public std::error_category {
 public:
  const char* name() const noexcept override { return "audit"; }
  std::string message(int what) const override {
    if (static_cast<Meddled>(what) == Meddled::removed)
      return "No such file or directory: the segment being written was removed or moved away; put "
             "it back, and the gateway goes on. What was deleted is gone: then restart with "
             "another directory as audit.directory";
    return "another program has made the segment shorter, and records are lost (log rotation with "
           "copytruncate?); look with `prefgate audit verify`, and name another directory as "
           "audit.directory";
  }
  std::error_condition default_error_condition(int what) const noexcept override {
    if (static_cast<Meddled>(what) == Meddled::removed) return std::errc::no_such_file_or_directory;
    return {what, *this};
  }
};

std::error_code error_of(Meddled what) {
  static const MeddledWith category;
  return {static_cast<int>(what), category};
}

int open_segment(int folder, const std::string& name, int flags) {
  return ::openat(folder, name.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

}  // namespace

AuditSegments::AuditSegments(std::filesystem::path directory, Write write, Sync sync,
                             WriteBack write_back)
    : directory_(std::move(directory)),
      write_(std::move(write)),
      sync_(std::move(sync)),
      write_back_(std::move(write_back)) {
  std::error_code error;
  if (directory_.has_parent_path())
    std::filesystem::create_directories(directory_.parent_path(), error);
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST)
    fail_errno(directory_, "cannot be created");
  try {
    lock();
    if (const auto segments = list_segments(directory_); !segments.empty()) {
      if (const auto mended = mend_compression(directory_))
        notices_.push_back("audit " + directory_.string() + ": the compression of " +
                           counted(mended, "segment") + " had not ended; it begins anew");
      next_seq_ = first_seq_ = segments.back().first_seq;
      resume(segments.back().file);
    } else if (const auto failed = open(0)) {
      fail(directory_ / segment_name(0), "cannot be created: " + failed.message());
    }
  } catch (...) {  // no destructor runs for a half-made object
    for (const int opened : {file_, lock_, folder_})
      if (opened >= 0) ::close(opened);
    throw;
  }
}

AuditSegments::~AuditSegments() {
  close();
  for (const int opened : {lock_, folder_}) ::close(opened);
}

// Blocks that were set aside and not used are the disk's again. What is too short stays so.
void AuditSegments::close() {
  if (file_ < 0) return;
  if (!shortened()) (void)!::ftruncate(file_, static_cast<off_t>(size_));
  ::close(file_);
}

// To go on behind lost records would be to leave a file whose name says something else than it has.
std::error_code AuditSegments::shortened() const {
  struct stat open{};
  if (::fstat(file_, &open) != 0) return last_error();
  return static_cast<std::size_t>(open.st_size) < size_ ? error_of(Meddled::shortened)
                                                        : std::error_code{};
}

std::error_code AuditSegments::missing() const {
  return has_name(file_, directory_ / segment_name(first_seq_)) ? shortened()
                                                                : error_of(Meddled::removed);
}

// So that an fdatasync has less to find and to note. Where the disk cannot, it goes without.
void AuditSegments::set_blocks_aside(std::size_t more) {
  constexpr std::size_t step = 4 * 1024 * 1024;
  if (size_ + more <= set_aside_) return;
  set_aside_ = std::max(set_aside_, size_);
  (void)!::fallocate(file_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(set_aside_), step);
  set_aside_ += step;
}

// Else the fdatasync of each second finds all of its records there and keeps a core for
// milliseconds, in which requests wait. Whole pieces: to append to a page that is being written
// could have to wait.
void AuditSegments::begin_write_back() {
  constexpr std::size_t piece = 1024 * 1024;
  const auto whole = size_ / piece * piece;
  if (!write_back_ || whole <= written_back_) return;
  write_back_(file_, written_back_, whole - written_back_);
  written_back_ = whole;
}

void AuditSegments::lock() {
  folder_ = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) fail_errno(directory_, "cannot be opened as a directory");
  struct stat status{};
  if (::fstat(folder_, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    notices_.push_back("audit " + directory_.string() +
                       ": others than its owner have access to it; its mode should be 0700");
  // The directory itself, which nobody can remove and leave it in use; and a file in it, because
  // NFS locks no directories.
  if (::flock(folder_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail(directory_, "is in use by another process");
  lock_ = ::openat(folder_, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) fail_errno(directory_ / "lock", "cannot be opened");
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) fail(directory_, "is in use by another process");
  fail_errno(directory_ / "lock", "cannot be locked");
}

// Opens the newest segment. A crash can leave a last line without its end: nobody was told that it
// is safe, so it goes.
void AuditSegments::resume(const std::filesystem::path& newest) {
  if (newest.extension() == SegmentFile::compressed_end)
    fail(newest, "is the newest segment, and compressed: the one behind it is missing");
  file_ = open_segment(folder_, newest.filename().string(), 0);
  struct stat status{};
  if (file_ < 0 || ::fstat(file_, &status) != 0) fail_errno(newest, "cannot be opened");
  size_ = static_cast<std::size_t>(status.st_size);
  const auto tail = read_tail(file_, size_, newest);
  if (tail.torn > 0) {
    size_ -= tail.torn;
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0 || ::fsync(file_) != 0)
      fail_errno(newest, "a torn last line cannot be cut");
    notices_.push_back("audit " + newest.string() + ": cut " + std::to_string(tail.torn) +
                       " bytes of a torn last line");
  }
  // Whoever was killed may have left it to the kernel; it will be signed.
  if (::fdatasync(file_) != 0) fail_errno(newest, "cannot be made durable");
  synced_ = written_back_ = size_;
  if (size_ == 0) return;  // next_seq_ is the number in its name
  const auto last = seq_of(tail.line);
  if (!last || *last < next_seq_) fail(newest, "its last line is not a record of this file");
  SegmentReader reader({{0, newest}}, 64 * 1024);
  const auto block = reader.next();
  const auto line = block ? block->text.substr(0, block->text.find('\n')) : std::string();
  const auto first = seq_of(line);
  if (first != next_seq_)
    fail(newest, "begins with " + (first ? "record " + std::to_string(*first) : "no record") +
                     ", and not with the one in its name: records are lost (log rotation with "
                     "copytruncate?), or it was renamed. Look with `prefgate audit verify`, keep "
                     "the directory as it is, and name another one as audit.directory");
  next_seq_ = *last + 1;
  begun_ = time_of(line).value_or(begun_);
}

std::error_code AuditSegments::open(std::uint64_t first_seq) {
  const int file = open_segment(folder_, segment_name(first_seq), O_CREAT | O_EXCL);
  if (file < 0) return last_error();
  if (::fsync(folder_) != 0) {  // else a crash could lose the name
    const auto error = last_error();
    ::unlinkat(folder_, segment_name(first_seq).c_str(), 0);
    ::close(file);
    return error;
  }
  close();
  file_ = file;
  first_seq_ = first_seq;
  size_ = synced_ = set_aside_ = written_back_ = 0;
  begun_ = std::chrono::system_clock::now();
  return {};
}

std::size_t AuditSegments::append(std::string_view text, std::error_code& error) {
  error = missing();
  if (error) return 0;
  set_blocks_aside(text.size());
  ssize_t took = 0;
  do took = write_(file_, text.data(), text.size());
  while (took < 0 && errno == EINTR);
  error = took < 0 ? last_error() : std::error_code{};
  if (took == 0 && !text.empty()) error = std::make_error_code(std::errc::io_error);
  if (took <= 0) return 0;
  size_ += static_cast<std::size_t>(took);
  begin_write_back();
  return static_cast<std::size_t>(took);
}

std::error_code AuditSegments::sync() {
  if (const auto error = missing()) return error;
  return sync_first(size_);
}

std::error_code AuditSegments::sync_first(std::size_t bytes) {
  if (sync_failed_)
    if (const auto error = write_again(file_, synced_, bytes)) return error;
  const auto began = std::chrono::steady_clock::now();
  sync_failed_ = sync_(file_) != 0;
  const auto error = sync_failed_ ? last_error() : std::error_code{};
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
  syncs_.fetch_add(1, std::memory_order_relaxed);
  sync_time_.fetch_add(took.count(), std::memory_order_relaxed);
  if (!error) synced_ = bytes;
  return error;
}

std::error_code AuditSegments::rotate(std::uint64_t first_seq) {
  if (const auto error = shortened()) return error;
  if (!durable())
    if (const auto error = sync()) return error;
  return open(first_seq);
}

}  // namespace proxy
