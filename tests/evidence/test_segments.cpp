#include "proxy/evidence/segment_reader.hpp"

#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

TEST_CASE("names of segments carry the number of their first record") {
  CHECK(segment_name(0) == "records-000000000000.jsonl");
  CHECK(segment_name(123) == "records-000000000123.jsonl");
  CHECK(segment_name(1'234'567'890'123) == "records-1234567890123.jsonl");
  for (const std::uint64_t seq : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}})
    for (const auto* end : {"", ".zst"}) CHECK(first_seq_of(segment_name(seq) + end) == seq);
  for (const auto* other : {"records-.jsonl", "records-5.jsonl", "records-00000000000x.jsonl",
                            "records-000000000005.jsonl.zst.new", "records-000000000005.zst",
                            "records-99999999999999999999.jsonl", "lock", ""})
    CHECK_FALSE(first_seq_of(other).has_value());
}

TEST_CASE("the number of a record is read from its beginning") {
  CHECK(seq_of(R"({"seq":0})") == 0);
  CHECK(seq_of(R"({"seq":17,"a":1})") == 17);
  for (const auto* other :
       {"", "{}", R"({"seq":})", R"({"seq":-1})", R"({"seq":1)", R"( {"seq":1})", R"({"seq":"1"})",
        R"({"seq":1 ,"a":1})", R"({"a":1,"seq":1})"})
    CHECK_FALSE(seq_of(other).has_value());
}

TEST_CASE("lines come in the log's order, whole, whatever the size of the blocks") {
  std::mt19937 random(1);
  Log log;
  for (const auto count : {3U, 0U, 50U, 1U}) {
    log.begin_segment();
    log.add(count, random);
    if (count == 0) log.segments.pop_back();  // a segment of the same name follows
  }
  log.folder.write("notes.txt", "not a segment\n");
  for (const auto block : {1U, 2U, 7U, 64U, 1000U, 1'000'000U}) {
    CAPTURE(block);
    SegmentReader reader(list_segments(log.directory()), block);
    std::vector<std::string> lines;
    std::vector<std::size_t> begins;
    while (const auto next = reader.next()) {
      CHECK_FALSE(next->torn);
      if (next->first) begins.push_back(lines.size());
      for_each_line(next->text, [&](std::string_view line) { lines.emplace_back(line); });
    }
    CHECK(lines == log.lines);
    CHECK(begins == std::vector<std::size_t>{0, 3, 53});
  }
}

TEST_CASE("what has no line end is told from lines, and an empty segment is there") {
  const TemporaryDirectory folder;
  folder.write(segment_name(0), "a\nb\ntorn");
  folder.write(segment_name(2), "");
  folder.write(segment_name(3), "torn alone");
  for (const auto block : {1U, 4U, 1000U}) {
    SegmentReader reader(list_segments(folder.path()), block);
    std::string lines;
    std::string torn;
    std::size_t begins = 0;
    while (const auto next = reader.next()) {
      if (next->first) ++begins;
      (next->torn ? torn : lines) += next->text + "|";
    }
    CHECK(begins == 3);
    CHECK(torn == "torn|torn alone|");
    CHECK(lines == (block == 1 ? "a\n|b\n||" : "a\nb\n||"));
  }
}

TEST_CASE("records are found by their place, from the segment that holds them") {
  std::mt19937 random(2);
  Log log;
  for (int i = 0; i < 4; ++i) {
    log.begin_segment();
    log.add(5, random);
  }
  for (std::uint64_t first = 0; first <= 20; ++first)
    for (std::uint64_t last = first; last <= 22; ++last) {
      std::vector<std::string> got;
      const auto count = read_records(log.directory(), first, last,
                                      [&](std::string_view line) { got.emplace_back(line); });
      const auto end = std::min<std::uint64_t>(last, 20);
      REQUIRE(count == end - first);
      REQUIRE(std::equal(got.begin(), got.end(),
                         log.lines.begin() + static_cast<std::ptrdiff_t>(first),
                         log.lines.begin() + static_cast<std::ptrdiff_t>(end)));
    }
  // Earlier segments need not be there.
  std::filesystem::remove(log.segment(0));
  CHECK(read_records(log.directory(), 7, 9, [](std::string_view) {}) == 2);
  CHECK(read_records(log.directory(), 3, 9, [](std::string_view) {}) == 0);
}

TEST_CASE("a segment that cannot be read is an error with its name; so is a line of no end") {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder.path() / segment_name(0));
  const auto drained = [&] {
    SegmentReader reader(list_segments(folder.path()));
    while (reader.next()) {
    }
  };
  CHECK(message_of(drained).find(segment_name(0)) != std::string::npos);
  std::filesystem::remove(folder.path() / segment_name(0));
  const auto file = folder.write(segment_name(0), "");
  std::filesystem::resize_file(file, 200 * 1024 * 1024);  // a hole
  CHECK(message_of(drained).find("too long") != std::string::npos);
}
