#include "proxy/file_watch.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>

#include "proxy/keyed_hash.hpp"
#include "tests/support/kubernetes.hpp"

using namespace proxy;

namespace {

FileDigest digest(const std::filesystem::path& file, const std::string& text) {
  return {file, "sha256:" + sha256_hex(text)};
}

// Quiet: everything is as it is followed.
void settle(FileWatch& watch) {
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(watch.changed());
}

// A change is told by the second call after it, and not again.
void check_told_once(FileWatch& watch) {
  CHECK_FALSE(watch.changed());
  CHECK(watch.changed());
  CHECK_FALSE(watch.changed());
}

struct Way {
  std::string name;
  std::function<void(const tests::TemporaryDirectory&)> change;
};

const Way told[] = {
    {"written in place, longer", [](const auto& folder) { folder.write("p", "longer text"); }},
    {"written in place, as long", [](const auto& folder) { folder.write("p", "txet"); }},
    {"replaced by rename", [](const auto& folder) { tests::replace(folder, "p", "text two"); }},
    {"replaced by one as long", [](const auto& folder) { tests::replace(folder, "p", "txet"); }},
    {"truncated", [](const auto& folder) { folder.write("p", ""); }},
    {"removed", [](const auto& folder) { std::filesystem::remove(folder.path() / "p"); }},
    {"a folder in its place",
     [](const auto& folder) {
       std::filesystem::remove(folder.path() / "p");
       std::filesystem::create_directory(folder.path() / "p");
     }},
    {"a link in its place",
     [](const auto& folder) {
       std::filesystem::remove(folder.path() / "p");
       std::filesystem::create_symlink(folder.write("other", "other"), folder.path() / "p");
     }},
};

const Way not_told[] = {
    {"nothing", [](const auto&) {}},
    {"touched",
     [](const auto& folder) {
       std::filesystem::last_write_time(folder.path() / "p",
                                        std::filesystem::file_time_type::clock::now());
     }},
    {"written anew with the same text", [](const auto& folder) { folder.write("p", "text"); }},
    {"replaced by a copy", [](const auto& folder) { tests::replace(folder, "p", "text"); }},
    {"away and back again",
     [](const auto& folder) {
       std::filesystem::rename(folder.path() / "p", folder.path() / "q");
       std::filesystem::rename(folder.path() / "q", folder.path() / "p");
     }},
};

}  // namespace

TEST_CASE("a change of a file is told, by the second look, and once") {
  for (const auto& [name, change] : told) {
    CAPTURE(name);
    const tests::TemporaryDirectory folder;
    FileWatch watch;
    watch.follow({digest(folder.write("p", "text"), "text")});
    settle(watch);
    change(folder);
    check_told_once(watch);
  }
}

TEST_CASE("what leaves the bytes as they were is no change") {
  for (const auto& [name, change] : not_told) {
    CAPTURE(name);
    const tests::TemporaryDirectory folder;
    FileWatch watch;
    watch.follow({digest(folder.write("p", "text"), "text")});
    settle(watch);
    change(folder);
    settle(watch);
  }
}

TEST_CASE("a swapped link in the middle of the path is a change, as Kubernetes makes it") {
  tests::ConfigMap map({{"p", "text"}, {"list", "a"}});
  FileWatch watch;
  watch.follow({digest(map.file("p"), "text"), digest(map.file("list"), "a")});
  settle(watch);
  map.publish({{"p", "text"}, {"list", "a"}});
  settle(watch);
  map.publish({{"p", "text"}, {"list", "b"}});
  check_told_once(watch);
}

TEST_CASE("a file that is being written is left alone until it rests") {
  const tests::TemporaryDirectory folder;
  FileWatch watch;
  const auto file = folder.write("p", "");
  watch.follow({digest(file, "")});
  settle(watch);
  std::ofstream out(file);
  for (int i = 0; i < 5; ++i) {
    out << "a piece\n" << std::flush;
    CHECK_FALSE(watch.changed());
  }
  CHECK(watch.changed());
}

// Between the reading and the first look, or within one tick of the file system's clock.
TEST_CASE("what changed before it is followed is told too") {
  const tests::TemporaryDirectory folder;
  FileWatch watch;
  watch.follow({digest(folder.write("p", "text"), "txet")});
  check_told_once(watch);
}

TEST_CASE("a file that was not there is told when it comes") {
  const tests::TemporaryDirectory folder;
  FileWatch watch;
  watch.follow({{folder.path() / "p", ""}});
  settle(watch);
  folder.write("p", "");
  check_told_once(watch);
}

TEST_CASE("nothing followed is nothing changed") {
  FileWatch watch;
  settle(watch);
}

TEST_CASE("of what is no regular file nothing is known but that it is there") {
  CHECK(state_of("/dev/null") == FileState{.there = true});
  CHECK(state_of("/nowhere/at/all") == FileState{});
  const tests::TemporaryDirectory folder;
  CHECK(state_of(folder.write("p", "text")).size == 4);
}
