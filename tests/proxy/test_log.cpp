#include "proxy/log.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

using namespace proxy;
using namespace std::chrono_literals;

namespace {

// 2026-11-22 18:00:00.007 UTC
constexpr auto evening = std::chrono::system_clock::time_point(1'795'370'400'007ms);

TEST_CASE("of many like lines one a second is let through, and says how many were not") {
  using std::chrono::milliseconds;
  LogPace pace;
  const auto begin = LogPace::Clock::now();
  const struct {
    int at;    // ms
    int more;  // -1: kept back
  } cases[] = {{0, 0}, {0, -1}, {1, -1}, {999, -1}, {1000, 3}, {1001, -1}, {5000, 1}, {9000, 0}};
  for (const auto& [at, more] : cases) {
    CAPTURE(at);
    const auto admitted = pace.admit(begin + milliseconds(at));
    CHECK(admitted.has_value() == (more >= 0));
    if (admitted) CHECK(*admitted == static_cast<std::uint64_t>(more));
  }
  CHECK(and_more(0) == "");
  CHECK(and_more(41) == " (and 41 more like it)");
}

}  // namespace

TEST_CASE("a text line is time, level, message, in UTC") {
  CHECK(log_line(LogFormat::text, evening, "info", "listening on 127.0.0.1:8080") ==
        "2026-11-22T18:00:00.007Z info listening on 127.0.0.1:8080");
  CHECK(log_line(LogFormat::text, evening, "warn", "") == "2026-11-22T18:00:00.007Z warn ");
  CHECK(log_line(LogFormat::text, std::chrono::system_clock::time_point(-1ms), "info", "x") ==
        "1969-12-31T23:59:59.999Z info x");
}

TEST_CASE("a JSON line is one object") {
  CHECK(log_line(LogFormat::json, evening, "error", "a \"b\" \\ c") ==
        R"({"time":"2026-11-22T18:00:00.007Z","level":"error","message":"a \"b\" \\ c"})");
}

TEST_CASE("no message ends its line or breaks the JSON") {
  using namespace std::string_literals;
  struct Case {
    std::string message, text, json;
  };
  const std::string replaced = "\xEF\xBF\xBD";
  const Case cases[] = {
      {"a\nb\r\tc", "a\\x0ab\\x0d\\x09c", "a\nb\r\tc"},
      {"a\x1b[31mb\x7f", "a\\x1b[31mb\\x7f", "a\x1b[31mb\x7f"},
      {"a\0b"s, "a\\x00b", "a\0b"s},
      {"\xC3\xA4\xF0\x9F\x98\x80", "\xC3\xA4\xF0\x9F\x98\x80", "\xC3\xA4\xF0\x9F\x98\x80"},
      {"a\xFF"
       "b",
       "a" + replaced + "b", "a" + replaced + "b"},
      {"a\xC3", "a" + replaced, "a" + replaced},
      {"\xED\xA0\x80", replaced + replaced + replaced, replaced + replaced + replaced},
  };
  for (const auto& [message, text, json] : cases) {
    CAPTURE(text);
    CHECK(log_line(LogFormat::text, evening, "info", message) ==
          "2026-11-22T18:00:00.007Z info " + text);
    const std::string line = log_line(LogFormat::json, evening, "info", message);
    CHECK(line.find_first_of("\n\r") == std::string::npos);
    rapidjson::Document document;
    document.Parse(line.data(), line.size());
    REQUIRE_FALSE(document.HasParseError());
    const auto& value = document["message"];
    CHECK(std::string(value.GetString(), value.GetStringLength()) == json);
  }
}
