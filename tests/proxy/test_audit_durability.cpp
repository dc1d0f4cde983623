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
