#include "proxy/query/record_printer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/audit_log.hpp"

using namespace proxy;
using namespace tests;

namespace {

std::string printed(const std::string& line, RecordForm form, std::size_t columns = 0) {
  AuditRecord record;
  REQUIRE(record.read(line));
  std::string text = "before|";
  RecordPrinter(form, columns).print(line, record, text);
  REQUIRE(text.starts_with("before|"));
  return text.substr(7);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Nothing that a terminal obeys, but line ends.
bool is_harmless(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\r') || byte == 0x7F) return false;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;  // C1
  }
  return true;
}

const std::string hostile = audit_line(7, {.rule = R"(a\u001b[2J\nb\tc\u009bd\u202ee)",
                                           .id = "\xC2\x9B"
                                                 R"(31m\u0007\r\n=1+1)"});

}  // namespace

TEST_CASE("a table has a line a record, under its columns") {
  CHECK(RecordPrinter(RecordForm::table).header() ==
        "time                      seq       method  status  decision   device        "
        "id                                    reason and rules\n");
  CHECK(printed(audit_line(7, {.status = 422, .rule = "repair.alias", .id = "5a17"}),
                RecordForm::table) ==
        "2026-11-22T10:00:00.000Z  7         GET     422     rejected   aaaaaaaaaaaa  "
        "5a17                                  contract repair.alias\n");
  CHECK(printed(R"({"seq":1,"time":"2026-11-22T10:00:00Z","gap":{"dropped":7}})", RecordForm::table)
            .find("-             -                                     gap: 7 not recorded\n") !=
        std::string::npos);
}

TEST_CASE("a method that the conventions do not know is shown by its own name") {
  const auto row =
      printed(R"({"seq":1,"time":"2026-11-22T10:00:00Z","http.request.method":"_OTHER",)"
              R"("http.request.method_original":"PURGE"})",
              RecordForm::table);
  CHECK(row.find("  PURGE   -") != std::string::npos);
  CHECK(row.find("_OTHER") == std::string::npos);
}

TEST_CASE("a table fits the terminal, whatever is in it") {
  const auto longest = audit_line(
      123'456'789,
      {.method = "PROPPATCH", .rule = std::string(300, 'r'), .id = std::string(64, 'i')});
  for (const std::size_t columns : {80U, 95U, 96U, 139U, 140U, 200U, 500U}) {
    CAPTURE(columns);
    const RecordPrinter printer(RecordForm::table, columns);
    CHECK(characters(printer.header()) <= columns + 1);
    CHECK((printer.header().find("device") != std::string::npos) == (columns >= 96));
    CHECK((printer.header().find("  id ") != std::string::npos) == (columns >= 140));
    for (const auto& line : {longest, hostile}) {
      const auto row = printed(line, RecordForm::table, columns);
      CHECK(characters(row) <= columns + 2);  // the line end, and a number longer than usual
      CHECK(is_harmless(row));
      CHECK(std::ranges::count(row, '\n') == 1);
    }
    CHECK(printed(longest, RecordForm::table, columns).ends_with("…\n") == (columns < 500));
  }
  // Characters of several bytes are cut whole.
  const auto row =
      printed(audit_line(1, {.rule = "ééééééééééééééééééééééééé"}), RecordForm::table, 80);
  CHECK(row.ends_with("ééé…\n"));
  CHECK(characters(row) == 81);
  // Elsewhere nothing is cut.
  CHECK(printed(longest, RecordForm::table).ends_with(std::string(300, 'r') + "\n"));
}

TEST_CASE("a record cannot steer the terminal, in any form") {
  for (const auto form : {RecordForm::table, RecordForm::json, RecordForm::csv})
    CHECK(is_harmless(printed(hostile, form, 200)));
  CHECK(printed(hostile, RecordForm::table).find("a\\x1B[2J\\x0Ab\\x09c<U+009B>d<U+202E>e\n") !=
        std::string::npos);
}

TEST_CASE("JSON is the exact line, where no terminal shows it") {
  CHECK(printed(hostile, RecordForm::json) == hostile + "\n");
  const auto plain = audit_line(1);
  CHECK(printed(plain, RecordForm::json, 80) == plain + "\n");
  CHECK(RecordPrinter(RecordForm::json).header().empty());
}

TEST_CASE("CSV is RFC 4180's, with as many fields as its header, and no formulas") {
  const auto header = RecordPrinter(RecordForm::csv).header();
  CHECK(header.starts_with("seq,time,id,"));
  CHECK(header.ends_with(",rules,gap.dropped\r\n"));
  const auto row = printed(audit_line(7, {.status = 422, .rule = "repair.alias"}), RecordForm::csv);
  CHECK(row ==
        "7,2026-11-22T10:00:00.000000Z,id,GET,/api/1/notification_preferences,,"
        "hmac-sha256:01234567:" +
            std::string(64, 'a') + ",rejected,contract,,,422,,1000,repair.alias,\r\n");
  CHECK(std::ranges::count(row, ',') == std::ranges::count(header, ','));
  CHECK(printed(R"({"seq":8,"time":"2026-11-22T10:00:00Z","gap":{"dropped":7}})",
                RecordForm::csv) == "8,2026-11-22T10:00:00Z,,,,,,,,,,,,,,7\r\n");
  struct Case {
    const char* json;
    const char* field;
  };
  for (const auto& [json, field] :
       {Case{"a,b", "\"a,b\""}, Case{R"(say \"x\")", "\"say \"\"x\"\"\""},
        Case{R"(a\r\nb)", "\"a\r\nb\""}, Case{"=1+1", "'=1+1"}, Case{"+1", "'+1"},
        Case{"-1", "'-1"}, Case{"@x", "'@x"}, Case{R"(\t=x)", "'\t=x"}, Case{"=a,b", "\"'=a,b\""},
        Case{"a=b", "a=b"}, Case{"", ""}}) {
    CAPTURE(json);
    CHECK(printed(audit_line(7, {.id = json}), RecordForm::csv)
              .starts_with("7,2026-11-22T10:00:00.000000Z," + std::string(field) + ",GET,"));
  }
}
