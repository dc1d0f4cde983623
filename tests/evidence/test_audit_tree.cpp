#include "proxy/evidence/audit_tree.hpp"

#include <unistd.h>

#include <cerrno>

#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

namespace {

Checkpoint checkpoint_of(const Log& log) {
  const auto opened = open_checkpoint(bytes_of(log.checkpoint()), test_key.public_key());
  REQUIRE(opened.fault == "");
  return *opened.checkpoint;
}

// The stored tree and the checkpoint are those of the log's records.
void check_evidence(const Log& log, bool closed) {
  const auto size = log.lines.size();
  CHECK(checkpoint_of(log) == Checkpoint{.size = size, .root = log.root(size), .closed = closed});
  const StoredTree tree(log.directory(), StoredTree::Access::read);
  CHECK(tree.stored() == size);
  for (std::size_t i = 0; i < size; ++i) REQUIRE(tree.node(0, i) == leaf_hash(log.lines[i]));
  for (std::size_t i = 0; i < size / 256; ++i) {
    CompactRange range;
    for (std::size_t j = 256 * i; j < 256 * (i + 1); ++j) range.append(leaf_hash(log.lines[j]));
    REQUIRE(tree.node(8, i) == range.root());
  }
}

std::vector<std::string> start(const Log& log) {
  return AuditTree(log.directory(), test_key, log.lines.size()).notices();
}

// The text of every file of the evidence.
std::vector<std::string> files(const Log& log) {
  std::vector<std::string> texts;
  for (const auto* name : {"checkpoint", "tree-0", "tree-1"})
    texts.push_back(bytes_of(log.directory() / name));
  return texts;
}

void overwrite(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a new log is signed before its first record, and its end is signed as closed") {
  std::mt19937 random(1);
  Log log;
  {
    AuditTree tree(log.directory(), test_key, 0);
    CHECK(tree.notices().empty());
    CHECK(checkpoint_of(log) == Checkpoint{.size = 0, .root = log.root(0), .closed = false});
    for (int batch = 0; batch < 20; ++batch) {
      const auto before = log.lines.size();
      log.add(random() % 60, random);
      std::string lines;
      for (auto i = before; i < log.lines.size(); ++i) lines += log.lines[i] + "\n";
      tree.append(lines);
      REQUIRE_FALSE(tree.write());
      if (batch % 3 == 0) {
        REQUIRE_FALSE(tree.sign(false));
        check_evidence(log, false);
      }
    }
    CHECK(tree.size() == log.lines.size());
    REQUIRE_FALSE(tree.sign(true));
  }
  check_evidence(log, true);
  CHECK(start(log).empty());  // and says nothing when all is as it was left
  check_evidence(log, false);
}

TEST_CASE("records behind the last checkpoint are hashed again from their lines, and signed") {
  std::mt19937 random(2);
  for (const auto signed_ones : {0U, 1U, 255U, 256U, 300U}) {
    for (const auto more : {1U, 5U, 300U}) {
      CAPTURE(signed_ones);
      CAPTURE(more);
      Log log;
      log.add(signed_ones, random);
      log.sign(false);
      log.add(more, random);
      const auto notices = start(log);
      REQUIRE(notices.size() == 1);
      CHECK(notices[0].find("the last " + std::to_string(more) + " record") != std::string::npos);
      check_evidence(log, false);
    }
  }
}

TEST_CASE("whatever a crash left of the tree behind the last checkpoint does not matter") {
  std::mt19937 random(3);
  for (int run = 0; run < 40; ++run) {
    Log log;
    log.add(random() % 600, random);
    log.sign(false);
    log.add(1 + random() % 300, random);
    // Any bytes behind what was signed, and less or more of them than there are records.
    for (const auto& [name, entries] : {std::pair("tree-0", checkpoint_of(log).size),
                                        std::pair("tree-1", checkpoint_of(log).size / 256)}) {
      auto text = bytes_of(log.directory() / name).substr(0, entries * 32);
      for (auto i = random() % 20'000; i > 0; --i) text += static_cast<char>(random());
      overwrite(log.directory() / name, text);
    }
    CHECK(start(log).size() == 1);
    check_evidence(log, false);
  }
}

TEST_CASE("a damaged stored tree is made anew from the records, if these are what was signed") {
  std::mt19937 random(4);
  for (int run = 0; run < 30; ++run) {
    Log log(600, 300, static_cast<unsigned>(run));
    if (run % 3 == 0) log.add(5, random);
    const auto file = log.directory() / (run % 2 == 0 ? "tree-0" : "tree-1");
    auto text = bytes_of(file);
    // Nodes on the way to the root: any of level 1, and those of level 0 behind its last tile.
    const std::size_t first = run % 2 == 0 ? 16'384 : 0;
    auto& byte = text[first + random() % (std::min<std::size_t>(text.size(), 19'200) - first)];
    byte = static_cast<char>(byte ^ 1);
    if (run % 5 == 0) text.resize(first + 1);
    if (run % 7 == 0)
      std::filesystem::remove(file);
    else
      overwrite(file, text);
    const auto notices = start(log);
    REQUIRE_FALSE(notices.empty());
    CHECK(notices[0].find("made anew") != std::string::npos);
    check_evidence(log, false);
  }
}

TEST_CASE("a log from before there was evidence is taken as it is, and that is said") {
  std::mt19937 random(5);
  Log log;
  log.add(300, random);
  const auto notices = start(log);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("no checkpoint") != std::string::npos);
  CHECK(notices[0].find("300 records") != std::string::npos);
  check_evidence(log, false);
}

TEST_CASE("another signing key goes on, and that is said") {
  const Log log(10, 5, 6);
  const auto other = SigningKey::generate();
  const AuditTree tree(log.directory(), other, log.lines.size());
  REQUIRE(tree.notices().size() == 1);
  CHECK(tree.notices()[0].find("not signed by this key") != std::string::npos);
  const auto opened = open_checkpoint(bytes_of(log.checkpoint()), other.public_key());
  REQUIRE(opened.checkpoint.has_value());
  CHECK(opened.checkpoint->root == log.root(10));
}

TEST_CASE("what was signed is never signed over: the start fails, and touches no evidence") {
  struct Case {
    const char* what;
    void (*harm)(Log&);
    std::string message;
  };
  const auto replace_line = [](Log& log) {
    auto text = bytes_of(log.segment(0));
    text[text.find("\"x\":\"") + 5] ^= 1;
    overwrite(log.segment(0), text);
    // Else nobody looks at old records at the start; `audit verify` does.
    std::filesystem::remove(log.directory() / "tree-1");
  };
  const auto lose_lines = [](Log& log) {
    log.lines.resize(590);
    auto text = bytes_of(log.segment(1));
    overwrite(log.segment(1), text.substr(0, text.find("{\"seq\":590")));
  };
  const auto lose_segment = [](Log& log) {
    std::filesystem::remove(log.segment(0));
    std::filesystem::remove(log.directory() / "tree-1");
  };
  const auto no_checkpoint = [](Log& log) { overwrite(log.checkpoint(), "nonsense\n"); };
  const auto forged = [](Log& log) {
    overwrite(log.checkpoint(),
              sign_checkpoint({.size = 600, .root = log.root(5)}, SigningKey::generate()));
  };
  const Case cases[] = {
      {"an altered record", replace_line, "the records are not those that were signed"},
      {"lost records", lose_lines, "600 records were signed, and only 590 are there"},
      {"a lost segment", lose_segment, "the records are not those that were signed"},
      {"a damaged checkpoint", no_checkpoint, "is no checkpoint"},
      {"a checkpoint of another root", forged, "the records are not those that were signed"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Log log(600, 300, 7);
    c.harm(log);
    const auto before = files(log);
    const auto message = message_of([&] { start(log); });
    CAPTURE(message);
    CHECK(message.find(c.message) != std::string::npos);
    CHECK(message.find(log.directory().string()) != std::string::npos);
    CHECK(message.find("prefgate audit verify") != std::string::npos);
    CHECK(files(log) == before);
  }
}

TEST_CASE("a checkpoint that cannot be written leaves the one before, and is tried again") {
  std::mt19937 random(8);
  Log log;
  bool full = false;
  AuditTree tree(log.directory(), test_key, 0, [&](int file, const char* bytes, std::size_t size) {
    errno = ENOSPC;
    return full ? -1 : ::write(file, bytes, size);
  });
  log.add(1, random);
  tree.append(log.lines[0] + "\n");
  full = true;
  CHECK(tree.write() == std::errc::no_space_on_device);
  CHECK(tree.sign(false) == std::errc::no_space_on_device);
  CHECK(checkpoint_of(log).size == 0);
  full = false;
  REQUIRE_FALSE(tree.write());
  REQUIRE_FALSE(tree.sign(false));
  check_evidence(log, false);
  CHECK_FALSE(std::filesystem::exists(log.directory() / "checkpoint.new"));
}
