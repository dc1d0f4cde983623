#include "proxy/query/search_audit.hpp"

#include <doctest/doctest.h>

#include "tests/support/audit_log.hpp"
#include "tests/support/compress.hpp"

using namespace proxy;
using namespace tests;

namespace {

struct Searched {
  std::string text;
  std::vector<std::string> faults;
  std::size_t records = 0;
};

Searched found_in(const std::vector<Segment>& segments, const RecordCriteria& criteria,
                  std::size_t block, unsigned threads) {
  const RecordQuery query(criteria);
  const RecordPrinter printer(RecordForm::json);
  AuditSearch search(segments, query, printer, threads, block);
  Searched searched;
  std::uint64_t last = 0;
  while (const auto found = search.next()) {
    searched.text += found->text;
    searched.records += found->ends.size();
    searched.faults.insert(searched.faults.end(), found->faults.begin(), found->faults.end());
    CHECK((found->ends.empty() ? found->text.empty() : found->ends.back() == found->text.size()));
    CHECK(found->searched >= last);
    CHECK(found->searched <= search.size());
    last = found->searched;
  }
  return searched;
}

// "10:00" to a time of the day that tests are about.
std::string at(const std::string& time) {
  return "2026-11-22T" + time + ":00.000000Z";
}

// The numbers of the first records of those left.
std::vector<std::uint64_t> in_time(const AuditLog& log, const std::string& since,
                                   const std::string& until) {
  RecordCriteria criteria;
  if (!since.empty()) criteria.since = parse_timestamp(since);
  if (!until.empty()) criteria.until = parse_timestamp(until);
  std::vector<std::uint64_t> firsts;
  for (const auto& segment : segments_in_time(list_segments(log.directory()), criteria))
    firsts.push_back(segment.first_seq);
  return firsts;
}

}  // namespace

TEST_CASE("records are found in the log's order, whatever the blocks, threads and segments") {
  AuditLog log;
  std::string all, rejected;
  for (int i = 0; i < 200; ++i) {
    if (i % 30 == 0) log.begin_segment();
    const auto line = log.add(
        {.status = i % 7 == 0 ? 422 : 200, .id = std::string(static_cast<std::size_t>(i), 'x')});
    all += line + "\n";
    if (i % 7 == 0) rejected += line + "\n";
    if (i == 89 || i == 149) compress(log.segment());
  }
  const auto segments = list_segments(log.directory());
  REQUIRE(segments.size() == 7);
  for (const std::size_t block : {1U, 100U, 5000U, 4'000'000U})
    for (const unsigned threads : {1U, 3U}) {
      CAPTURE(block);
      const auto found = found_in(segments, {}, block, threads);
      CHECK(found.text == all);
      CHECK(found.records == 200);
      CHECK(found.faults.empty());
      CHECK(found_in(segments, {.decision = "rejected"}, block, threads).text == rejected);
    }
}

TEST_CASE("what is no record, or cannot be read, is named, and the search goes on behind it") {
  AuditLog log;
  log.begin_segment();
  std::string good = log.add() + "\n";
  log.add_line("nonsense");
  good += log.add() + "\n";
  const auto first = log.segment();
  log.begin_segment();
  log.add();
  const auto damaged = compress(log.segment());
  std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) - 8);
  log.begin_segment();
  log.add_line(R"({"seq":5,"time":5})");
  log.add_line("");
  const auto second = log.segment();
  good += log.add() + "\n";
  log.add_bytes("{\"seq\":8,");  // the gateway is writing it
  for (const std::size_t block : {1U, 4'000'000U}) {
    const auto found = found_in(list_segments(log.directory()), {}, block, 2);
    CHECK(found.text == good);
    REQUIRE(found.faults.size() == 4);
    CHECK(found.faults[0].starts_with(first.string() + ":2: is no record"));
    CHECK(found.faults[1].find(damaged.string() + ": is damaged") != std::string::npos);
    CHECK(found.faults[2].starts_with(second.string() + ":1: is no record"));
    CHECK(found.faults[3].starts_with(second.string() + ":2: is no record"));
  }
}

TEST_CASE("a line without an end is told of where no gateway can be writing it") {
  AuditLog log;
  log.begin_segment();
  log.add();
  log.add_bytes("{\"seq\":1,");
  const auto first = log.segment();
  log.add_bytes("");
  log.begin_segment();
  log.add();
  const auto found = found_in(list_segments(log.directory()), {}, 1000, 2);
  CHECK(found.records == 2);
  REQUIRE(found.faults.size() == 1);
  CHECK(found.faults[0].starts_with(first.string() + ":2: is no record"));
}

TEST_CASE("segments are left out where none of their records can be of the time asked for") {
  AuditLog log;  // segments 0, 2, 4, 6, of two records each
  for (const auto* hour : {"02", "06", "10", "14"}) {
    log.begin_segment();
    log.add({.time = at(hour + std::string(":00"))});
    log.add({.time = at(hour + std::string(":30"))});
  }
  using All = std::vector<std::uint64_t>;
  CHECK(in_time(log, "", "") == All{0, 2, 4, 6});
  CHECK(in_time(log, at("00:00"), "") == All{0, 2, 4, 6});
  CHECK(in_time(log, at("06:59"), "") == All{0, 2, 4, 6});  // a clock may have been set back
  CHECK(in_time(log, at("07:01"), "") == All{2, 4, 6});
  CHECK(in_time(log, at("13:00"), "") == All{4, 6});
  CHECK(in_time(log, at("23:00"), "") == All{6});
  // Exchanges that ended a day later may have begun then.
  CHECK(in_time(log, "", at("00:00")) == All{0, 2, 4, 6});
  CHECK(in_time(log, "", "2026-11-21T10:00:00Z") == All{0, 2});
  CHECK(in_time(log, "", "2026-11-21T10:00:01Z") == All{0, 2, 4});
  CHECK(in_time(log, "", "2026-11-20T00:00:00Z").empty());
}

TEST_CASE("an exchange that took long is found in the segment in which it ended") {
  AuditLog log;
  log.begin_segment();
  log.add({.time = at("10:00")});
  log.add({.time = at("13:00")});
  log.begin_segment();
  log.add({.time = at("08:00"), .duration = 6 * 3'600'000'000ULL});  // ended at 14:00
  log.add({.time = at("14:01")});
  // By its time alone, the segment before it would be over at 8.
  CHECK(in_time(log, at("12:30"), "") == std::vector<std::uint64_t>{0, 2});
  // And it is not left out for beginning with one that ended after the time asked for.
  CHECK(in_time(log, "", at("09:00")) == std::vector<std::uint64_t>{0, 2});
}

TEST_CASE("a segment that is left out is not opened; one whose first record is no help stays") {
  AuditLog log;
  for (const auto* hour : {"02", "04", "06", "10"}) {
    log.begin_segment();
    log.add({.time = at(hour + std::string(":00"))});
  }
  // Opening a folder as a file fails, for root too.
  const auto second = log.directory() / segment_name(1);
  std::filesystem::remove(second);
  std::filesystem::create_directory(second);
  const RecordCriteria late{.since = parse_timestamp(at("09:00"))};
  const auto left = segments_in_time(list_segments(log.directory()), late);
  CHECK(left.size() == 2);
  CHECK(found_in(left, late, 1000, 2).faults.empty());
  const RecordCriteria early{.since = parse_timestamp(at("01:00"))};
  const auto all = segments_in_time(list_segments(log.directory()), early);
  CHECK(all.size() == 4);
  const auto found = found_in(all, early, 1000, 2);
  CHECK(found.records == 3);
  REQUIRE(found.faults.size() == 1);
  CHECK(found.faults[0].find(second.string()) != std::string::npos);
  // Nothing is known of the second: what is known of the third serves for both.
  CHECK(in_time(log, at("07:30"), "") == std::vector<std::uint64_t>{2, 3});
}
