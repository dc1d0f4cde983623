#include "proxy/file_watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "proxy/keyed_hash.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_file_bytes = 256 * 1024 * 1024;  // what a device list may have

}  // namespace

std::string digest_of_file(const std::filesystem::path& file) {
  const FileText source = read_file(file, most_file_bytes);
  return source.fault.empty() ? "sha256:" + sha256_hex(source.text) : std::string();
}

FileState state_of(const std::filesystem::path& file) {
  struct ::stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode)) return {.there = true};
  return {.there = true,
          .device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec};
}

// Nothing counts as settled: what was written between the reading and now, or within the same tick
// of the file system's clock, shows only in the bytes.
void FileWatch::follow(std::vector<FileDigest> files) {
  files_ = std::move(files);
  seen_.clear();
  settled_.clear();
}

bool FileWatch::changed() {
  std::vector<FileState> now(files_.size());
  std::ranges::transform(files_, now.begin(), state_of, &FileDigest::file);
  if (now == settled_) {
    seen_ = std::move(now);
    return false;
  }
  if (now != seen_) {
    seen_ = std::move(now);
    return false;
  }
  settled_ = std::move(now);
  return std::ranges::any_of(
      files_, [](const FileDigest& each) { return digest_of_file(each.file) != each.digest; });
}

}  // namespace proxy
