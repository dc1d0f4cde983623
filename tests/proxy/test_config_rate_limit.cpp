// What the configuration says of the rate limit, and what is said of a wrong one, word for word.
#include <doctest/doctest.h>

#include "proxy/config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

struct Read {
  std::string lines;  // without the file's name
  std::optional<filters::RateLimitSettings> settings;
};

constexpr std::string_view builtin = "contract: builtin\n";

// `limit` begins at column 23 of line 1.
Read read(const std::string& limit, std::string_view contract = builtin) {
  const tests::TemporaryDirectory directory;
  directory.write("api.yaml", R"(openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /api/1/subscriptions: {get: {parameters: [{name: tier, in: query, schema: {type: string}}]}}
)");
  const LoadedConfig loaded = load_config(
      directory.write("x", "filters: {rate_limit: " + limit + "}\n" + std::string(contract) +
                               "listen: [{address: \"127.0.0.1:0\"}]\n"
                               "upstream: {url: https://api.example}\n"));
  Read read;
  for (Diagnostic diagnostic : loaded.diagnostics) {
    diagnostic.file = "x";
    read.lines += (read.lines.empty() ? "" : "\n") + to_string(diagnostic).substr(2);
  }
  if (loaded.config) read.settings = loaded.config->filters.rate_limit;
  return read;
}

void check(std::initializer_list<std::pair<std::string, std::string>> cases) {
  for (const auto& [limit, lines] : cases) {
    CAPTURE(limit);
    CHECK(read(limit).lines == lines);
  }
}

}  // namespace

TEST_CASE("a rate limit has the page's defaults, and takes each of its keys") {
  const auto none = read("{}").settings;
  REQUIRE(none);
  CHECK(none->mode == filters::Mode::off);
  CHECK(none->per == filters::Per::device);
  CHECK(to_string(none->rate) == "60/min");
  CHECK(none->burst == 20);
  CHECK(none->keys == 65'536);
  const auto all = read("{per: address, rate: 7/h, burst: 3, keys: 2048, mode: observe}").settings;
  REQUIRE(all);
  CHECK(all->mode == filters::Mode::observe);
  CHECK(all->per == filters::Per::address);
  CHECK(to_string(all->rate) == "7/h");
  CHECK(all->burst == 3);
  CHECK(all->keys == 2048);
}

TEST_CASE("faults of a rate limit, and both sides of each bound") {
  const std::string rate = "1:30: expected a rate such as 60/min, got ";
  const std::string unit = ": give a whole number and one of /s, /min, /h";
  check({
      {"{rate: 1/h, burst: 1, keys: 1024, mode: warn}", ""},
      {"{rate: 1000/s, burst: 1000000, keys: 16777216, mode: warn}", ""},
      {"{rate: 3600000/h, mode: warn}", ""},
      {"{rate: 60, mode: warn}", rate + "`60`" + unit},
      {"{rate: 60/minute, mode: warn}", rate + "`60/minute`" + unit},
      {"{rate: [60/min], mode: warn}", rate + "a list"},
      {"{rate: 0/s, mode: warn}", "1:30: expected 1/h to 1000/s, got `0/s`"},
      {"{rate: 1001/s, mode: warn}", "1:30: expected 1/h to 1000/s, got `1001/s`"},
      {"{rate: 3600001/h, mode: warn}", "1:30: expected 1/h to 1000/s, got `3600001/h`"},
      {"{burst: 0, keys: 1023, mode: warn}",
       "1:31: expected 1 to 1000000, got `0`\n1:40: expected 1024 to 16777216, got `1023`"},
      {"{burst: 1000001, keys: 16777217, mode: warn}",
       "1:31: expected 1 to 1000000, got `1000001`\n"
       "1:46: expected 1024 to 16777216, got `16777217`"},
      {"{mode: enforced}",
       "1:30: expected one of off, observe, warn, enforce, got `enforced` (did you mean "
       "`enforce`?)"},
      {"{per: tokens, mode: warn}",
       "1:29: expected one of address, token, device, got `tokens` (did you mean `token`?)"},
      {"{rates: 1/s, mode: warn}", "1:24: unknown key `rates` (did you mean `rate`?)"},
      {"5/s", "1:23: expected a map of keys, got `5/s`"},
  });
}

TEST_CASE("a limit that limits nothing is a warning, unless it is off in so many words") {
  check({
      {"{per: token, rate: 5/s}",
       "1:23: warning: limits nothing: its `mode` is off unless it is given"},
      {"{per: token, rate: 5/s, mode: off}", ""},
      {"{per: token, rate: 5/s, mode: observe}", ""},
  });
}

TEST_CASE("a limit by device under a contract that knows none is a warning") {
  const std::string contract = "contract: api.yaml\n";
  CHECK(read("{per: device, mode: warn}", contract).lines ==
        "1:29: warning: the contract marks no field of /api/1/subscriptions `x-secret`: there a "
        "client is its address, not its device");
  CHECK(read("{mode: warn}", contract).lines ==
        "1:23: warning: the contract marks no field of /api/1/subscriptions `x-secret`: there a "
        "client is its address, not its device");
  CHECK(read("{per: token, mode: warn}", contract).lines == "");
  CHECK(read("{per: device, mode: off}", contract).lines == "");
}
