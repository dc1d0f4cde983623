// What tests of the audit's evidence share: a log of records in a folder of the test's own, as the
// gateway would have written it, and small things to do with its files. Tests only; one thread.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "proxy/evidence/audit_tree.hpp"
#include "proxy/evidence/segment_reader.hpp"
#include "tests/support/compress.hpp"
#include "tests/support/draws.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

inline const auto test_key =
    proxy::SigningKey::from_seed(proxy::leaf_hash("a key for tests, known to everybody"));

// Nothing where there is no such file: a short tree has no second level.
inline std::string bytes_of(const std::filesystem::path& file) {
  return std::filesystem::exists(file) ? read_file(file) : std::string();
}

inline std::string record(std::uint64_t seq, std::mt19937& random) {
  return "{\"seq\":" + std::to_string(seq) + R"(,"x":")" +
         std::string(random() % 60, static_cast<char>('a' + random() % 26)) +
         std::to_string(random()) + "\"}";
}

struct Log {
  TemporaryDirectory folder;
  std::vector<std::string> lines;       // without their ends
  std::vector<std::uint64_t> segments;  // the first record of each

  Log() = default;
  // Signed, in segments of as many records.
  Log(std::size_t records, std::size_t in_a_segment, unsigned seed) {
    std::mt19937 random(seed);
    while (lines.size() < records) {
      begin_segment();
      add(std::min(in_a_segment, records - lines.size()), random);
    }
    sign();
  }

  std::filesystem::path directory() const { return folder.path(); }
  std::filesystem::path segment(std::size_t number) const {
    return directory() / proxy::segment_name(segments.at(number));
  }
  std::filesystem::path checkpoint() const { return directory() / "checkpoint"; }

  // Appends `count` records to the last segment, to a new one where there is none.
  void add(std::size_t count, std::mt19937& random) {
    if (segments.empty()) segments.push_back(0);
    std::ofstream out(segment(segments.size() - 1), std::ios::binary | std::ios::app);
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back(record(lines.size(), random));
      out << lines.back() << '\n';
    }
  }
  void begin_segment() {
    segments.push_back(lines.size());
    std::ofstream(segment(segments.size() - 1), std::ios::app);
  }
  // As the gateway's start, and perhaps its end, would: makes what is missing of the evidence.
  void sign(bool closed = true) const {
    proxy::AuditTree tree(directory(), test_key, lines.size());
    if (closed) REQUIRE_FALSE(tree.sign(true));
  }
  proxy::Hash root(std::size_t size) const {
    proxy::CompactRange range;
    for (std::size_t i = 0; i < size; ++i) range.append(proxy::leaf_hash(lines[i]));
    return range.root();
  }
};

}  // namespace tests
