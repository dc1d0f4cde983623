// What is told of a log with more than one thing wrong, and where the stored tree cannot help.
#include "tests/evidence/verify.hpp"

using namespace proxy;
using namespace tests;

namespace {

// Each line through `change`, which may make several or none of it.
void rewrite(const Log& log, auto change) {
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    const auto end = i + 1 < log.segments.size() ? log.segments[i + 1] : log.lines.size();
    std::string text;
    for (auto j = log.segments[i]; j < end; ++j) text += change(j, log.lines[j] + "\n");
    overwrite(log.segment(i), text);
  }
}

std::string altered(std::string line) {
  line[line.size() - 4] ^= 1;
  return line;
}

// One hash of the stored tree, in a tile that ends before `size`.
void damage_tree(const Log& log, std::size_t entry) {
  auto leaves = read_file(log.directory() / "tree-0");
  leaves[entry * 32] ^= 1;
  overwrite(log.directory() / "tree-0", leaves);
}

}  // namespace

TEST_CASE("of more than a hundred faults a hundred are listed, and the others counted") {
  const Log log(500, 300, 1);
  rewrite(log,
          [](std::size_t i, const std::string& line) { return i % 2 == 0 ? altered(line) : line; });
  const auto faults = verify(log).faults;
  REQUIRE(faults.size() == 101);
  for (std::size_t i = 0; i < 100; ++i) CHECK(faults[i].seq == 2 * i);
  CHECK(faults[100].what == "and 150 more");
}

TEST_CASE("a log in no order at all is told as far as that leads") {
  const Log log(20'000, 20'000, 2);
  rewrite(log,
          [](std::size_t i, const std::string& line) { return i % 2 == 0 ? altered(line) : line; });
  const auto faults = verify(log).faults;
  REQUIRE(faults.size() == 102);
  CHECK(faults[100].what == "and 3996 more");
  CHECK(faults[101].what ==
        "too many lines are out of order: those from records-000000000000.jsonl:8193 on were not "
        "looked at, and what is said to be removed may be there");
}

TEST_CASE("beside altered records a torn end is told, and records still to be signed are not") {
  std::mt19937 random(3);
  Log log;
  log.add(50, random);
  log.sign(false);
  log.add(3, random);
  rewrite(log, [](std::size_t i, const std::string& line) {
    return i == 7 || i == 49 ? altered(line) : line;
  });
  overwrite(log.segment(0), read_file(log.segment(0)) + "{\"se");
  auto verified = verify(log);
  CHECK(faults_of(verified) ==
        "7: record 7 was altered: records-000000000000.jsonl:8 is not the line that was signed\n"
        "49: record 49 was altered: records-000000000000.jsonl:50 is not the line that was "
        "signed\n");
  REQUIRE(verified.notes.size() == 1);
  CHECK(verified.notes[0].starts_with("records-000000000000.jsonl ends in 4 bytes"));
}

TEST_CASE("behind the end of a closed log nothing may stand, beside whatever else is wrong") {
  const Log log(50, 50, 4);
  rewrite(log, [](std::size_t i, const std::string& line) {
    return i == 7 ? altered(line) : i == 49 ? line + "{\"seq\":50}\n" : line;
  });
  CHECK(faults_of(log) ==
        "7: record 7 was altered: records-000000000000.jsonl:8 is not the line that was signed\n"
        "50: a line was inserted at records-000000000000.jsonl:51, behind the last record that was "
        "signed\n");
}

TEST_CASE(
    "where the stored tree is damaged elsewhere, the first fault is proven, and named alone") {
  struct Case {
    const char* what;
    std::string (*change)(const Log&, std::size_t, const std::string&);
    const char* fault;
  };
  const Case cases[] = {
      {"altered",
       [](const Log&, std::size_t i, const std::string& line) {
         return i % 100 == 17 ? altered(line) : line;
       },
       "17: record 17 was altered: records-000000000000.jsonl:18 is not the line that was signed"},
      {"removed",
       [](const Log&, std::size_t i, const std::string& line) {
         return i == 5 || i == 80 ? "" : line;
       },
       "5: record 5 was removed: records-000000000000.jsonl:6 has record 6"},
      {"inserted",
       [](const Log&, std::size_t i, const std::string& line) {
         return i == 8 || i == 90 ? "{\"seq\":8}\n" + line : line;
       },
       "8: a line was inserted at records-000000000000.jsonl:9: record 8, which belongs there, is "
       "at records-000000000000.jsonl:10"},
      {"repeated",
       [](const Log& log, std::size_t i, const std::string& line) {
         return i == 8 || i == 90 ? log.lines[3] + "\n" + line : line;
       },
       "8: a line was inserted at records-000000000000.jsonl:9, a copy of record 3: record 8, "
       "which belongs there, is at records-000000000000.jsonl:10"},
      {"replaced",
       [](const Log& log, std::size_t i, const std::string& line) {
         return i == 50 || i == 90 ? log.lines[3] + "\n" : line;
       },
       "50: record 50 was replaced: records-000000000000.jsonl:51 has a copy of record 3"},
      {"swapped",
       [](const Log& log, std::size_t i, const std::string& line) {
         return i == 9 ? log.lines[210] + "\n" : i == 210 ? log.lines[9] + "\n" : line;
       },
       "9: the records were reordered: records-000000000000.jsonl:10 has record 210, and record 9 "
       "is at records-000000000000.jsonl:211"},
      {"the end gone",
       [](const Log&, std::size_t i, const std::string& line) { return i < 990 ? line : ""; },
       "990: records 990 to 999 are missing: 1000 were signed"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const Log log(1000, 300, 5);
    rewrite(log, [&](std::size_t i, const std::string& line) { return c.change(log, i, line); });
    damage_tree(log, 400);
    const auto verified = verify(log);
    CHECK(faults_of(verified) == std::string(c.fault) + "\n");
    REQUIRE(verified.notes.size() == 1);
    CHECK(verified.notes[0] ==
          "the stored tree does not have what was signed: beside the fault that is named there may "
          "be others");
  }
}

TEST_CASE("altered records are told on both sides of a damaged segment") {
  const Log log(400, 100, 6);
  rewrite(log, [](std::size_t i, const std::string& line) {
    return i == 50 || i == 350 ? altered(line) : line;
  });
  compress(log.segment(1));
  overwrite(log.segment(1).string() + ".zst", "no frame");
  const auto faults = verify(log).faults;
  REQUIRE(faults.size() == 3);
  CHECK(faults[0].what.ends_with("; records 100 to 199 cannot be read"));
  CHECK(faults[1].seq == 50);
  CHECK(faults[2].seq == 350);
}

// ---- Former bugs.

TEST_CASE("segments of one record each are no disorder, however many there are") {
  const Log log(8200, 1, 7);
  rewrite(log,
          [](std::size_t i, const std::string& line) { return i == 8195 ? altered(line) : line; });
  CHECK(faults_of(log) ==
        "8195: record 8195 was altered: records-000000008195.jsonl:1 is not the line that was "
        "signed\n");
}
