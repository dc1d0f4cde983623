// Since a checkpoint kept elsewhere: what lies before it is not read, and yet bound to what it
// signs.
#include "tests/evidence/month.hpp"
#include "tests/evidence/verify.hpp"

using namespace proxy;
using namespace tests;

namespace {

VerifiedLog verify_since(const Log& log, const Checkpoint& kept) {
  return verify_log(log.directory(), test_key.public_key(), kept, 2, Extent::since_kept);
}

Checkpoint kept_at(const Log& log, std::size_t size) {
  return {.size = size, .root = log.root(size), .closed = false};
}

// Alters one record in its segment.
void alter(const Log& log, std::size_t record) {
  std::size_t number = 0;
  while (number + 1 < log.segments.size() && log.segments[number + 1] <= record) ++number;
  auto text = read_file(log.segment(number));
  text[text.find(log.lines[record]) + 12] ^= 1;
  overwrite(log.segment(number), text);
}

}  // namespace

TEST_CASE("segments that lie wholly before the checkpoint are not read, all others are") {
  struct Case {
    std::size_t kept;
    std::size_t unread;  // segments
  };
  for (const auto& [kept, unread] :
       {Case{0, 0}, Case{99, 0}, Case{100, 1}, Case{101, 1}, Case{250, 2}, Case{299, 2},
        Case{300, 3}, Case{399, 3}, Case{400, 3}}) {
    CAPTURE(kept);
    const Log log(400, 100, 1);
    for (std::size_t i = 0; i < unread; ++i) overwrite(log.segment(i), "not to be read");
    const auto verified = verify_since(log, kept_at(log, kept));
    CHECK(faults_of(verified) == "");
    CHECK(verified.records == 400 - 100 * unread);
    CHECK(verified.segments == 4 - unread);
    REQUIRE(verified.notes.size() == (unread > 0 ? 1 : 0));
    if (unread > 0)
      CHECK(verified.notes[0].starts_with(
          "records 0 to " + std::to_string(100 * unread - 1) + ", in " + std::to_string(unread) +
          (unread == 1 ? " segment" : " segments") + ", were not read: their hashes"));
    // And what is read is verified.
    alter(log, 100 * unread);
    CHECK(faults_of(verify_since(log, kept_at(log, kept)))
              .starts_with(std::to_string(100 * unread) + ": record "));
  }
}

TEST_CASE("a stored tree that does not have what the checkpoint signs stands for nothing") {
  const Log log(1000, 300, 2);
  const auto kept = kept_at(log, 700);
  const auto good = read_file(log.directory() / "tree-1");
  auto bad = good;
  bad[40] ^= 1;
  overwrite(log.directory() / "tree-1", bad);
  CHECK(faults_of(verify_since(log, kept))
            .starts_with("?: records 0 to 599, in 2 segments, were not read, and the stored tree "
                         "does not have what the checkpoint kept elsewhere signs of them"));
  overwrite(log.directory() / "tree-1", "");
  CHECK(faults_of(verify_since(log, kept)).find("does not have what") != std::string::npos);
  overwrite(log.directory() / "tree-1", good);
  CHECK(faults_of(verify_since(log, kept)) == "");
}

TEST_CASE("a log that was rewritten before the checkpoint, and signed anew, is found unread") {
  const Log log(400, 100, 3);
  const auto kept = kept_at(log, 350);
  alter(log, 20);
  for (const auto* name : {"checkpoint", "tree-0", "tree-1"})
    std::filesystem::remove(log.directory() / name);
  log.sign();
  CHECK(faults_of(log) == "");
  CHECK(faults_of(verify_since(log, kept)).find("or the log was rewritten") != std::string::npos);
}

TEST_CASE("a log that was cut below the checkpoint has lost its end") {
  const Log log(400, 100, 4);
  const auto kept = kept_at(log, 350);
  std::filesystem::remove(log.segment(3));
  for (const auto* name : {"checkpoint", "tree-0", "tree-1"})
    std::filesystem::remove(log.directory() / name);
  {
    const AuditTree tree(log.directory(), test_key, 300);
  }
  const auto faults = faults_of(verify_since(log, kept));
  CHECK(faults.find("300: records were lost from the end: the checkpoint kept elsewhere has 350") !=
        std::string::npos);
  CHECK(faults.find("?: records 0 to 199, in 2 segments, were not read") == 0);
}

TEST_CASE(
    "where retention has removed the beginning, what is left before the checkpoint is unread") {
  const Month month;
  REQUIRE(month.retire(5) == 40);
  const auto since = [&](std::size_t size) { return verify_since(month, kept_at(month, size)); };
  CHECK(faults_of(since(65)) == "");
  CHECK(since(65).records == 40);
  REQUIRE(since(65).notes.size() == 2);
  CHECK(since(65).notes[0].starts_with("the first 40 records were removed by retention"));
  CHECK(since(65).notes[1].starts_with("records 40 to 59, in 2 segments, were not read"));
  CHECK(since(35).notes.size() == 1);  // from before what is kept: everything is read
  CHECK(since(35).records == 60);
}
