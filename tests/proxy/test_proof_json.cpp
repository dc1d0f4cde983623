#include "proxy/proof_json.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "proxy/evidence/merkle.hpp"

namespace {

using namespace proxy;

const RecordProof proof{.seq = 7,
                        .record = "{\"seq\":7,\"x\":\"\\\"\\u0001 \xC3\xA9\"}",
                        .size = ~std::uint64_t{0},
                        .root = leaf_hash("root"),
                        .inclusion = {leaf_hash("a"), leaf_hash("b")},
                        .consistency = {},
                        .checkpoint = "name\n1\n\n— name x\n"};

std::string fault_of(const std::string& text) {
  try {
    proof_from_json(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text = to_json(proof);
  const auto at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a proof comes back as it was written") {
  const auto back = proof_from_json(to_json(proof));
  CHECK(back.seq == proof.seq);
  CHECK(back.record == proof.record);
  CHECK(back.size == proof.size);
  CHECK(back.root == proof.root);
  CHECK(back.inclusion == proof.inclusion);
  CHECK(back.consistency == proof.consistency);
  CHECK(back.checkpoint == proof.checkpoint);
}

TEST_CASE("what is not just such a proof is refused, with the reason") {
  CHECK(fault_of("").starts_with("is no proof: at byte 0: The document is empty"));
  CHECK(fault_of("[]") == "is no proof: it is not an object");
  CHECK(fault_of("{}") == "is no proof: `format` is missing");
  CHECK(fault_of(to_json(proof) + "x").starts_with("is no proof: at byte"));
  CHECK(fault_of(std::string(100'000, '[')).starts_with("is no proof: at byte"));
  CHECK(fault_of(replaced("proof/1", "proof/2")) ==
        "is no proof: its format is not prefgate-audit-proof/1");
  CHECK(fault_of(replaced(": 7", ": -7")) == "is no proof: `seq` is not a whole number");
  CHECK(fault_of(replaced(": 7", ": 7.5")) == "is no proof: `seq` is not a whole number");
  CHECK(fault_of(replaced(": 7", ": \"7\"")) == "is no proof: `seq` is not a whole number");
  CHECK(fault_of(replaced("\"consistency\": []", "\"consistency\": {}")) ==
        "is no proof: `consistency` is not a list");
  CHECK(fault_of(replaced("\"consistency\": []", "\"consistency\": [\"AAAA\"]")) ==
        "is no proof: `consistency` is not 32 bytes in base64");
  CHECK(fault_of(replaced("\"root\": \"", "\"root\": \"!")) ==
        "is no proof: `root` is not 32 bytes in base64");
  CHECK(fault_of(replaced("\"record\":", "\"other\":")) == "is no proof: `record` is missing");
  CHECK(fault_of(replaced("{", "{\"more\": 1,")) ==
        "is no proof: it has members that do not belong there");
  CHECK(fault_of(replaced("{", "{\"seq\": 8,")) ==
        "is no proof: it has members that do not belong there");
}
