// Segments that have ended, while the audit writer goes on: compressed, removed, and never the one
// that is being written.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "filters/json_text.hpp"
#include "proxy/evidence/retention.hpp"
#include "tests/support/audit.hpp"
#include "tests/support/files.hpp"

using namespace tests;

namespace {

// A record that the filters could have made, of now.
std::string record(std::size_t size) {
  return R"({"time":")" +
         [] {
           const auto now = filters::rfc3339(std::chrono::system_clock::now());
           return std::string(now.data(), now.size());
         }() +
         R"(","x":")" + std::string(size, 'x') + "\"}";
}

std::size_t count(const AuditSettings& settings, const std::string& extension) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(settings.directory))
    if (entry.path().extension() == extension) ++files;
  return files;
}

}  // namespace

TEST_CASE("segments that have ended are compressed while records come, and all of it verifies") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_bytes = 1000;
  std::size_t records = 0;
  for (int run = 0; run < 3; ++run) {
    AuditWriter writer(settings);
    CHECK(writer.notices().empty());
    for (int i = 0; i < 30; ++i, ++records) put(writer.ring(0), record(300));
    wait_until([&] { return count(settings, ".jsonl") == 1; });
    CHECK(faults_of(settings) == "");
    CHECK(writer.stop());
  }
  CHECK(count(settings, ".zst") > 20);
  CHECK(bodies_in(settings.directory).size() == records);
  CHECK(faults_of(settings) == "");
}

TEST_CASE("what is older than `keep` goes, with the gateway running, and the rest verifies") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_bytes = 300;  // less than a record
  settings.seal = 1ms;
  settings.keep = 200ms;
  {
    AuditWriter writer(settings);
    for (int i = 0; i < 10; ++i) put(writer.ring(0), record(300));
    wait_until([&] { return proxy::unverified_retention(settings.directory).first == 9; });
    wait_until([&] { return proxy::list_segments(settings.directory).size() == 1; });
    put(writer.ring(0), record(10));
    CHECK(faults_of(settings) == "");
    CHECK(writer.stop());
  }
  CHECK(faults_of(settings) == "");
  AuditWriter again(settings);
  CHECK(again.notices().empty());
  put(again.ring(0), record(10));
  CHECK(again.stop());
  CHECK(faults_of(settings) == "");
}

TEST_CASE("a segment ends when it is old, and its age outlives the gateway") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_age = 100ms;
  {
    AuditWriter writer(settings);
    put(writer.ring(0), record(10));
    wait_until([&] { return proxy::list_segments(settings.directory).size() == 2; });
    CHECK(writer.stop());
  }
  CHECK(proxy::list_segments(settings.directory).size() == 2);  // an empty one does not end
  settings.segment_age = 1h;
  {
    AuditWriter writer(settings);
    put(writer.ring(0), R"({"time":"2026-01-01T00:00:00.000000Z","x":1})");
    CHECK(writer.stop());
  }
  AuditWriter writer(settings);
  wait_until([&] { return proxy::list_segments(settings.directory).size() == 3; });
  CHECK(writer.stop());
  CHECK(faults_of(settings) == "");
}

TEST_CASE("a file of a later number, whoever put it there, does not end the open segment") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_bytes = 1000;
  AuditWriter writer(settings);
  (void)folder.write("audit/records-000000009999.jsonl", "");
  for (int i = 0; i < 10; ++i) put(writer.ring(0), record(300));
  wait_until([&] { return writer.counters().written == 10 && count(settings, ".jsonl") == 2; });
  std::filesystem::remove(folder.path() / "audit/records-000000009999.jsonl");
  CHECK(writer.stop());
  CHECK(bodies_in(settings.directory).size() == 10);
}

// ---- Former bugs.

TEST_CASE("`keep` holds on an idle gateway: its last records go as well, and it is said") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_age = 50ms;
  settings.seal = 1ms;
  settings.keep = 100ms;
  std::string told;  // the archive's thread's, until stop
  settings.tell = [&](const std::string& what) { told += what + "\n"; };
  AuditWriter writer(settings);
  for (int i = 0; i < 3; ++i) put(writer.ring(0), record(10));
  wait_until([&] { return proxy::unverified_retention(settings.directory).first == 3; });
  CHECK(writer.stop());
  CHECK(lines_in(settings.directory).empty());
  CHECK(told.ends_with(", up to seq 2, as older than audit.keep\n"));
  CHECK(faults_of(settings) == "");
}
