// bench/report: what bench/run makes of the figures of its rounds.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

namespace {

// What the report's function prints of a work `clear` with three rounds of each peer at a fixed
// rate.
std::string report(const std::string& call, const std::string& nginx, const std::string& prefgate) {
  const TemporaryDirectory place;
  std::filesystem::create_directory(place.path() / "clear");
  std::ofstream(place.path() / "clear/nginx.rated") << nginx;
  std::ofstream(place.path() / "clear/prefgate.rated") << prefgate;
  std::ofstream(place.path() / "clear/rate") << 5;
  const auto done = run({"bash", "-euo", "pipefail", "-c",
                         "peers=(nginx prefgate) work=$1\n"
                         "peers_of() { printf '%s\\n' \"${peers[@]}\"; }\n"
                         "is_peer() { [[ \" ${peers[*]} \" == *\" $1 \"* ]]; }\n"
                         "source bench/report\n" +
                             call,
                         "bash", place.path()});
  REQUIRE_MESSAGE(done.status == 0, done.errors);
  return done.output;
}

}  // namespace

TEST_CASE("a ratio is of two figures within one round, and a round without a figure is in none") {
  // Former bug: the rounds after one without a figure were set beside others.
  const auto table =
      report("rated_section clear", "10 1 100\n- - -\n30 3 300\n", "- - -\n20 2 200\n60 1 900\n");
  CAPTURE(table);
  CHECK(table.find("| p99 us | 20 (10..30) | 40 (20..60) |\n"
                   "| over nginx | 1 | 2.00 (2.00..2.00) |\n") != std::string::npos);
  CHECK(table.find("| p50 us | 2 (1..3) | 2 (1..2) |\n"
                   "| over nginx | 1 | 0.33 (0.33..0.33) |\n") != std::string::npos);
}

TEST_CASE("a goal is reached, not reached, or not measured, and then the report says why") {
  struct {
    const char* name;
    std::string call, nginx, prefgate, line;
  } const rows[] = {
      {"the median within it", "goal p99 1.00 rated-clear nginx", "10 1 1\n10 1 1\n10 1 1\n",
       "5 1 1\n10 1 1\n20 1 1\n",
       "| p99 | 1.00 | 1.00 (0.50..2.00) | **reached**; within it 2 of 3 rounds |\n"},
      {"the median beyond it", "goal p99 1.00 rated-clear nginx", "10 1 1\n10 1 1\n",
       "5 1 1\n20 1 1\n",
       "| p99 | 1.00 | 1.25 (0.50..2.00) | not reached; within it 1 of 2 rounds |\n"},
      {"no round in common", "goal p99 1.00 rated-clear nginx", "- - -\n10 1 1\n",
       "10 1 1\n- - -\n",
       "| p99 | 1.00 | | not measured: the load generator was what took so long, in each round "
       "|\n"},
      {"who was not there", "goal p99 1.00 rated-clear lua", "10 1 1\n", "10 1 1\n",
       "| p99 | 1.00 | | not measured: it was not among the peers |\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(report(row.call, row.nginx, row.prefgate) == row.line);
  }
}
