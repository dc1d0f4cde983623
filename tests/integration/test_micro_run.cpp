// bench/micro/run with a stand-in for micro-bench. What --compare says of two is compare.py's,
// which PREFGATE_LONG installs.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

// `chain` takes 1 ns in its first run, and one more in each; `audit` as much, and what the file
// `more` says besides.
constexpr auto stand_in = R"(#!/bin/bash
folder=$(dirname "$0")
echo >>"$folder/runs"
for each; do [[ $each != --benchmark_out=* ]] || out=${each#*=}; done
line() {
  echo "{\"name\": \"$1\", \"run_name\": \"$1\", \"run_type\": \"iteration\", \"iterations\": 1,"
  echo " \"repetitions\": 1, \"real_time\": $2, \"cpu_time\": $2, \"time_unit\": \"ns\"}"
}
n=$(wc -l <"$folder/runs")
more=$(cat "$folder/more" 2>/dev/null)
echo "{\"context\": {}, \"benchmarks\": [$(line chain "$n"), $(line audit $((n + more)))]}" >"$out"
)";

fs::path make_stand_in(const TemporaryDirectory& place) {
  std::ofstream(place.path() / "micro-bench") << stand_in;
  fs::permissions(place.path() / "micro-bench", fs::perms::owner_all);
  return place.path();
}

Finished measure(const fs::path& build, std::vector<std::string> options) {
  std::vector<std::string> command{"env", "BUILD=" + build.string(), project() / "bench/micro/run"};
  command.insert(command.end(), options.begin(), options.end());
  return run(command);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bench/micro/run runs the program as often as told, and keeps each run") {
  const TemporaryDirectory place;
  const auto out = place.path() / "new.json";
  const auto done = measure(make_stand_in(place), {"--runs", "9", "--out", out});
  REQUIRE_MESSAGE(done.status == 0, done.errors);
  CHECK(has(done.output, "chain        5.0       1.0       9.0\n"));
  for (const auto* time : {"\"cpu_time\": 1,\n", "\"cpu_time\": 9,\n"})
    CHECK_MESSAGE(has(read_file(out), time), time);
}

TEST_CASE("bench/micro/run says what is wrong before it measures") {
  const TemporaryDirectory place;
  std::ofstream(place.path() / "other.json") << "{}\n";
  CHECK(has(measure(place.path(), {}).errors, "micro-bench is not there: build it first"));
  CHECK(has(measure(place.path(), {"--runs", "8"}).errors, "fewer than 9 tell nothing"));
  const auto other = place.path() / "other.json";
  CHECK(has(measure(place.path(), {"--compare", other}).errors, "neither a program nor what"));
  CHECK(has(measure(place.path(), {"--compare", "none"}).errors, "none: no such file"));
  CHECK(has(measure(place.path(), {"--out", "/none/new.json"}).errors, "no such folder"));
}

TEST_CASE("bench/micro/run --compare tells what has become slower from what is noise" *
          doctest::skip(std::getenv("PREFGATE_LONG") == nullptr)) {
  const TemporaryDirectory before, after;
  const auto old = before.path() / "old.json";
  REQUIRE(measure(make_stand_in(before), {"--runs", "9", "--out", old}).status == 0);
  std::ofstream(after.path() / "more") << "100";
  const auto done = measure(make_stand_in(after), {"--runs", "9", "--compare", old});
  REQUIRE_MESSAGE(done.status == 0, done.errors);
  CHECK(has(done.errors, "is of another time, and the machine may have changed"));
  CAPTURE(done.output);
  CHECK(has(done.output,
            "chain                 5.0       5.0    +0.0%  1.00000  cannot be told from noise\n"));
  CHECK(has(done.output, "audit                 5.0     105.0 +2000.0%  0.0"));
  CHECK(has(done.output, "  slower: real\n"));
}
