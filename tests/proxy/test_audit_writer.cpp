#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "proxy/audit_writer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using proxy::AuditRing;
using proxy::AuditSettings;
using proxy::AuditWriter;
using tests::TemporaryDirectory;

// All lines of all segments, in order.
std::vector<std::string> lines_in(const std::filesystem::path& directory) {
  std::map<std::string, std::filesystem::path> segments;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".jsonl") segments[entry.path().filename()] = entry.path();
  std::vector<std::string> lines;
  for (const auto& [name, path] : segments) {
    std::ifstream in(path, std::ios::binary);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  return lines;
}

// The text behind {"seq":N, of each line; fails the test where the numbers have a gap.
std::vector<std::string> bodies_in(const std::filesystem::path& directory) {
  std::vector<std::string> bodies;
  for (const auto& line : lines_in(directory)) {
    const auto prefix = "{\"seq\":" + std::to_string(bodies.size()) + ",";
    REQUIRE(line.substr(0, prefix.size()) == prefix);
    bodies.push_back(line.substr(prefix.size()));
  }
  return bodies;
}

void put(AuditRing& ring, const std::string& record) {
  const auto room = record.size() + AuditRing::framing;
  while (!ring.reserve(room)) std::this_thread::yield();
  REQUIRE(ring.commit(room, record));
}

AuditSettings settings_for(const TemporaryDirectory& folder) {
  AuditSettings settings;
  settings.directory = folder.path() / "audit";
  settings.ring_bytes = 64 * 1024;
  settings.round = 1ms;
  return settings;
}

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

TEST_CASE("records are numbered in the order in which they were taken, and written at stop") {
  const TemporaryDirectory folder;
  AuditWriter writer(settings_for(folder));
  put(writer.ring(0), R"({"time":"a"})");
  put(writer.ring(0), R"({"time":"b"})");
  CHECK(writer.stop());
  CHECK(writer.stop());
  CHECK(lines_in(folder.path() / "audit") ==
        std::vector<std::string>{R"({"seq":0,"time":"a"})", R"({"seq":1,"time":"b"})"});
  CHECK(writer.counters().written == 2);
  CHECK(writer.counters().dropped == 0);
  CHECK(writer.counters().failed_writes == 0);
  CHECK(writer.last_error().empty());
}

TEST_CASE("a record is written without being asked for, and sooner when asked for") {
  for (const bool ask : {false, true}) {
    const TemporaryDirectory folder;
    auto settings = settings_for(folder);
    std::atomic<bool> wrote{false};
    settings.round = ask ? 1h : 5ms;
    settings.write = [&](int file, const char* text, std::size_t size) {
      wrote = true;
      wrote.notify_all();
      return ::write(file, text, size);
    };
    AuditWriter writer(std::move(settings));
    put(writer.ring(0), "{}");
    if (ask) {  // one call may come before the thread waits: the house allows that to be lost
      while (!wrote) {
        writer.wake();
        std::this_thread::yield();
      }
    }
    wrote.wait(false);
    CHECK(writer.stop());
  }
}

TEST_CASE("numbers go on where the run before ended") {
  const TemporaryDirectory folder;
  for (int run = 0; run < 3; ++run) {
    AuditWriter writer(settings_for(folder));
    for (int i = 0; i < 10; ++i) put(writer.ring(0), R"({"run":)" + std::to_string(run) + "}");
    CHECK(writer.stop());
  }
  const auto bodies = bodies_in(folder.path() / "audit");
  REQUIRE(bodies.size() == 30);
  CHECK(bodies[0] == R"("run":0})");
  CHECK(bodies[29] == R"("run":2})");
}

TEST_CASE("a torn line is cut, said, and the next record takes its number") {
  const TemporaryDirectory folder;
  const auto name = "audit/records-000000000000.jsonl";
  folder.write(name, "{\"seq\":0,\"a\":1}\n{\"seq\":1,\"tor");
  std::filesystem::permissions(folder.path() / "audit", std::filesystem::perms(0700));
  AuditWriter writer(settings_for(folder));
  REQUIRE(writer.notices().size() == 1);
  CHECK(writer.notices()[0].find("cut 13 bytes") != std::string::npos);
  put(writer.ring(0), R"({"b":1})");
  CHECK(writer.stop());
  CHECK(bodies_in(folder.path() / "audit") == std::vector<std::string>{R"("a":1})", R"("b":1})"});
}

TEST_CASE("segments stay within their size, and numbers go on from one to the next") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_bytes = 1000;
  std::mt19937 random(11);
  std::size_t count = 0;
  for (int run = 0; run < 3; ++run) {
    AuditWriter writer(settings);
    for (int i = 0; i < 200; ++i, ++count)
      put(writer.ring(0), R"({"x":")" + std::string(random() % 300, 'x') + "\"}");
    put(writer.ring(0), R"({"x":")" + std::string(3000, 'y') + "\"}");  // larger than a segment
    ++count;
    CHECK(writer.stop());
  }
  CHECK(bodies_in(folder.path() / "audit").size() == count);
  std::size_t segments = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "audit")) {
    if (entry.path().extension() != ".jsonl") continue;
    ++segments;
    std::ifstream in(entry.path());
    std::string line;
    std::getline(in, line);
    const bool alone = line.size() > 1000;
    CHECK(entry.file_size() <= (alone ? line.size() + 1 : 1000));
    // Named after its first record.
    const auto seq = line.substr(7, line.find(',') - 7);
    const auto name = entry.path().stem().string();
    CHECK(name.substr(name.size() - seq.size()) == seq);
  }
  CHECK(segments > 60);
}

TEST_CASE("many workers' records of any size are neither lost, doubled nor mixed up") {
  constexpr std::size_t workers = 4;
  constexpr int each = 5'000;
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.rings = workers;
  settings.ring_bytes = 16 * 1024;  // small: producers must wait for the writer
  settings.segment_bytes = 256 * 1024;
  AuditWriter writer(std::move(settings));
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < workers; ++w)
    threads.emplace_back([&, w] {
      std::mt19937 random(static_cast<unsigned>(w));
      auto& ring = writer.ring(w);
      for (int i = 0; i < each; ++i) {
        const auto record = R"({"w":)" + std::to_string(w) + R"(,"i":)" + std::to_string(i) +
                            R"(,"x":")" + std::string(random() % 1500, 'x') + "\"}";
        const auto room = record.size() + AuditRing::framing + random() % 500;
        while (!ring.reserve(room)) std::this_thread::yield();
        ring.commit(room, record);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(writer.stop());
  CHECK(writer.counters().written == workers * each);

  std::vector<int> next(workers, 0);
  std::vector<std::mt19937> random;
  for (std::size_t w = 0; w < workers; ++w) random.emplace_back(static_cast<unsigned>(w));
  bool right = true;
  for (const auto& body : bodies_in(folder.path() / "audit")) {
    const auto w = static_cast<std::size_t>(body.at(4) - '0');
    const auto expected = R"("w":)" + std::to_string(w) + R"(,"i":)" +
                          std::to_string(next.at(w)++) + R"(,"x":")" +
                          std::string(random[w]() % 1500, 'x') + "\"}";
    random[w]();
    right = right && body == expected;
  }
  CHECK(right);
  CHECK(next == std::vector<int>(workers, each));
}

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
    CHECK(writer.last_error().find("No space left") != std::string::npos);
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
  disk.full = false;
  CHECK(writer.stop());

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
    CHECK_FALSE(writer.stop());
    CHECK(writer.counters().written == 0);
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
  CHECK(writer.last_error().find("new segment") != std::string::npos);
  std::filesystem::remove(obstacle);
  CHECK(writer.stop());
  CHECK(bodies_in(folder.path() / "audit").size() == 2);
}

TEST_CASE("a directory in use is an error at construction") {
  const TemporaryDirectory folder;
  AuditWriter writer(settings_for(folder));
  CHECK_THROWS_AS(AuditWriter(settings_for(folder)), std::runtime_error);
}
