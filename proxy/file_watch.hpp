// FileWatch: notices that files have changed, when asked once in a while. The policy's, by the
// server, on its thread; it blocks on the disk and knows no clock.
//
// It asks `stat`, and not inotify: that sees nothing of a swapped symlink in the middle of a path,
// which is how Kubernetes replaces a ConfigMap, and tells of no change that was made elsewhere, on
// NFS or under an overlay. `stat` follows every link and is right everywhere.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace proxy {

// What changes with a file that is written, replaced, removed or reached by another link. Of what
// is no regular file, a pipe say, nothing is known but that it is there.
struct FileState {
  bool there = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t seconds = 0;  // of its last change
  std::int64_t nanoseconds = 0;

  bool operator==(const FileState&) const = default;
};
FileState state_of(const std::filesystem::path& file);

// A file that was read.
struct FileDigest {
  std::filesystem::path file;
  std::string digest;  // "sha256:<hex>" of its bytes; empty: it could not be read

  bool operator==(const FileDigest&) const = default;
};

// Of the bytes that are there now; empty where they cannot be read.
std::string digest_of_file(const std::filesystem::path& file);

class FileWatch {
 public:
  // These, from now on, with the digests of what was made of them.
  void follow(std::vector<FileDigest> files);
  // Whether one of them holds other bytes than it is followed with. Two calls in a row must find
  // the same state before a file is read at all: it may be in the middle of being written. So a
  // change is told by the second call after it, and once: then what it led to is to be followed.
  bool changed();

 private:
  std::vector<FileDigest> files_;
  std::vector<FileState> seen_;     // by the last call; empty: there was none
  std::vector<FileState> settled_;  // when the bytes were last compared; empty: they never were
};

}  // namespace proxy
