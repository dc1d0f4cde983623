#include "proxy/query/follow_audit.hpp"

#include <doctest/doctest.h>

#include "tests/support/audit_log.hpp"
#include "tests/support/compress.hpp"

using namespace proxy;
using namespace tests;

namespace {

// What comes of a look, with the place of each piece: "file:lines before|text".
struct Following {
  AuditFollower follower;

  explicit Following(const std::filesystem::path& directory) : follower(directory) {}
  std::string look() {
    std::string seen;
    follower.poll([&](std::string_view lines, const auto& file, std::uint64_t before) {
      seen += file.filename().string() + ":" + std::to_string(before) + "|" + std::string(lines);
    });
    return seen;
  }
};

const std::string first = segment_name(0);

}  // namespace

TEST_CASE("it begins with the last segment, and goes on with what comes, each line once") {
  AuditLog log;
  log.add_bytes("a\n");
  log.begin_segment();
  log.add_line("skip the number of this one");
  log.begin_segment();
  log.add_bytes("b\nc\n");
  Following following(log.directory());
  const auto name = segment_name(1);
  CHECK(log.segment().filename() == name);
  CHECK(following.look() == name + ":0|b\nc\n");
  CHECK(following.follower.first_seq() == 1);
  CHECK(following.look().empty());
  log.add_bytes("d\n");
  CHECK(following.look() == name + ":2|d\n");
  CHECK(following.look().empty());
}

TEST_CASE("a torn line waits for its end, and is forgotten where a restart cuts it") {
  AuditLog log;
  log.add_bytes("a\nb");
  Following following(log.directory());
  CHECK(following.look() == first + ":0|a\n");
  log.add_bytes("b");
  CHECK(following.look().empty());
  log.add_bytes("b\nc");
  CHECK(following.look() == first + ":1|bbb\n");
  std::filesystem::resize_file(log.segment(), 6);
  log.add_bytes("longer than what was cut\n");
  CHECK(following.look() == first + ":2|longer than what was cut\n");
}

TEST_CASE("it follows rotation: first what is left of the old segments, then the new one") {
  AuditLog log;
  log.add_line("a");
  Following following(log.directory());
  CHECK(following.look() == first + ":0|a\n");
  log.add_line("b");
  log.begin_segment();
  log.add_line("c");
  log.begin_segment();
  log.add_line("d");
  CHECK(following.look() ==
        first + ":1|b\n" + segment_name(2) + ":0|c\n" + segment_name(3) + ":0|d\n");
  log.add_line("e");
  CHECK(following.look() == segment_name(3) + ":1|e\n");
}

TEST_CASE("segments that are compressed or removed behind its back lose nothing") {
  AuditLog log;
  log.add_line("a");
  Following following(log.directory());
  CHECK(following.look() == first + ":0|a\n");
  log.add_line("b");
  compress(log.segment());  // it is open still
  log.begin_segment();
  log.add_line("c");
  compress(log.segment());
  const auto second = segment_name(2);
  CHECK(following.look() == first + ":1|b\n" + second + ".zst:0|c\n");
  CHECK(following.look().empty());
  log.begin_segment();
  log.add_line("d");
  std::filesystem::remove(log.directory() / (first + ".zst"));
  CHECK(following.look() == segment_name(3) + ":0|d\n");
}

TEST_CASE("a log that is compressed to its end is read, and followed") {
  AuditLog log;
  log.add_line("a");
  compress(log.segment());
  Following following(log.directory());
  CHECK(following.look() == first + ".zst:0|a\n");
  CHECK(following.look().empty());
  log.begin_segment();
  log.add_line("b");
  CHECK(following.look() == segment_name(1) + ":0|b\n");
}

TEST_CASE("neither the directory nor a segment need be there yet") {
  const TemporaryDirectory folder;
  const auto directory = folder.path() / "audit";
  Following following(directory);
  CHECK(following.look().empty());
  std::filesystem::create_directory(directory);
  CHECK(following.look().empty());
  CHECK_FALSE(following.follower.first_seq());
  (void)folder.write("audit/" + first, "");
  CHECK(following.look().empty());
  CHECK(following.follower.first_seq() == 0);
  (void)folder.write("audit/" + first, "a\n");
  CHECK(following.look() == first + ":0|a\n");
}

TEST_CASE("many lines come in pieces of whole lines") {
  AuditLog log;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(1000, static_cast<char>('a' + i % 26)) + "\n";
  log.add_bytes(text);
  AuditFollower follower(log.directory());
  std::string seen;
  std::uint64_t lines = 0;
  std::size_t pieces = 0;
  follower.poll([&](std::string_view piece, const auto&, std::uint64_t before) {
    CHECK(piece.ends_with('\n'));
    CHECK(before == lines);
    lines += piece.size() / 1001;
    seen += piece;
    ++pieces;
  });
  CHECK(seen == text);
  CHECK(pieces > 1);
}

TEST_CASE("records that are taken away again are an error with the file's name") {
  AuditLog log;
  log.add_bytes("a\nb\n");
  Following following(log.directory());
  CHECK_FALSE(following.look().empty());
  std::filesystem::resize_file(log.segment(), 2);
  const auto fault = message_of([&] { following.look(); });
  CHECK(fault.find(log.segment().string() + ": has become shorter") != std::string::npos);
}
