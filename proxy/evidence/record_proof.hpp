// RecordProof: that one record is in the log, for someone who has the log's public key and nothing
// else of it: the record, its path to the root of a tree, and the signed checkpoint which that tree
// is, or begins. Made from the stored tree without reading the other records. Values; for commands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/signing_key.hpp"

namespace proxy {

struct RecordProof {
  std::uint64_t seq = 0;
  std::string record;             // the line's exact bytes, without its end
  std::uint64_t size = 0;         // of the tree it is shown to be in
  Hash root{};                    // of that tree
  std::vector<Hash> inclusion;    // RFC 9162 section 2.1.3
  std::vector<Hash> consistency;  // section 2.1.4: from that tree to the checkpoint's
  std::string checkpoint;         // the signed note
};

// In the tree of the directory's checkpoint, or of the first `size` records, such as an earlier
// checkpoint may have had. Throws std::runtime_error that says what is in the way.
RecordProof prove_record(const std::filesystem::path& directory, std::uint64_t seq,
                         std::optional<std::uint64_t> size);

// What a proof has shown, or why it shows nothing.
struct CheckedProof {
  std::optional<Checkpoint> checkpoint;
  std::string fault;
};
CheckedProof check_proof(const RecordProof& proof, const PublicKey& key);

}  // namespace proxy
