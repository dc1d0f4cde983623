#include "proxy/evidence/record_proof.hpp"

#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

namespace {

std::string fault_of(const RecordProof& proof) {
  const auto checked = check_proof(proof, test_key.public_key());
  CHECK(checked.checkpoint.has_value() == checked.fault.empty());
  return checked.fault;
}

}  // namespace

TEST_CASE("every record has a proof that needs nothing of the log but its public key") {
  for (const auto size : {1U, 2U, 255U, 300U}) {
    const Log log(size, 100, size);
    for (std::uint64_t seq = 0; seq < size; seq += 7) {
      const auto proof = prove_record(log.directory(), seq, {});
      REQUIRE(proof.record == log.lines[seq]);
      REQUIRE(proof.size == size);
      REQUIRE(proof.consistency.empty());
      REQUIRE(fault_of(proof) == "");
      REQUIRE(check_proof(proof, test_key.public_key()).checkpoint->root == log.root(size));
    }
  }
}

TEST_CASE("a proof to an earlier tree shows that this tree is the beginning of the signed one") {
  const Log log(300, 100, 1);
  for (std::uint64_t size = 1; size <= 300; size += 13)
    for (std::uint64_t seq = 0; seq < size; seq += 31) {
      const auto proof = prove_record(log.directory(), seq, size);
      REQUIRE(proof.root == log.root(size));
      REQUIRE(fault_of(proof) == "");
    }
}

TEST_CASE("a proof with anything changed in it shows nothing") {
  const Log log(300, 100, 2);
  const auto good = prove_record(log.directory(), 123, 250);
  REQUIRE(fault_of(good) == "");
  struct Case {
    const char* what;
    void (*change)(RecordProof&);
    std::string fault;
  };
  const std::string no_record = "the record does not lead to the root of the tree";
  const std::string no_tree = "the tree is not the beginning of the one that was signed";
  const Case cases[] = {
      {"record", [](auto& proof) { proof.record[20] ^= 1; }, no_record},
      {"number", [](auto& proof) { ++proof.seq; }, no_record},
      {"size", [](auto& proof) { ++proof.size; }, no_tree},  // the path is the same
      {"small size", [](auto& proof) { proof.size = 124; }, no_record},
      {"root", [](auto& proof) { proof.root[0] ^= 1; }, no_record},
      {"path", [](auto& proof) { proof.inclusion[3][0] ^= 1; }, no_record},
      {"shorter path", [](auto& proof) { proof.inclusion.pop_back(); }, no_record},
      {"consistency", [](auto& proof) { proof.consistency[0][0] ^= 1; }, no_tree},
      {"no consistency", [](auto& proof) { proof.consistency.clear(); }, no_tree},
      {"checkpoint", [](auto& proof) { proof.checkpoint[0] ^= 1; },
       "the checkpoint has a signature that is not good: it was altered"},
      {"no checkpoint", [](auto& proof) { proof.checkpoint.clear(); },
       "the checkpoint is not a signed note"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto proof = good;
    c.change(proof);
    CHECK(fault_of(proof) == c.fault);
  }
  CHECK(
      check_proof(good, SigningKey::generate().public_key()).fault.find("not signed by this key") !=
      std::string::npos);
}

TEST_CASE("what cannot be proven is said, with the reason") {
  std::mt19937 random(3);
  Log log(10, 10, 3);
  const auto reason = [&](std::uint64_t seq, std::optional<std::uint64_t> size = {}) {
    return message_of([&] { prove_record(log.directory(), seq, size); });
  };
  CHECK(reason(10) == "the last checkpoint has 10 records: there is no record 10 in a tree of 10");
  CHECK(reason(5, 5) == "the last checkpoint has 10 records: there is no record 5 in a tree of 5");
  CHECK(reason(5, 11) == "the last checkpoint has 10 records: there is no tree of 11");
  CHECK(reason(0, 0) == "the last checkpoint has 10 records: there is no record 0 in a tree of 0");
  auto text = read_file(log.segment(0));
  text[text.find("\"x\"") + 1] = 'y';
  log.folder.write(segment_name(0), text);
  CHECK(reason(0).starts_with("record 0 cannot be proven: the record does not lead"));
  CHECK(reason(1) == "");
  std::filesystem::remove(log.segment(0));
  CHECK(reason(1) == "record 1 is not there");
  std::filesystem::remove(log.directory() / "tree-0");
  CHECK(reason(1).find("record 1 is not there") != std::string::npos);
  std::filesystem::remove(log.checkpoint());
  CHECK(reason(1).find("no checkpoint that can be read") != std::string::npos);
}
