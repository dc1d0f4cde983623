// A disk that stalls, for a program under test: loaded into it with LD_PRELOAD (tests/support/
// stalled_disk.hpp does), it has write(2) to regular files, and fsync(2) with fdatasync(2), wait
// while the test holds a lock on the file `write` or `sync` in the folder STALLED_DISK. Whoever has
// to wait says so first, by a file `write.stalled` or `sync.stalled`. Tests alone use it.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

void pass(const char* call) {
  const char* const folder = std::getenv("STALLED_DISK");
  if (folder == nullptr) return;
  const auto gate = std::string(folder) + "/" + call;
  const int opened = ::open(gate.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;
  if (::flock(opened, LOCK_SH | LOCK_NB) != 0) {
    ::close(::open((gate + ".stalled").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    while (::flock(opened, LOCK_SH) != 0) {  // a signal came in between
    }
  }
  ::close(opened);
}

bool is_regular(int file) {
  struct stat status{};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, std::size_t size) {
  if (is_regular(file)) pass("write");
  return ::syscall(SYS_write, file, bytes, size);
}

int fsync(int file) {
  pass("sync");
  return static_cast<int>(::syscall(SYS_fsync, file));
}

int fdatasync(int file) {
  pass("sync");
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

}  // extern "C"
