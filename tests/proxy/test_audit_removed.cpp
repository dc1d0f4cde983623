// What the writer does when its files are taken away while it runs.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/audit.hpp"
#include "tests/support/files.hpp"

using namespace tests;

namespace {

void wait_until_signed(const AuditSettings& settings, int records) {
  const auto signs = "\n" + std::to_string(records) + "\n";
  wait_until([&] {
    return read_file(settings.directory / "checkpoint").find(signs) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("former bug: into a directory made anew meanwhile no checkpoint of lost records is put") {
  const TemporaryDirectory folder;
  const auto settings = settings_for(folder);
  {
    AuditWriter writer(settings);
    put(writer.ring(0), R"({"i":0})");
    wait_until_signed(settings, 1);
    std::filesystem::rename(settings.directory, folder.path() / "gone");
    std::filesystem::create_directory(settings.directory);
    CHECK_FALSE(writer.stop());
    CHECK(writer.lost() == 0);
    CHECK(writer.last_error().value_or(proxy::AuditError{}).what.find("What was deleted is gone") !=
          std::string::npos);
  }
  CHECK(std::filesystem::is_empty(settings.directory));
  AuditWriter next(settings);
  CHECK(next.stop());
  CHECK(faults_of(settings).empty());
}

TEST_CASE(
    "a checkpoint that is deleted while the gateway runs is made anew, also where nothing comes") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  AuditWriter writer(settings);
  put(writer.ring(0), R"({"i":0})");
  wait_until_signed(settings, 1);
  const auto good = read_file(settings.directory / "checkpoint");
  for (int time = 0; time < 3; ++time) {
    std::filesystem::remove(settings.directory / "checkpoint");
    wait_until([&] { return std::filesystem::exists(settings.directory / "checkpoint"); });
    CHECK(read_file(settings.directory / "checkpoint") == good);
  }
  std::filesystem::remove(settings.directory / "checkpoint");
  CHECK(writer.stop());
  CHECK(faults_of(settings).empty());
}

TEST_CASE("a directory that is deleted is told although nothing comes") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  AuditWriter writer(settings);
  std::filesystem::rename(settings.directory, folder.path() / "deleted");  // at one stroke
  std::filesystem::remove_all(folder.path() / "deleted");
  wait_until([&] { return writer.failing(); });
  CHECK(writer.last_error().value_or(proxy::AuditError{}).what.find("What was deleted is gone") !=
        std::string::npos);
  CHECK_FALSE(writer.stop());
}

TEST_CASE("former bug: a stored tree that is taken away is told, until it is put back") {
  const TemporaryDirectory folder;
  auto settings = settings_for(folder);
  settings.seal = 1ms;
  AuditWriter writer(settings);
  put(writer.ring(0), R"({"i":0})");
  wait_until_signed(settings, 1);
  std::filesystem::rename(settings.directory / "tree-0", folder.path() / "away");
  put(writer.ring(0), R"({"i":1})");
  wait_until([&] { return writer.failing(); });
  CHECK(writer.last_error().value_or(proxy::AuditError{}).what.find("tree-0 was removed") !=
        std::string::npos);
  std::filesystem::rename(folder.path() / "away", settings.directory / "tree-0");
  wait_until([&] { return !writer.failing(); });
  CHECK(writer.stop());
  CHECK(faults_of(settings).empty());
}
