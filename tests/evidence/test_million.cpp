// The size that an auditor meets: under PREFGATE_LONG a million records, on all cores; else as many
// as take no time.
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/evidence/verify.hpp"

using namespace proxy;
using namespace tests;

TEST_CASE("a million records verify on all cores, and of those that are altered each is named") {
  const std::size_t records = std::getenv("PREFGATE_LONG") != nullptr ? 1'000'000 : 30'000;
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const Log log(records, records / 7, 20261124);
  const auto began = std::chrono::steady_clock::now();
  const auto good = verify(log, {}, cores);
  const auto took = std::chrono::steady_clock::now() - began;
  MESSAGE(records, " records in ",
          std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), " ms");
  CHECK(faults_of(good) == "");
  CHECK(good.records == records);

  std::string said;
  for (std::size_t segment = 0; segment < log.segments.size(); ++segment) {
    const auto seq = log.segments[segment] + segment * 1000;
    auto text = read_file(log.segment(segment));
    text[text.find(log.lines[seq]) + 12] ^= 1;
    overwrite(log.segment(segment), text);
    said += std::to_string(seq) + ": record " + std::to_string(seq) +
            " was altered: " + segment_name(log.segments[segment]) + ":" +
            std::to_string(segment * 1000 + 1) + " is not the line that was signed\n";
    if (segment == 3) break;  // the last ones may be short
  }
  CHECK(faults_of(verify(log, {}, cores)) == said);
}
