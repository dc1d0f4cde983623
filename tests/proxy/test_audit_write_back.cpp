#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "proxy/audit_segments.hpp"
#include "tests/support/temporary_directory.hpp"

using proxy::AuditSegments;
using tests::TemporaryDirectory;

TEST_CASE("the disk begins to take what is appended, each whole piece once, in every segment") {
  const TemporaryDirectory folder;
  std::string asked;
  AuditSegments segments(folder.path(), ::write, ::fdatasync,
                         [&](int, std::size_t begin, std::size_t bytes) {
                           asked += std::to_string(begin) + "+" + std::to_string(bytes) + " ";
                         });
  const auto append = [&](std::size_t kib) {
    std::error_code error;
    CHECK(segments.append(std::string(kib * 1024 - 1, 'x') + "\n", error) == kib * 1024);
  };
  append(1023);
  CHECK(asked.empty());
  append(2);
  append(400);
  append(2800);
  CHECK(asked == "0+1048576 1048576+3145728 ");
  CHECK_FALSE(segments.rotate(1));
  append(1200);
  CHECK(asked == "0+1048576 1048576+3145728 0+1048576 ");
}

TEST_CASE("what was there at the start is durable, and not begun again") {
  const TemporaryDirectory folder;
  const auto line = "{\"seq\":0,\"x\":\"" + std::string(1'200'000, 'x') + "\"}\n";
  std::ofstream(folder.path() / "records-000000000000.jsonl") << line;
  std::size_t begun_at = 0;
  AuditSegments segments(folder.path(), ::write, ::fdatasync,
                         [&](int, std::size_t begin, std::size_t) { begun_at = begin; });
  std::error_code error;
  segments.append(line, error);
  CHECK(begun_at == line.size());
}
