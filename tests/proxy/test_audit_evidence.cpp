// The evidence that the audit writer leaves behind its records: see proxy/evidence/.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "proxy/evidence/verify_log.hpp"
#include "tests/support/audit.hpp"
#include "tests/support/files.hpp"

using namespace tests;

namespace {

using proxy::Checkpoint;

std::optional<Checkpoint> checkpoint_of(const AuditSettings& settings) {
  const auto text = read_file(settings.directory / "checkpoint");
  return open_checkpoint(text, settings.signing_key.public_key()).checkpoint;
}

// Until the directory's checkpoint has `size` records.
Checkpoint wait_for_checkpoint(const AuditSettings& settings, std::uint64_t size) {
  for (;;) {
    const auto checkpoint = checkpoint_of(settings);
    REQUIRE(checkpoint.has_value());  // at no moment is there none
    if (checkpoint->size >= size) return *checkpoint;
    std::this_thread::yield();
  }
}

std::string verdict(const AuditSettings& settings) {
  const auto verified =
      verify_log(settings.directory, settings.signing_key.public_key(), std::nullopt, 2);
  std::string text;
  for (const auto& fault : verified.faults) text += fault.what + "\n";
  for (const auto& note : verified.notes) text += note + "\n";
  return text;
}

}  // namespace

TEST_CASE("a log is signed from the first moment, while records come, and closed at the end") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  AuditWriter writer(settings);
  CHECK(checkpoint_of(settings)->size == 0);
  CHECK_FALSE(checkpoint_of(settings)->closed);
  for (std::uint64_t i = 0; i < 20; ++i) {
    put(writer.ring(0), R"({"i":)" + std::to_string(i) + "}");
    const auto checkpoint = wait_for_checkpoint(settings, i + 1);
    CHECK(checkpoint.size == i + 1);
    CHECK_FALSE(checkpoint.closed);
  }
  CHECK(writer.stop());
  CHECK(checkpoint_of(settings)->size == 20);
  CHECK(checkpoint_of(settings)->closed);
  CHECK(verdict(settings) == "");
}

TEST_CASE("a log that ended without a record is closed too") {
  const TemporaryDirectory folder;
  const auto settings = settings_for(folder);
  CHECK(AuditWriter(settings).stop());
  CHECK(checkpoint_of(settings)->closed);
  CHECK(verdict(settings) == "");
}

TEST_CASE("every segment that ends is signed, and the log verifies over all of them and all runs") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.segment_bytes = 2000;
  settings.seal = 1h;
  for (int run = 0; run < 3; ++run) {
    AuditWriter writer(settings);
    CHECK(writer.notices().empty());
    const auto before = checkpoint_of(settings)->size;
    for (int i = 0; i < 300; ++i)
      put(writer.ring(0), R"({"x":")" + std::string(static_cast<std::size_t>(i), 'x') + "\"}");
    CHECK(wait_for_checkpoint(settings, before + 1).size > before);
    CHECK(writer.stop());
    CHECK(verdict(settings) == "");
  }
  CHECK(checkpoint_of(settings)->size == 900);
}

TEST_CASE("a disk that is full anywhere, also for the tree and the checkpoint, costs no evidence") {
  int refused = 0;
  for (std::size_t room = 0; room < 700; room += 13) {
    CAPTURE(room);
    const TemporaryDirectory folder;
    auto settings = settings_for(folder);
    settings.seal = 1ms;
    std::atomic<std::size_t> left{~std::size_t{0} / 2};
    settings.write = [&](int file, const char* text, std::size_t size) -> ssize_t {
      auto seen = left.load();
      auto some = std::min(size, seen);
      while (!left.compare_exchange_weak(seen, seen - some)) some = std::min(size, seen);
      if (some > 0) return ::write(file, text, some);
      errno = ENOSPC;
      return -1;
    };
    AuditWriter writer(settings);
    left = room;
    for (int i = 0; i < 5; ++i) put(writer.ring(0), R"({"i":)" + std::to_string(i) + "}");
    while (writer.counters().failed_writes == 0 && checkpoint_of(settings)->size < 5)
      std::this_thread::yield();
    left = ~std::size_t{0} / 2;
    CHECK(writer.stop());
    refused += writer.counters().failed_writes > 0 ? 1 : 0;
    CHECK(bodies_in(settings.directory).size() == 5);
    CHECK(verdict(settings) == "");
  }
  CHECK(refused > 10);
}

TEST_CASE("a log that could not be written to its end is not closed, and the next run closes it") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  std::atomic<bool> full{false};
  settings.write = [&](int file, const char* text, std::size_t size) -> ssize_t {
    errno = ENOSPC;
    return full ? -1 : ::write(file, text, size);
  };
  {
    AuditWriter writer(settings);
    full = true;
    put(writer.ring(0), R"({"i":"lost"})");
    CHECK_FALSE(writer.stop());
  }
  CHECK_FALSE(checkpoint_of(settings)->closed);
  full = false;
  CHECK(AuditWriter(settings).stop());
  CHECK(checkpoint_of(settings)->closed);
  CHECK(verdict(settings) == "");
}

TEST_CASE("failing checkpoints are said once, though records are written, and so is their return") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  std::vector<std::string> warnings;  // the writer's thread's, until stop
  settings.warn = [&](const std::string& what) { warnings.push_back(what); };
  AuditWriter writer(settings);
  const auto obstacle = folder.path() / "audit" / "checkpoint.new";
  std::filesystem::create_directory(obstacle);
  for (int i = 0; i < 10; ++i) {
    const auto failed = writer.counters().failed_writes;
    put(writer.ring(0), "{}");
    while (writer.counters().failed_writes == failed) std::this_thread::yield();
  }
  std::filesystem::remove(obstacle);
  CHECK(writer.stop());
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].find("signing them failed: Is a directory") != std::string::npos);
  CHECK(warnings[1].find("written again") != std::string::npos);
  CHECK(verdict(settings) == "");
}

TEST_CASE("a log that was tampered with is not gone on with") {
  const TemporaryDirectory folder;
  const auto settings = settings_for(folder);
  {
    AuditWriter writer(settings);
    for (int i = 0; i < 3; ++i) put(writer.ring(0), R"({"i":)" + std::to_string(i) + "}");
    CHECK(writer.stop());
  }
  const auto file = settings.directory / "records-000000000000.jsonl";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) * 2 / 3);
  CHECK_THROWS_WITH_AS(AuditWriter{settings}, doctest::Contains("3 records were signed"),
                       std::runtime_error);
}
