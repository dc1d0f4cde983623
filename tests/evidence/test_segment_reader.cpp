#include "proxy/evidence/segment_reader.hpp"

#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

namespace {

std::vector<std::string> lines_of(SegmentReader& reader) {
  std::vector<std::string> lines;
  while (const auto next = reader.next())
    for_each_line(next->text, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

// 40 records in four segments, those of the numbers given compressed.
struct HalfCompressed : Log {
  explicit HalfCompressed(std::initializer_list<std::size_t> numbers) : Log(40, 10, 3) {
    for (const auto number : numbers) compress(segment(number));
  }
};

}  // namespace

TEST_CASE("compressed segments give the lines that the plain ones gave, whatever the blocks") {
  const HalfCompressed log{0, 2};
  for (const auto block : {1U, 7U, 1000U, 1'000'000U}) {
    CAPTURE(block);
    SegmentReader reader(list_segments(log.directory()), block);
    CHECK(reader.segments().size() == 4);
    CHECK(lines_of(reader) == log.lines);
  }
  std::vector<std::string> got;
  read_records(log.directory(), 18, 23, [&](std::string_view line) { got.emplace_back(line); });
  CHECK(got == std::vector(log.lines.begin() + 18, log.lines.begin() + 23));
}

TEST_CASE("a segment that is there plain and compressed is read once, plain") {
  const HalfCompressed log{1};
  const auto plain = log.segment(1);
  std::string text;
  for (std::size_t i = 10; i < 20; ++i) text += log.lines[i] + "\n";
  std::ofstream(plain, std::ios::binary) << text;
  const auto listed = list_segments(log.directory());
  REQUIRE(listed.size() == 4);
  CHECK(listed[1].file == plain);
  SegmentReader reader(listed);
  CHECK(lines_of(reader) == log.lines);
}

TEST_CASE("a segment that is compressed after it was listed is found") {
  const Log log(40, 10, 4);
  SegmentReader reader(list_segments(log.directory()));
  compress(log.segment(3));
  CHECK(lines_of(reader) == log.lines);
}

TEST_CASE("a compressed segment that was cut, altered or lengthened is damaged, with its name") {
  const auto whole = [] {
    const HalfCompressed log{1};
    return bytes_of(log.segment(1).string() + ".zst");
  }();
  std::mt19937 random(5);
  std::size_t told = 0;
  for (int round = 0; round < 200; ++round) {
    const HalfCompressed log{1};
    const auto file = log.segment(1).string() + ".zst";
    auto bytes = whole;
    const auto at = random() % bytes.size();
    if (round % 3 == 0) bytes.resize(at + (at == 0 ? 1 : 0));
    if (round % 3 == 1) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    if (round % 3 == 2) bytes += std::string(1 + at % 5, 'x');
    std::ofstream(file, std::ios::binary) << bytes;
    SegmentReader reader(list_segments(log.directory()));
    try {
      // Some bits of a frame's head say nothing of what is in it.
      const auto lines = lines_of(reader);
      CHECK(lines == log.lines);
    } catch (const DamagedSegment& error) {
      ++told;
      CHECK(std::string(error.what()).find(file) != std::string::npos);
    }
  }
  CHECK(told > 190);
}
