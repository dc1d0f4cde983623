#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/audit.hpp"

using namespace tests;

namespace {

// A disk that can be told to be full; `room` bytes are taken first.
struct Disk {
  std::atomic<bool> full{false};
  std::atomic<std::size_t> room{0};
  std::atomic<int> refusals{0};

  ssize_t write(int file, const char* text, std::size_t size) {
    if (!full) return ::write(file, text, size);
    const auto some = std::min<std::size_t>(size, room);
    if (some > 0) {
      room -= some;
      return ::write(file, text, some);
    }
    ++refusals;
    refusals.notify_all();
    errno = ENOSPC;
    return -1;
  }
  // Until the writer has been refused once more.
  void wait_for_refusal() {
    const int seen = refusals;
    refusals.wait(seen);
  }
};

}  // namespace

TEST_CASE("a full disk costs nothing that was committed, whatever byte it became full at") {
  for (std::size_t room = 0; room < 60; room += 7) {
    CAPTURE(room);
    const TemporaryDirectory folder;
    Disk disk;
    auto settings = settings_for(folder);
    settings.write = [&](int file, const char* text, std::size_t size) {
      return disk.write(file, text, size);
    };
    AuditWriter writer(std::move(settings));
    disk.room = room;
    disk.full = true;
    for (int i = 0; i < 5; ++i) put(writer.ring(0), R"({"i":)" + std::to_string(i) + "}");
    disk.wait_for_refusal();
    disk.wait_for_refusal();
    for (int i = 5; i < 10; ++i) put(writer.ring(0), R"({"i":)" + std::to_string(i) + "}");
    disk.full = false;
    CHECK(writer.stop());
    CHECK(writer.counters().failed_writes >= 2);
    CHECK(writer.last_error()->what.find("No space left") != std::string::npos);
    const auto bodies = bodies_in(folder.path() / "audit");
    REQUIRE(bodies.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(bodies[i] == R"("i":)" + std::to_string(i) + "}");
  }
}

TEST_CASE(
    "while the disk is full the rings fill up; once it is not, a gap record tells the drops") {
  const TemporaryDirectory folder;
  Disk disk;
  std::vector<std::string> warnings;  // the writer's thread's, until stop
  auto settings = settings_for(folder);
  settings.ring_bytes = 1024;
  settings.write = [&](int file, const char* text, std::size_t size) {
    return disk.write(file, text, size);
  };
  settings.warn = [&](const std::string& what) { warnings.push_back(what); };
  AuditWriter writer(std::move(settings));
  auto& ring = writer.ring(0);
  disk.full = true;
  put(ring, R"({"i":"first"})");
  disk.wait_for_refusal();  // the writer holds the first and takes no more
  const std::string record = R"({"i":"more"})";
  std::size_t committed = 1;
  while (ring.reserve(record.size() + AuditRing::framing)) {
    ring.commit(record.size() + AuditRing::framing, record);
    ++committed;
  }
  CHECK(committed == 1 + 1024 / (record.size() + AuditRing::framing));
  for (int i = 0; i < 3; ++i) ring.count_dropped();
  disk.wait_for_refusal();
  CHECK(writer.counters().written == 0);
  CHECK(writer.counters().dropped == 3);  // before any gap record says so
  CHECK(writer.failing());
  disk.full = false;
  CHECK(writer.stop());
  CHECK(writer.lost() == 0);
  CHECK_FALSE(writer.failing());

  const auto bodies = bodies_in(folder.path() / "audit");
  REQUIRE(bodies.size() == committed + 1);
  CHECK(writer.counters().written == committed + 1);
  CHECK(writer.counters().dropped == 3);
  CHECK(std::ranges::count_if(bodies, [](const std::string& body) {
          return body.starts_with(R"("time":"20)") && body.ends_with(R"(Z","gap":{"dropped":3}})");
        }) == 1);
  REQUIRE(warnings.size() == 2);  // once as it begins, once as it ends
  CHECK(warnings[0].find("No space left") != std::string::npos);
  CHECK(warnings[1].find("written again") != std::string::npos);
}

TEST_CASE("stopping on a full disk says that not all was written, and leaves whole lines") {
  const TemporaryDirectory folder;
  Disk disk;
  auto settings = settings_for(folder);
  settings.write = [&](int file, const char* text, std::size_t size) {
    return disk.write(file, text, size);
  };
  {
    AuditWriter writer(settings);
    disk.room = 20;
    disk.full = true;
    put(writer.ring(0), R"({"i":"first"})");
    put(writer.ring(0), R"({"i":"second"})");
    writer.ring(0).count_dropped();
    CHECK_FALSE(writer.stop());
    CHECK(writer.counters().written == 0);
    CHECK(writer.lost() == 3);
  }
  disk.full = false;
  AuditWriter writer(settings);  // 20 bytes of the first line are there: torn
  CHECK(writer.notices().size() == 1);
  put(writer.ring(0), R"({"i":"third"})");
  CHECK(writer.stop());
  CHECK(bodies_in(folder.path() / "audit") == std::vector<std::string>{R"("i":"third"})"});
}

TEST_CASE("a new segment that cannot be made stops the records, and is tried again") {
  const TemporaryDirectory folder;
  std::atomic<int> warnings{0};
  auto settings = settings_for(folder);
  settings.segment_bytes = 30;
  settings.warn = [&](const std::string&) {
    ++warnings;
    warnings.notify_all();
  };
  AuditWriter writer(std::move(settings));
  const auto obstacle = folder.write("audit/records-000000000001.jsonl", "");
  put(writer.ring(0), R"({"i":"first"})");
  put(writer.ring(0), R"({"i":"second"})");
  warnings.wait(0);
  CHECK(writer.last_error()->what.find("new segment") != std::string::npos);
  std::filesystem::remove(obstacle);
  CHECK(writer.stop());
  CHECK(bodies_in(folder.path() / "audit").size() == 2);
}

TEST_CASE("a directory in use is an error at construction") {
  const TemporaryDirectory folder;
  AuditWriter writer(settings_for(folder));
  CHECK_THROWS_AS(AuditWriter(settings_for(folder)), std::runtime_error);
}

// Former bugs.

TEST_CASE("while records find no room, checkpoints that do are no sign that the trouble is over") {
  const TemporaryDirectory folder;
  Disk disk;
  std::atomic<int> signatures{0};
  std::atomic<int> warnings{0};
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  settings.warn = [&](const std::string&) { ++warnings; };
  settings.write = [&](int file, const char* text, std::size_t size) {
    const auto name = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file));
    if (name.filename().string().starts_with("records-")) return disk.write(file, text, size);
    ++signatures;
    return ::write(file, text, size);
  };
  AuditWriter writer(settings);
  put(writer.ring(0), R"({"i":"first"})");
  wait_until([&] { return writer.counters().written == 1; });
  disk.room = 10;  // a part of the next line fits
  disk.full = true;
  put(writer.ring(0), R"({"i":"second"})");
  disk.wait_for_refusal();
  for (const int seen = signatures; signatures < seen + 5;) disk.wait_for_refusal();
  CHECK(warnings == 1);
  CHECK(writer.failing());
  disk.full = false;
  wait_until([&] { return !writer.failing(); });
  wait_until([&] { return warnings == 2; });
  CHECK(writer.last_error().has_value());  // it stays, with its time
  CHECK(writer.stop());
  CHECK(faults_of(settings) == "");
}
