#include "filters/yaml/units.hpp"

#include <doctest/doctest.h>

using namespace filters;
using namespace std::chrono_literals;

TEST_CASE("a size is digits and a unit, and nothing else") {
  struct Case {
    std::string_view text;
    std::optional<std::uint64_t> bytes;
  };
  const Case cases[] = {
      {"0B", 0},
      {"1B", 1},
      {"64KiB", 65'536},
      {"3MiB", 3'145'728},
      {"2GiB", 2'147'483'648},
      {"8589934591GiB", 9'223'372'035'781'033'984},  // the last that fits 63 bits
      {"8589934592GiB", {}},
      {"99999999999999999999B", {}},
      {"64", {}},
      {"", {}},
      {"KiB", {}},
      {"64kib", {}},
      {"64KB", {}},
      {"64 KiB", {}},
      {" 64KiB", {}},
      {"64KiB ", {}},
      {"-1KiB", {}},
      {"+1KiB", {}},
      {"1.5MiB", {}},
      {"0x10B", {}},
  };
  for (const auto& [text, bytes] : cases) {
    CAPTURE(text);
    CHECK(parse_size(text) == bytes);
  }
}

TEST_CASE("a time is digits and a unit, and nothing else") {
  struct Case {
    std::string_view text;
    std::optional<std::chrono::milliseconds> time;
  };
  const Case cases[] = {
      {"0ms", 0ms},   {"250ms", 250ms}, {"2s", 2s},
      {"3min", 3min}, {"1h", 1h},       {"30d", 720h},
      {"2", {}},      {"2m", {}},       {"2S", {}},
      {"us", {}},     {"5us", {}},      {"2s3ms", {}},
      {"1.5s", {}},   {"-2s", {}},      {"", {}},
      {"2 s", {}},    {"1e3ms", {}},    {"99999999999999999d", {}},
  };
  for (const auto& [text, time] : cases) {
    CAPTURE(text);
    CHECK(parse_time(text) == time);
  }
}

TEST_CASE("a count is digits, and nothing else") {
  CHECK(parse_count("0") == 0);
  CHECK(parse_count("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"18446744073709551616", "", "-1", "+1", "1 ", "1.0", "0x1", "ten"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_count(text).has_value());
  }
}

TEST_CASE("numbers are written in the largest whole unit, and can be read back") {
  CHECK(format_size(0) == "0B");
  CHECK(format_size(1'000) == "1000B");
  CHECK(format_size(65'536) == "64KiB");
  CHECK(format_size(1'536 * 1'024) == "1536KiB");
  CHECK(format_size(1ULL << 30) == "1GiB");
  CHECK(format_time(0ms) == "0ms");
  CHECK(format_time(1'500ms) == "1500ms");
  CHECK(format_time(90s) == "90s");
  CHECK(format_time(120s) == "2min");
  CHECK(format_time(48h) == "2d");
  for (const std::uint64_t bytes : {1U, 1'023U, 1'024U, 1'048'576U, 1'048'577U})
    CHECK(parse_size(format_size(bytes)) == bytes);
}

TEST_CASE("the nearest word is suggested only where it is near") {
  constexpr std::string_view known[] = {"address",      "tls",  "idle",
                                        "idle_timeout", "head", "handshake"};
  struct Case {
    std::string_view word, nearest;
  };
  const Case cases[] = {
      {"adress", "address"},    // deleted
      {"addresss", "address"},  // inserted
      {"addrezs", "address"},   // replaced
      {"adderss", "address"},   // swapped
      {"ADDRESS", "address"},   // letter case is no edit
      {"tsl", "tls"},           // a swap is one edit
      {"tsx", ""},              // two edits of three letters
      {"idle-timeout", "idle_timeout"},
      {"idletimeout", "idle_timeout"},
      {"handsahke", "handshake"},
      {"xyz", ""},
      {"", ""},
      {"admin", ""},
      {"rate_limit", ""},
  };
  for (const auto& [word, nearest] : cases) {
    CAPTURE(word);
    CHECK(nearest_word(word, known) == nearest);
  }
  CHECK(nearest_word(std::string(100'000, 'a'), known).empty());
  CHECK(nearest_word("adress", {}).empty());
}

TEST_CASE("a share is a number of percent with at most two decimals") {
  struct Case {
    std::string_view text;
    std::optional<std::uint32_t> hundredths;
  };
  const Case cases[] = {
      {"0%", 0},       {"25%", 2500},   {"0.5%", 50}, {"0.05%", 5},   {"99.99%", 9999},
      {"100%", 10000}, {"100.01%", {}}, {"101%", {}}, {"0.005%", {}}, {".5%", {}},
      {"5.%", {}},     {"1.2.3%", {}},  {"-1%", {}},  {"25", {}},     {"%", {}},
      {"", {}},        {" 5%", {}},     {"1e1%", {}},
  };
  for (const auto& [text, hundredths] : cases) {
    CAPTURE(text);
    CHECK(parse_share(text) == hundredths);
  }
}
