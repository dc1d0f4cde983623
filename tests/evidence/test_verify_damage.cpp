// Segments that cannot be read, or are there twice: they are named, and the rest is verified.
#include "tests/evidence/verify.hpp"

using namespace proxy;
using namespace tests;

// ---- Former bugs.

TEST_CASE("a damaged segment is named, and what lies before and behind it is verified") {
  const Log log(400, 100, 11);
  for (const auto number : {0U, 1U, 2U}) compress(log.segment(number));
  const auto file = [&](std::size_t number) { return log.segment(number).string() + ".zst"; };
  const auto damage = [&](std::size_t number) {
    auto bytes = read_file(file(number));
    bytes[bytes.size() / 2] ^= 1;
    overwrite(file(number), bytes);
  };
  damage(1);
  auto verified = verify(log);
  REQUIRE(verified.faults.size() == 1);
  CHECK(verified.faults[0].seq == 100);
  CHECK(verified.faults[0].what.find(file(1) + ": is damaged") != std::string::npos);
  CHECK(verified.faults[0].what.ends_with("; records 100 to 199 cannot be read"));
  CHECK(verified.records == 300);
  REQUIRE(verified.notes.size() == 1);
  CHECK(verified.notes[0].find("all others are proven") != std::string::npos);

  // Two of them, and an altered record behind.
  damage(2);
  auto text = read_file(log.segment(3));
  text[12] ^= 1;
  overwrite(log.segment(3), text);
  verified = verify(log);
  REQUIRE(verified.faults.size() == 3);
  CHECK(verified.faults[1].what.ends_with("; records 200 to 299 cannot be read"));
  CHECK(verified.faults[2].what ==
        "record 300 was altered: records-000000000300.jsonl:1 is not the line that was signed");
  CHECK(verified.records == 200);

  // Without the stored tree that is all that can be said.
  std::filesystem::remove(log.directory() / "tree-0");
  verified = verify(log);
  REQUIRE(verified.faults.size() == 3);
  CHECK(verified.faults[2].what.find("does not have the hashes") != std::string::npos);
  CHECK(verified.records == 200);
}

TEST_CASE("records missing before a damaged segment are not taken for its own") {
  const Log log(300, 100, 12);
  compress(log.segment(1));
  overwrite(log.segment(1).string() + ".zst", "no frame");
  std::filesystem::remove(log.segment(0));
  const auto verified = verify(log);
  REQUIRE(verified.faults.size() == 2);
  CHECK(verified.faults[0].what.find("; records 100 to 199 cannot be read") != std::string::npos);
  CHECK(verified.faults[1].seq == 0);
  CHECK(verified.faults[1].what ==
        "records 0 to 99 are missing before records-000000000100.jsonl.zst");
}

TEST_CASE("a segment of zeros is damage, not an end of the verification") {
  const Log log(300, 100, 13);
  overwrite(log.segment(1), "");
  std::filesystem::resize_file(log.segment(1), 80 * 1024 * 1024);
  compress(log.segment(1));
  const auto verified = verify(log);
  REQUIRE(verified.faults.size() == 1);
  CHECK(verified.faults[0].what.find("too long; records 100 to 199 cannot be read") !=
        std::string::npos);
  CHECK(verified.records == 200);
}

TEST_CASE("of a segment that is there plain and compressed, both are read") {
  const Log log(300, 100, 14);
  const auto plain = read_file(log.segment(1));
  const auto compressed = compress(log.segment(1));
  overwrite(log.segment(1), plain);
  CHECK(faults_of(log) == "");
  CHECK(verify(log).notes[0].starts_with(
      "records-000000000100.jsonl is there, and records-000000000100.jsonl.zst with the same"));
  const auto good = read_file(compressed);
  overwrite(compressed, good.substr(0, 40));
  CHECK(faults_of(log).find("records-000000000100.jsonl.zst, which no gateway leaves so") !=
        std::string::npos);
  auto lines = plain;
  lines[12] ^= 1;
  overwrite(log.segment(1), lines);
  compress(log.segment(1));
  overwrite(log.segment(1), plain);
  CHECK(faults_of(log) ==
        "?: records-000000000100.jsonl is there, and records-000000000100.jsonl.zst, which holds "
        "something else: no gateway leaves that\n");
}
