#include "proxy/evidence/roll_call.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace proxy;

namespace {

std::string text_of(RecordRange range) {
  const auto begin = std::to_string(range.begin);
  return range.size() == 1 ? begin : begin + "-" + std::to_string(range.end - 1);
}

// Lines are counted from 1.
std::string text_of(const Misdeed& done, std::uint64_t first) {
  const auto line = " at line " + std::to_string(done.place - first + 1);
  const auto records = text_of(done.records);
  switch (done.kind) {
    case Misdeed::Kind::altered:
      return records + " altered" + line;
    case Misdeed::Kind::replaced:
      return records + " replaced by " + text_of(done.copies) + line;
    case Misdeed::Kind::removed:
      return records + " removed before " + std::to_string(*done.next);
    case Misdeed::Kind::missing:
      return records + " missing";
    case Misdeed::Kind::moved:
      return records + " moved" + line;
    case Misdeed::Kind::inserted:
      return std::to_string(done.records.size()) + " inserted" + line;
    case Misdeed::Kind::copied:
      return records + " copied" + line;
  }
  return {};
}

// The lines as words: "4" is record 4, "x4" is no record and bears the number 4, "x" bears none.
RollCall roll_of(const std::string& lines, RecordRange all, bool goes_on = false) {
  RollCall roll(all.begin, all.end, goes_on);
  std::istringstream in(lines);
  for (std::string word; in >> word;) {
    const bool foreign = word[0] == 'x';
    const auto digits = word.substr(foreign ? 1 : 0);
    roll.take(digits.empty() ? std::nullopt : std::optional(std::stoull(digits)), !foreign);
  }
  return roll;
}

std::string misdeeds_of(const std::string& lines, RecordRange all = {0, 10}, bool goes_on = false) {
  std::string text;
  for (const auto& done : roll_of(lines, all, goes_on).misdeeds())
    text += (text.empty() ? "" : ", ") + text_of(done, all.begin);
  return text;
}

}  // namespace

TEST_CASE("of every record that is not in its place it is told what became of it") {
  struct Case {
    const char* lines;
    const char* misdeeds;
  };
  const Case cases[] = {
      {"0 1 2 3 4 5 6 7 8 9", ""},
      // One misdeed.
      {"0 1 2 x3 4 5 6 7 8 9", "3 altered at line 4"},
      {"0 1 2 x7 4 5 6 7 8 9", "3 altered at line 4"},
      {"0 1 2 x 4 5 6 7 8 9", "3 altered at line 4"},
      {"0 1 2 x3 x4 x5 6 7 8 9", "3-5 altered at line 4"},
      {"0 1 2 4 5 6 7 8 9", "3 removed before 4"},
      {"1 2 3 4 5 6 7 8 9", "0 removed before 1"},
      {"0 1 2 3 4 5 6 7", "8-9 missing"},
      {"", "0-9 missing"},
      {"0 1 2 3 x3 4 5 6 7 8 9", "1 inserted at line 5"},
      {"0 1 2 3 x x 4 5 6 7 8 9", "2 inserted at line 5"},
      {"0 1 2 3 4 5 6 7 8 9 x10", "1 inserted at line 11"},
      {"0 1 2 3 1 2 4 5 6 7 8 9", "1-2 copied at line 5"},
      {"0 1 2 3 4 4 5 6 7 8 9", "4 copied at line 6"},
      {"0 1 2 1 4 5 6 7 8 9", "3 replaced by 1 at line 4"},
      {"0 1 2 3 4 0 1 2 3 4", "5-9 replaced by 0-4 at line 6"},
      {"5 6 7 8 9 5 6 7 8 9", "0-4 replaced by 5-9 at line 1"},
      // One that moves is one, wherever it goes.
      {"0 8 1 2 3 4 5 6 7 9", "8 moved at line 2"},
      {"0 2 3 4 5 6 7 8 1 9", "1 moved at line 9"},
      {"0 8 2 3 4 5 6 7 1 9", "8 moved at line 2, 1 moved at line 9"},
      {"5 6 7 8 9 0 1 2 3 4", "5-9 moved at line 1"},
      {"9 8 7 6 5 4 3 2 1 0",
       "9 moved at line 1, 8 moved at line 2, 7 moved at line 3, 6 moved at line 4, 5 moved at "
       "line 5, 4 moved at line 6, 3 moved at line 7, 2 moved at line 8, 1 moved at line 9"},
      // Several.
      {"0 x1 2 x3 4 6 7 x 8 9",
       "1 altered at line 2, 3 altered at line 4, 5 removed before 6, 1 inserted at line 8"},
      {"0 1 x3 4 5 6 7 8 9", "2 removed before 4, 3 altered at line 3"},
      {"0 1 x 5 6 7 8 9", "2 altered at line 3, 3-4 removed before 5"},
      {"0 1 x2 x x 3 4 5 6 7 8 9", "2 altered at line 3, 2 inserted at line 4"},
      {"0 1 x x2 3 4 5 6 7 8 9", "1 inserted at line 3, 2 altered at line 4"},
      {"1 x1 x2 x3 4 5 6 7 8 9", "0 removed before 1, 1 inserted at line 2, 2-3 altered at line 3"},
      {"0 1 7 8 4 5 6 7 8", "2-3 replaced by 7-8 at line 3, 9 missing"},
      {"x0 x1 x2 x3 x4 x5 x6 x7 x8 x9", "0-9 altered at line 1"},
      {"x x x", "0-2 altered at line 1, 3-9 missing"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.lines);
    CHECK(misdeeds_of(c.lines) == c.misdeeds);
  }
}

TEST_CASE("what comes behind the signed records is no misdeed where the log goes on") {
  CHECK(misdeeds_of("0 1 2 x3 4 5 6 7 8 9 x10 x11", {0, 10}, true) == "3 altered at line 4");
  CHECK(misdeeds_of("0 1 2 3 4 5 6 7 x10 x11", {0, 10}, true) == "8-9 missing");
  CHECK(misdeeds_of("0 1 2 3 4 5 6 7 8 x9 x10", {0, 10}, true) == "9 altered at line 10");
  CHECK(misdeeds_of("0 1 2 3 4 5 6 7 8 9 x", {0, 10}, true) == "1 inserted at line 11");
  CHECK(misdeeds_of("0 1 2 x10 3 4 5 6 7 8 9", {0, 10}, true) == "1 inserted at line 4");
}

TEST_CASE("a log whose beginning is not looked at is called from there on") {
  CHECK(misdeeds_of("4 5 6 x7 8 9", {4, 10}) == "7 altered at line 4");
  CHECK(misdeeds_of("4 5 2 7 8 9", {4, 10}) == "6 altered at line 3");  // none of these
}

TEST_CASE("where the lines are in no order at all it gives up, and says where") {
  std::string lines;
  for (std::size_t i = 0; i < RollCall::most_runs; ++i) lines += "x" + std::to_string(2 * i) + " ";
  CHECK_FALSE(roll_of(lines, {0, 100'000}).given_up());
  const auto roll = roll_of(lines + "99000 99001", {0, 100'000});
  CHECK(roll.given_up() == RollCall::most_runs);
  CHECK(roll.misdeeds().empty());  // of what lies behind nothing is said
}
