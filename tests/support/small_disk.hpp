// SmallDisk: a file system of some megabytes that a test can fill up: a tmpfs in a mount namespace
// of its own, which needs no privilege where the kernel lets users have namespaces. Made before the
// gateway that is to write there. Owned by a test, on its thread; gone when it goes.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/evidence/durable_file.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

class SmallDisk {
 public:
  explicit SmallDisk(std::size_t bytes) : holder_(mounting(bytes, folder_.path())) {
    if (holder_.line() != "mounted") throw std::runtime_error("no file system can be mounted here");
  }

  // Whether a test may mount one on this machine. For doctest::skip, so that the count of what was
  // skipped says so.
  static bool possible() {
    static const bool answer = [] {
      try {
        const SmallDisk disk(1024 * 1024);
        disk.fill();
        disk.make_room();
        return true;
      } catch (const std::exception&) {
        return false;
      }
    }();
    return answer;
  }

  // As every process of this user sees it, through the one that holds it.
  std::filesystem::path path() const {
    return "/proc/" + std::to_string(holder_.id()) + "/root" + folder_.path().string();
  }
  // Takes all the room that is left, also where others write meanwhile.
  void fill() const {
    const proxy::Descriptor file(::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) throw std::runtime_error("cannot fill " + path().string());
    for (const auto piece : {std::size_t{1024 * 1024}, std::size_t{4096}}) {
      const std::string bytes(piece, '\0');
      while (::write(file.number(), bytes.data(), bytes.size()) > 0) {
      }
      if (errno != ENOSPC) throw std::runtime_error("cannot fill " + path().string());
    }
  }
  void make_room() const { std::filesystem::remove(ballast()); }

 private:
  static std::vector<std::string> mounting(std::size_t bytes, const std::filesystem::path& at) {
    const auto* mount =
        R"(mount -t tmpfs -o "size=$1,mode=0700" none "$2" && echo mounted && exec sleep 600)";
    return {"unshare", "-Urm", "/bin/sh", "-c", mount, "sh", std::to_string(bytes), at.string()};
  }
  std::filesystem::path ballast() const { return path() / "ballast"; }

  TemporaryDirectory folder_;
  Process holder_;
};

}  // namespace tests
