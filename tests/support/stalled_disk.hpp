// StalledDisk: the disk of a gateway under test, which can be told to stall: what is written or
// synced then does not fail, it waits. Made before its gateway, which is started with
// `environment`. Owned by a test, on its thread. Not in a sanitizer's build: that has to be loaded
// first itself.
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proxy/evidence/durable_file.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

class StalledDisk {
 public:
  enum class Call { write, sync };

  StalledDisk() {
    folder_.write("write", "");
    folder_.write("sync", "");
  }

  std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"LD_PRELOAD", binary("stalled_disk.so").string()},
            {"STALLED_DISK", folder_.path().string()}};
  }

  // From now on, until `go_on`.
  void stall(Call call) {
    held_ = proxy::Descriptor(::open((folder_.path() / name(call)).c_str(), O_RDWR | O_CLOEXEC));
    if (!held_ || ::flock(held_.number(), LOCK_EX) != 0) throw std::runtime_error("no lock");
  }
  void go_on() { held_ = proxy::Descriptor(); }
  // Until the gateway has come to wait.
  void wait_until_felt(Call call) const {
    const auto felt = folder_.path() / (std::string(name(call)) + ".stalled");
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!std::filesystem::exists(felt))
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("nothing stalls");
  }

 private:
  static const char* name(Call call) { return call == Call::write ? "write" : "sync"; }

  TemporaryDirectory folder_;
  proxy::Descriptor held_;
};

}  // namespace tests
