// What tests of the audit writer share: its settings in a folder of the test's own, a record put
// into a ring, and the lines it has left, with their numbers checked. Any thread.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "proxy/audit_writer.hpp"
#include "proxy/evidence/segment_reader.hpp"
#include "proxy/evidence/verify_log.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

using namespace std::chrono_literals;
using proxy::AuditRing;
using proxy::AuditSettings;
using proxy::AuditWriter;

using tests::TemporaryDirectory;

// All lines of all segments, in order.
inline std::vector<std::string> lines_in(const std::filesystem::path& directory) {
  proxy::SegmentReader reader(proxy::list_segments(directory));
  std::vector<std::string> lines;
  while (const auto block = reader.next())
    proxy::for_each_line(block->text, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

// The text behind {"seq":N, of each line; fails the test where the numbers have a gap.
inline std::vector<std::string> bodies_in(const std::filesystem::path& directory) {
  std::vector<std::string> bodies;
  for (const auto& line : lines_in(directory)) {
    const auto prefix = "{\"seq\":" + std::to_string(bodies.size()) + ",";
    REQUIRE(line.substr(0, prefix.size()) == prefix);
    bodies.push_back(line.substr(prefix.size()));
  }
  return bodies;
}

inline void put(AuditRing& ring, const std::string& record) {
  const auto room = record.size() + AuditRing::framing;
  while (!ring.reserve(room)) std::this_thread::yield();
  REQUIRE(ring.commit(room, record));
}

inline AuditSettings settings_for(const TemporaryDirectory& folder) {
  static const auto key = proxy::SigningKey::generate();
  AuditSettings settings{.directory = folder.path() / "audit", .signing_key = key};
  settings.ring_bytes = 64 * 1024;
  settings.round = 1ms;
  return settings;
}

// Fails the test where that takes too long. Leaves the core to whoever has the lowest priority.
inline void wait_until(auto done) {
  const auto end = std::chrono::steady_clock::now() + 120s;
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(1ms);
  }
}

// What `audit verify` finds, a line each.
inline std::string faults_of(const AuditSettings& settings) {
  std::string text;
  for (const auto& fault :
       proxy::verify_log(settings.directory, settings.signing_key.public_key(), std::nullopt, 2)
           .faults)
    text += fault.what + "\n";
  return text;
}

}  // namespace tests
