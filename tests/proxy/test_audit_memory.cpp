// What the audit writer holds in memory while the disk is slower than the workers.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>

#include "tests/support/audit.hpp"

using namespace tests;

namespace {

// A disk that takes one piece of records each time it is let, and nothing in between.
class SlowDisk {
 public:
  ssize_t write(int file, const char* text, std::size_t size) {
    const auto name = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file));
    if (name.filename().string().starts_with("records-")) {
      std::unique_lock lock(mutex_);
      longest_ = std::max(longest_, size);
      waiting_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_ || let_ > 0; });
      waiting_ = false;
      if (let_ > 0) --let_;
    }
    return ::write(file, text, size);
  }
  void wait_until_it_waits() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ && let_ == 0; });
  }
  void let_one() {
    {
      const std::scoped_lock lock(mutex_);
      let_ = 1;
    }
    changed_.notify_all();
  }
  void open() {
    {
      const std::scoped_lock lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  std::size_t longest() {
    const std::scoped_lock lock(mutex_);
    return longest_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = false;
  bool open_ = false;
  int let_ = 0;
  std::size_t longest_ = 0;  // piece it was given
};

}  // namespace

TEST_CASE("a writer that falls behind holds its rings and one batch, however far that is") {
  constexpr std::size_t batch = 256 * 1024;
  const std::string record = R"({"x":")" + std::string(1000, 'x') + "\"}";
  const auto room = record.size() + AuditRing::framing;
  const TemporaryDirectory folder;
  SlowDisk disk;
  auto settings = settings_for(folder);
  settings.rings = 3;
  settings.ring_bytes = 1024 * 1024;
  settings.write = [&](int file, const char* text, std::size_t size) {
    return disk.write(file, text, size);
  };
  AuditWriter writer(settings);
  std::size_t committed = 0;
  const auto fill = [&](std::size_t ring) {
    for (auto& to = writer.ring(ring); to.reserve(room); ++committed)
      REQUIRE(to.commit(room, record));
  };
  const auto in_rings = [&] { return writer.counters().depth / room; };

  put(writer.ring(0), record);
  ++committed;
  disk.wait_until_it_waits();
  for (int piece = 0; piece < 20; ++piece) {
    for (std::size_t ring = 0; ring < settings.rings; ++ring) fill(ring);
    // The rings are full, and nobody has more room than they have.
    CHECK(writer.counters().depth <= settings.rings * settings.ring_bytes);
    CHECK(in_rings() == settings.rings * (settings.ring_bytes / room));
    // What is in neither a ring nor the file.
    CHECK(committed - in_rings() - writer.counters().written <= batch / record.size() + 1);
    disk.let_one();
    disk.wait_until_it_waits();
  }
  CHECK(disk.longest() <= batch + record.size() + 32);
  disk.open();
  CHECK(writer.stop());
  CHECK(writer.counters().written == committed);
  CHECK(bodies_in(settings.directory).size() == committed);
}
