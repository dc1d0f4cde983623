#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/audit.hpp"

using namespace tests;

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
  CHECK(!writer.last_error());
}

TEST_CASE("the writer waits for 128 KiB of records, for 4 ms to a round's time") {
  struct Case {
    std::string what;
    std::chrono::milliseconds last;
    std::int64_t came;
    std::chrono::milliseconds next;
  };
  const Case cases[] = {
      {"nothing came", 20ms, 0, 20ms},
      {"nothing came, after a short pause", 4ms, 0, 20ms},
      {"little came", 20ms, 1'500, 20ms},
      {"just so much", 20ms, 131'072, 20ms},
      {"four times as much", 20ms, 4 * 131'072, 5ms},
      {"at that rate it stays", 5ms, 131'072, 5ms},
      {"half of that rate", 5ms, 65'536, 10ms},
      {"more than 4 ms are worth", 4ms, 10 * 131'072, 4ms},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    CHECK(proxy::next_pause(each.last, each.came, 20ms) == each.next);
  }
  CHECK(proxy::next_pause(24h, 0, 24h) == 24h);
  CHECK(proxy::next_pause(20ms, 0, 0ms) == 4ms);
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
  REQUIRE(writer.notices().size() == 2);  // the other: that the record has no checkpoint
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
  for (const auto& segment : proxy::list_segments(folder.path() / "audit")) {
    ++segments;
    std::string text;
    proxy::SegmentReader reader({segment});
    while (const auto block = reader.next()) text += block->text;
    const auto line = text.substr(0, text.find('\n'));
    const bool alone = line.size() > 1000;
    CHECK(text.size() <= (alone ? line.size() + 1 : 1000));
    CHECK(line.starts_with("{\"seq\":" + std::to_string(segment.first_seq) + ","));
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
