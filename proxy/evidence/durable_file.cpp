#include "proxy/evidence/durable_file.hpp"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT: mkostemp is glibc's
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>

namespace proxy {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

// Writes the bytes to a file that has another name yet, lets `place` put it where it belongs, and
// makes that name durable.
template <class Place>
std::error_code write_and_place(const Descriptor& made, const std::filesystem::path& temporary,
                                std::string_view bytes, const Write& write, Keeping keeping,
                                Place place) {
  if (!made) return last_error();
  const bool durable = keeping == Keeping::durable;
  auto error = write_all(made.number(), bytes, write);
  if (!error && durable && ::fdatasync(made.number()) != 0) error = last_error();
  if (!error && place() != 0) error = last_error();
  ::unlink(temporary.c_str());  // where it was renamed there is nothing of that name
  return error || !durable ? error : sync_folder(folder_of(temporary));
}

}  // namespace

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::error_code write_all(int file, std::string_view bytes, const Write& write) {
  while (!bytes.empty()) {
    const auto took = write(file, bytes.data(), bytes.size());
    if (took < 0 && errno == EINTR) continue;
    if (took < 0) return last_error();
    if (took == 0) return std::make_error_code(std::errc::io_error);
    bytes.remove_prefix(static_cast<std::size_t>(took));
  }
  return {};
}

std::error_code create_file(const std::filesystem::path& file, std::string_view bytes) {
  auto temporary = file.string() + ".XXXXXX";
  const Descriptor made(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600, O_EXCL
  return write_and_place(made, temporary, bytes, ::write, Keeping::durable,
                         [&] { return ::link(temporary.c_str(), file.c_str()); });
}

std::error_code replace_file(const std::filesystem::path& file, std::string_view bytes,
                             const Write& write, Keeping keeping) {
  auto temporary = file;
  temporary += ".new";  // always the same: a crash leaves one at most
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  const Descriptor made(::open(temporary.c_str(), flags, 0600));
  return write_and_place(made, temporary, bytes, write, keeping,
                         [&] { return std::rename(temporary.c_str(), file.c_str()); });
}

bool has_name(int file, const std::filesystem::path& name) {
  struct stat open{};
  struct stat named{};
  return ::fstat(file, &open) == 0 && ::stat(name.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

std::error_code write_again(int file, std::size_t begin, std::size_t end) {
  // Without O_APPEND, which has pwrite(2) append.
  const auto name = "/proc/self/fd/" + std::to_string(file);
  const Descriptor in_place(::open(name.c_str(), O_RDWR | O_CLOEXEC));
  if (!in_place) return last_error();
  std::string bytes(64 * 1024, '\0');
  for (auto at = begin; at < end;) {
    const auto some = std::min(bytes.size(), end - at);
    const auto got = ::pread(in_place.number(), bytes.data(), some, static_cast<off_t>(at));
    if (got <= 0) return last_error();
    const auto took = ::pwrite(in_place.number(), bytes.data(), static_cast<std::size_t>(got),
                               static_cast<off_t>(at));
    if (took <= 0) return last_error();
    at += static_cast<std::size_t>(took);
  }
  return {};
}

void begin_write_back(int file, std::size_t begin, std::size_t bytes) {
  (void)::sync_file_range(file, static_cast<off_t>(begin), static_cast<off_t>(bytes),
                          SYNC_FILE_RANGE_WRITE);
}

std::error_code remove_gently(const std::filesystem::path& file) {
  constexpr off_t piece = 256 * 1024;
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  if (opened && ::fstat(opened.number(), &status) == 0)
    for (off_t at = 0; at < status.st_size; at += piece)
      (void)::posix_fadvise(opened.number(), at, piece, POSIX_FADV_DONTNEED);
  return ::unlink(file.c_str()) == 0 ? std::error_code{} : last_error();
}

std::error_code sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.number()) != 0) return last_error();
  return {};
}

}  // namespace proxy
