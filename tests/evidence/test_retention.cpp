#include "proxy/evidence/compress_segment.hpp"
#include "proxy/evidence/record_proof.hpp"
#include "tests/evidence/month.hpp"

using namespace proxy;
using namespace tests;

TEST_CASE("old segments go, the rest verifies against the same root, and says what is gone") {
  for (int from = 0; from <= 12; ++from) {
    CAPTURE(from);
    const Month log;
    // A segment ends when the next one begins; the open one stays.
    const auto gone = static_cast<std::uint64_t>(std::clamp(from - 1, 0, 9)) * 10;
    CHECK(log.retire(from) == gone);
    CHECK(log.retire(from) == 0);
    const auto verified = log.verify();
    CHECK(log.faults() == "");
    CHECK(verified.records == 100 - gone);
    CHECK(verified.segments == 10 - gone / 10);
    REQUIRE(verified.notes.size() == (gone > 0 ? 1 : 0));
    if (gone > 0)
      CHECK(verified.notes[0] == "the first " + std::to_string(gone) +
                                     " records were removed by retention, as the log's key has "
                                     "signed");
    CHECK(list_segments(log.directory()).front().first_seq == gone);
  }
}

TEST_CASE("retention goes on step by step, and a checkpoint kept from before any of it holds") {
  const Month log;
  const Checkpoint kept{.size = 25, .root = log.root(25), .closed = false};
  const Checkpoint later{.size = 77, .root = log.root(77), .closed = false};
  const Checkpoint other{.size = 25, .root = log.root(26), .closed = false};
  for (int from = 1; from <= 10; ++from) {
    log.retire(from);
    CHECK(log.faults(kept) == "");
    CHECK(log.faults(later) == "");
    CHECK(log.faults(other) != "");
  }
}

TEST_CASE("an open segment and those behind it are let be, however old") {
  const Month log;
  CHECK(log.retire(12, 30) == 30);
  CHECK(log.retire(12, 30) == 0);
}

TEST_CASE("what was removed without the key is told from what retention has removed") {
  const auto removed = [](auto act) {
    const Month log;
    log.retire(4);  // the first thirty
    act(log);
    return log.faults();
  };
  const auto remove = [](const Log& log, std::size_t number) {
    std::filesystem::remove(log.segment(number));
    std::filesystem::remove(log.segment(number).string() + ".zst");
  };
  CHECK(removed([&](const Log& log) { remove(log, 3); }).find("records 30 to 39 were removed") !=
        std::string::npos);
  CHECK(removed([&](const Log& log) { remove(log, 5); }).find("records 50 to 59 were removed") !=
        std::string::npos);
  CHECK(removed([&](const Log& log) { remove(log, 9); }).find("records 90 to 99 are missing") !=
        std::string::npos);
  const auto note = [](const Log& log) { return log.directory() / Retention::file_name; };
  CHECK(removed([&](const Log& log) {
          std::filesystem::remove(note(log));
        }).find("records 0 to 29 were removed") != std::string::npos);
  CHECK(removed([&](const Log& log) {
          auto text = bytes_of(note(log));
          text.replace(text.find("\n30\n"), 4, "\n40\n");
          std::ofstream(note(log), std::ios::binary) << text;
        }).starts_with("retained-from has a signature that is not good: it was altered"));
  // His own key is not the log's.
  CHECK(removed([&](const Log& log) {
          const auto key = SigningKey::generate();
          std::ofstream(note(log), std::ios::binary) << sign_retention({40, log.root(40)}, key);
          remove(log, 3);
        }).starts_with("retained-from is not signed by this key"));
  CHECK(removed([&](const Log& log) {
          std::ofstream(note(log), std::ios::binary) << bytes_of(log.checkpoint());
        }).starts_with("retained-from is signed, but says nothing of retention"));
  CHECK(removed([&](const Log& log) {
          auto tree = bytes_of(log.directory() / "tree-0");
          tree[32 * 29] ^= 1;  // the last of those that are gone
          std::ofstream(log.directory() / "tree-0", std::ios::binary) << tree;
        }).find("the stored tree is damaged: of the 30 records") != std::string::npos);
}

TEST_CASE("what is altered behind removed records is found as ever") {
  const Month log;
  log.retire(4);
  auto text = bytes_of(log.segment(5));
  text.replace(text.find("\"x\":1"), 5, "\"x\":2");
  std::ofstream(log.segment(5), std::ios::binary) << text;
  CHECK(log.faults() ==
        "record 50 was altered: records-000000000050.jsonl:1 is not the line that was signed\n");
  const Month other;
  other.retire(4);
  const auto file = other.segment(6).string() + ".zst";
  auto bytes = bytes_of(file);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
  CHECK(other.faults().find("records-000000000060.jsonl.zst: is damaged") != std::string::npos);
}

TEST_CASE("nothing is removed where the tree does not fit what was signed") {
  const Month log;
  std::ofstream(log.directory() / "tree-0", std::ios::binary) << std::string(32 * 100, 'x');
  CHECK(message_of([&] { log.retire(4); }).find("does not fit the checkpoint") !=
        std::string::npos);
  CHECK(list_segments(log.directory()).size() == 10);
}

TEST_CASE("an end between signing and removing is made good the next time") {
  const Month log;
  const auto first = bytes_of(log.segment(1));
  log.retire(4);
  std::ofstream(log.segment(1), std::ios::binary) << first;
  CHECK(log.faults() == "");  // it is due
  log.retire(4);
  CHECK_FALSE(std::filesystem::exists(log.segment(1)));
}

TEST_CASE("the gateway's next start goes on behind removed records, also with a lost tree or key") {
  const Month log;
  log.retire(4);
  {
    AuditTree tree(log.directory(), test_key, 100);
    CHECK(tree.notices().empty());
    tree.append(dated(100, 11) + "\n");
    REQUIRE_FALSE(tree.sign(true));
  }
  std::ofstream(log.segment(9), std::ios::binary | std::ios::app) << dated(100, 11) << '\n';
  CHECK(log.faults() == "");
  // Of the stored tree what only it knows must be there; the rest is made anew.
  std::filesystem::resize_file(log.directory() / "tree-0", 32 * 50);
  AuditTree(log.directory(), test_key, 101);
  CHECK(log.faults() == "");
  std::filesystem::resize_file(log.directory() / "tree-0", 32 * 10);
  CHECK_THROWS_AS(AuditTree(log.directory(), test_key, 101), std::runtime_error);

  const Month turned;
  turned.retire(4);
  const auto key = SigningKey::generate();
  const AuditTree tree(turned.directory(), key, 100);
  CHECK(tree.notices().size() == 2);
  CHECK(verify_log(turned.directory(), key.public_key(), {}, 1).faults.empty());
}

TEST_CASE("records that are kept are proven as before; of removed ones it is said that they are") {
  const Month log;
  log.retire(4);
  const auto proof = prove_record(log.directory(), 45, std::nullopt);
  CHECK(check_proof(proof, test_key.public_key()).checkpoint.has_value());
  CHECK(message_of([&] { prove_record(log.directory(), 12, std::nullopt); }) ==
        "record 12 was removed by retention (audit.keep)");
}

TEST_CASE("the time of a record is read, and of what is none none") {
  CHECK(time_of(dated(3, 11)) == new_year() + 11 * day);
  CHECK(time_of(R"({"seq":3,"time":"2026-01-01T01:02:03.000004Z"})") ==
        new_year() + std::chrono::hours{1} + std::chrono::minutes{2} + std::chrono::seconds{3} +
            std::chrono::microseconds{4});
  for (const auto* other :
       {"", "{}", R"({"seq":3})", R"({"seq":3,"time":"2026-13-01T01:02:03.000004Z"})",
        R"({"seq":3,"time":"2026-01-01T01:02:03Z"})", R"({"seq":3,"time":"2026-01-01"})",
        R"({"seq":3,"x":1,"time":"2026-01-01T01:02:03.000004Z"})",
        R"({"time":"2026-01-01T01:02:03.000004Z"})"})
    CHECK_FALSE(time_of(other).has_value());
}

TEST_CASE("a segment is compressed to the same lines, and the plain file goes last") {
  const Log log(200, 100, 7);
  const auto text = bytes_of(log.segment(0));
  CHECK_FALSE(compress_segment(log.segment(0), [] { return false; }));
  CHECK(bytes_of(log.segment(0)) == text);
  CHECK(std::filesystem::directory_iterator(log.directory()) !=
        std::filesystem::directory_iterator());
  const auto full = [](int, const char*, std::size_t) -> ssize_t {
    errno = ENOSPC;
    return -1;
  };
  CHECK(message_of([&] {
          compress_segment(log.segment(0), [] { return true; }, full);
        }).find("No space left") != std::string::npos);
  CHECK(mend_compression(log.directory()) == 0);  // nothing was left behind
  CHECK(compress_segment(log.segment(0), [] { return true; }));
  CHECK_FALSE(std::filesystem::exists(log.segment(0)));
  const auto compressed = log.segment(0).string() + ".zst";
  CHECK(std::filesystem::file_size(compressed) < text.size());
  CHECK(mode_of(compressed) == 0600);
  CHECK(verify_log(log.directory(), test_key.public_key(), {}, 1).faults.empty());
  // An end between the two.
  std::ofstream(log.segment(0), std::ios::binary) << text;
  CHECK(mend_compression(log.directory()) == 1);
  CHECK_FALSE(std::filesystem::exists(compressed));
  CHECK(bytes_of(log.segment(0)) == text);
}

// ---- Former bugs.

TEST_CASE("on an idle gateway the last segment with records goes, too") {
  const Month log;
  log.retire(4);
  log.folder.write(segment_name(100), "");
  CHECK(log.retire(9, 100) == 50);  // ended on the tenth: the records say so
  CHECK(log.retire(10, 100) == 20);
  CHECK(list_segments(log.directory()).size() == 1);
  CHECK(log.faults() == "");
  CHECK(log.verify().records == 0);
}

// A backup by `cp -al`, and `audit query` in the middle of it.
TEST_CASE("who has linked or opened a segment keeps all of it when it is compressed") {
  const Log log(200, 100, 7);
  const auto text = bytes_of(log.segment(0));
  const auto backup = log.directory() / "backup";
  std::filesystem::create_hard_link(log.segment(0), backup);
  std::ifstream reader(log.segment(0), std::ios::binary);
  CHECK(compress_segment(log.segment(0), [] { return true; }));
  CHECK_FALSE(std::filesystem::exists(log.segment(0)));
  CHECK(bytes_of(backup) == text);
  CHECK(std::string(std::istreambuf_iterator<char>(reader), {}) == text);
}
