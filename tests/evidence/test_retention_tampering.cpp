// What is done to a log of which retention has removed the beginning: what is signed of that is
// held against everything else.
#include "tests/evidence/month.hpp"

using namespace proxy;
using namespace tests;

// ---- Former bugs.

TEST_CASE("a checkpoint from before the retention note is found, whatever records are there") {
  for (const bool emptied : {true, false}) {
    CAPTURE(emptied);
    const Month log;
    log.retire(4);
    if (emptied)
      for (const auto& segment : list_segments(log.directory()))
        std::filesystem::remove(segment.file);
    const auto old = sign_checkpoint({.size = 20, .root = log.root(20)}, test_key);
    std::ofstream(log.checkpoint(), std::ios::binary) << old;
    CHECK(log.faults() ==
          "the checkpoint and retained-from contradict each other: the one signs 20 records, the "
          "other that the first 30 were signed and then removed. The checkpoint is older, which no "
          "gateway leaves: it was put back, and what it does not sign may be lost\n");
    // Nor does a gateway cut the tree to it.
    CHECK(message_of([&] {
            AuditTree(log.directory(), test_key, 100);
          }).find("retained-from says that the first 30 were signed") != std::string::npos);
    CHECK(std::filesystem::file_size(log.directory() / "tree-0") == 32 * 100);
  }
}

TEST_CASE(
    "records put where retention has removed them are found; those that were there are said") {
  const auto fault_of = [](const std::string& name, const std::string& text) {
    const Month log;
    log.retire(4);
    log.folder.write(name, text);
    return log.faults();
  };
  const auto forged = dated(5, 2);
  CHECK(fault_of(segment_name(5), forged + "\n") ==
        "records-000000000005.jsonl stands where retention has removed the records, and its line 1 "
        "is not the record 5 that was signed: it was put there\n");
  CHECK(fault_of(segment_name(29), dated(29, 2) + "\n" + dated(30, 3) + "\n")
            .find("its line 2 is not the record 30") != std::string::npos);
  CHECK(fault_of(segment_name(5), dated(5, 0)).find("its line 1 is not") != std::string::npos);
  CHECK(fault_of(segment_name(5) + ".zst", "no frame").find("is damaged") != std::string::npos);

  const Month log;
  log.retire(4);
  log.folder.write(segment_name(5), dated(5, 0) + "\n" + dated(6, 0) + "\n");
  CHECK(log.faults() == "");
  CHECK(log.verify().notes[0].starts_with(
      "records-000000000005.jsonl is still there, with 2 records that retention removes"));
  CHECK(log.verify().records == 70);

  // Whoever makes the stored tree fit his records does not have its root.
  const Month other;
  other.retire(4);
  other.folder.write(segment_name(5), forged + "\n");
  auto tree = bytes_of(other.directory() / "tree-0");
  std::ranges::copy(leaf_hash(forged), tree.begin() + 32 * 5);
  std::ofstream(other.directory() / "tree-0", std::ios::binary) << tree;
  CHECK(other.faults().find("records-000000000005.jsonl stands where retention has removed the "
                            "records, and the stored tree, which is damaged, cannot tell") !=
        std::string::npos);
}

TEST_CASE("a stored tree that lost the removed records is named, and not the records") {
  for (const bool gone : {true, false}) {
    const Month log;
    log.retire(4);
    const auto file = log.directory() / "tree-0";
    auto tree = bytes_of(file);
    tree.replace(64, 64, 64, 'x');
    if (gone)
      std::filesystem::remove(file);
    else
      std::ofstream(file, std::ios::binary) << tree;
    CHECK(
        log.faults().starts_with("the stored tree is damaged: of the 30 records that retention "
                                 "has removed it does not have what was signed"));
    CHECK(log.verify().faults.size() == 1);
    CHECK(log.verify().records == 70);
  }
}

TEST_CASE("where the stored tree alone knows records, nobody is told to move it away") {
  const Month log;
  log.retire(4);
  auto tree = bytes_of(log.directory() / "tree-0");
  tree[32 * 40] ^= 1;
  std::ofstream(log.directory() / "tree-0", std::ios::binary) << tree;
  CHECK(log.faults() ==
        "tree-0 is damaged at its entry 40; the records are those that were signed. Leave the "
        "tree-* files where they are: of removed records nothing else is left\n");
}
