// When records are durable, by `durability`: counts and order of what the disk is asked for.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>

#include "tests/support/audit.hpp"
#include "tests/support/files.hpp"

using namespace tests;
using proxy::Durability;

namespace {

// What the writer asked of the disk, in order: 'w' a write to a segment, 's' a sync of one.
struct Journal {
  std::mutex mutex;
  std::string calls;
  std::atomic<int> syncs{0};
  std::atomic<bool> fail_sync{false};

  void attach(AuditSettings& settings) {
    settings.write = [this](int file, const char* text, std::size_t size) {
      if (std::string_view(text, size).starts_with("{\"seq\":")) note('w');
      return ::write(file, text, size);
    };
    settings.sync = [this](int file) {
      note('s');
      ++syncs;
      syncs.notify_all();
      errno = EIO;
      return fail_sync ? -1 : ::fdatasync(file);
    };
  }
  void note(char call) {
    const std::scoped_lock lock(mutex);
    calls += call;
  }
  std::string seen() {
    const std::scoped_lock lock(mutex);
    return calls;
  }
};

}  // namespace

TEST_CASE("durability: request. A record is durable at once, without a round or a seal coming") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  Journal journal;
  journal.attach(settings);
  settings.durability = Durability::request;
  settings.round = 1h;
  settings.seal = 1h;
  AuditWriter writer(settings);
  auto& ring = writer.ring(0);
  for (int i = 0; i < 50; ++i) {
    put(ring, "{}");
    wait_until([&] { return ring.news().durable() == ring.committed(); });
    CHECK(journal.seen().ends_with("ws"));
  }
  CHECK(journal.syncs == 50);
  CHECK(writer.counters().syncs == 50);
  CHECK(writer.counters().sync_time.count() > 0);
  CHECK(writer.counters().depth == 0);
  CHECK(writer.stop());
  CHECK(faults_of(settings) == "");
}

TEST_CASE("durability: request. One sync serves all that came while the disk was busy") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.durability = Durability::request;
  settings.round = 1h;
  settings.rings = 2;
  std::atomic<int> syncs{0};
  std::atomic<bool> hold{true};
  settings.sync = [&](int file) {
    ++syncs;
    syncs.notify_all();
    hold.wait(true);
    return ::fdatasync(file);
  };
  AuditWriter writer(settings);
  put(writer.ring(0), R"({"i":"first"})");
  syncs.wait(0);  // the disk has it now
  for (int i = 0; i < 100; ++i) put(writer.ring(static_cast<std::size_t>(i % 2)), "{}");
  CHECK(writer.ring(0).news().durable() == 0);
  CHECK(writer.counters().depth > 0);
  hold = false;
  hold.notify_all();
  for (std::size_t i = 0; i < 2; ++i)
    wait_until([&] { return writer.ring(i).news().durable() == writer.ring(i).committed(); });
  CHECK(syncs == 2);
  CHECK(writer.stop());
}

TEST_CASE("durability: batch syncs once a seal and not once a record; none, at the end alone") {
  for (const auto durability : {Durability::batch, Durability::none}) {
    const TemporaryDirectory folder;
    auto settings = settings_for(folder);
    Journal journal;
    journal.attach(settings);
    settings.durability = durability;
    settings.seal = 1ms;
    AuditWriter writer(settings);
    const auto checkpoint = settings.directory / "checkpoint";
    for (int i = 0; i < 20; ++i) {
      const auto signed_before = read_file(checkpoint);
      put(writer.ring(0), "{}");
      wait_until([&] { return read_file(checkpoint) != signed_before; });
    }
    CHECK(journal.syncs == (durability == Durability::batch ? 20 : 0));
    CHECK(writer.ring(0).news().durable() == 0);  // nobody waits, nobody is told
    put(writer.ring(0), "{}");
    CHECK(writer.stop());
    CHECK(journal.seen().ends_with("ws"));
    CHECK(faults_of(settings) == "");
  }
}

namespace {

// A disk that takes its time: every sync waits until it is let go.
struct SlowDisk {
  std::atomic<int> syncs{0};
  std::atomic<bool> hold{true};

  void attach(AuditSettings& settings) {
    settings.sync = [this](int file) {
      ++syncs;
      syncs.notify_all();
      hold.wait(true);
      return ::fdatasync(file);
    };
  }
  void wait_until_asked() { syncs.wait(0); }
  void let_go() {
    hold = false;
    hold.notify_all();
  }
};

const std::string long_record = R"({"x":")" + std::string(1000, 'x') + "\"}";

}  // namespace

TEST_CASE("durability: batch. While a sync is waited for records are written, and none is signed") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  SlowDisk disk;
  disk.attach(settings);
  AuditWriter writer(settings);
  const auto checkpoint = settings.directory / "checkpoint";
  const auto signed_before = read_file(checkpoint);
  put(writer.ring(0), "{}");
  disk.wait_until_asked();
  for (int i = 0; i < 200; ++i)
    put(writer.ring(0), long_record);  // more than the ring has room for
  wait_until([&] { return writer.counters().written == 201; });
  CHECK(writer.counters().depth == 0);
  CHECK(lines_in(settings.directory).size() == 201);
  CHECK(read_file(checkpoint) == signed_before);
  CHECK(disk.syncs == 1);  // one at a time
  CHECK_FALSE(writer.failing());
  disk.let_go();
  wait_until([&] { return read_file(checkpoint).find("\n201\n") != std::string::npos; });
  CHECK(writer.stop());
  CHECK(faults_of(settings) == "");
}

TEST_CASE(
    "durability: batch. A new segment waits until the one that ends is durable, and none is lost") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  settings.segment_bytes = 10'000;
  settings.ring_bytes = 8 * 1024;
  SlowDisk disk;
  disk.attach(settings);
  AuditWriter writer(settings);
  auto& ring = writer.ring(0);
  put(ring, "{}");
  disk.wait_until_asked();
  // Nine fit into the segment, and then eight into the ring.
  for (int i = 0; i < 9 + 8; ++i) put(ring, long_record);
  CHECK_FALSE(ring.reserve(long_record.size() + AuditRing::framing));
  wait_until([&] { return writer.counters().written == 1 + 9; });
  CHECK(proxy::list_segments(settings.directory).size() == 1);
  disk.let_go();
  wait_until([&] { return writer.counters().written == 1 + 9 + 8; });
  CHECK(proxy::list_segments(settings.directory).size() == 2);
  CHECK(writer.stop());
  CHECK(bodies_in(settings.directory).size() == 1 + 9 + 8);
  CHECK(faults_of(settings) == "");
}

TEST_CASE("durability: batch. A sync that fails is counted, said once, and tried again") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  std::vector<std::string> warnings;  // the writer's thread's, until stop
  settings.warn = [&](const std::string& what) { warnings.push_back(what); };
  Journal journal;
  journal.attach(settings);
  AuditWriter writer(settings);
  const auto checkpoint = settings.directory / "checkpoint";
  const auto signed_before = read_file(checkpoint);
  journal.fail_sync = true;
  put(writer.ring(0), "{}");
  wait_until([&] { return writer.counters().failed_writes > 2; });
  CHECK(writer.failing());
  CHECK(writer.last_error()->what.find("making records durable") != std::string::npos);
  CHECK(read_file(checkpoint) == signed_before);
  put(writer.ring(0), "{}");
  wait_until([&] { return writer.counters().written == 2; });  // as if nothing were wrong
  journal.fail_sync = false;
  wait_until([&] { return !writer.failing(); });
  CHECK(writer.stop());
  CHECK(warnings.size() == 2);
  CHECK(faults_of(settings) == "");
}

TEST_CASE("durability: none. A segment that has ended is durable before the next one begins") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  Journal journal;
  journal.attach(settings);
  settings.durability = Durability::none;
  settings.segment_bytes = 100;
  AuditWriter writer(settings);
  for (int i = 0; i < 5; ++i) put(writer.ring(0), R"({"x":")" + std::string(60, 'x') + "\"}");
  wait_until([&] { return writer.counters().written == 5; });
  CHECK(journal.seen() == "wswswswsw");
  CHECK(writer.stop());
}

TEST_CASE("a failure that concerned no record is over without one") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.durability = Durability::request;
  settings.segment_age = 50ms;
  AuditWriter writer(settings);
  auto& ring = writer.ring(0);
  const auto obstacle = folder.write("audit/records-000000000001.jsonl", "");
  put(ring, "{}");
  wait_until([&] { return ring.news().failing(); });
  std::filesystem::remove(obstacle);
  wait_until([&] { return !ring.news().failing(); });
  CHECK(writer.stop());
  CHECK(faults_of(settings) == "");
}

TEST_CASE(
    "a sync that fails is told, tried again with all it was for, and forgotten once it works") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  Journal journal;
  journal.attach(settings);
  settings.durability = Durability::request;
  AuditWriter writer(settings);
  auto& ring = writer.ring(0);
  journal.fail_sync = true;
  put(ring, R"({"i":1})");
  wait_until([&] { return ring.news().failures() > 1; });
  CHECK(ring.news().failing());
  CHECK(ring.news().durable() == 0);
  put(ring, R"({"i":2})");
  journal.fail_sync = false;
  wait_until([&] { return ring.news().durable() == ring.committed(); });
  CHECK_FALSE(ring.news().failing());
  CHECK(writer.stop());
  CHECK(bodies_in(settings.directory) == std::vector<std::string>{R"("i":1})", R"("i":2})"});
  CHECK(faults_of(settings) == "");
}
