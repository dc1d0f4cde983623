#include "proxy/evidence/record_proof.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "proxy/evidence/audit_tree.hpp"
#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

// Why the proof is none of what the checkpoint says; empty: it is.
std::string fault_of(const RecordProof& proof, const Checkpoint& checkpoint) {
  if (!verify_inclusion(leaf_hash(proof.record), proof.seq, proof.size, proof.inclusion,
                        proof.root))
    return "the record does not lead to the root of the tree";
  if (!verify_consistency(proof.size, proof.root, checkpoint.size, checkpoint.root,
                          proof.consistency))
    return "the tree is not the beginning of the one that was signed";
  return {};
}

std::string line_of(const std::filesystem::path& directory, std::uint64_t seq) {
  std::string found;
  if (read_records(directory, seq, seq + 1, [&](std::string_view line) { found = line; }) != 1)
    throw std::runtime_error("record " + std::to_string(seq) +
                             (seq < unverified_retention(directory).first
                                  ? " was removed by retention (audit.keep)"
                                  : " is not there"));
  return found;
}

}  // namespace

RecordProof prove_record(const std::filesystem::path& directory, std::uint64_t seq,
                         std::optional<std::uint64_t> size) {
  std::ifstream in(directory / AuditTree::checkpoint_name, std::ios::binary);
  RecordProof proof;
  proof.seq = seq;
  proof.checkpoint.assign(std::istreambuf_iterator<char>(in), {});
  const auto checkpoint = unverified_checkpoint(proof.checkpoint);
  if (!checkpoint)
    throw std::runtime_error(directory.string() + " has no checkpoint that can be read");
  proof.size = size.value_or(checkpoint->size);
  if (proof.size > checkpoint->size || seq >= proof.size)
    throw std::runtime_error(
        "the last checkpoint has " + std::to_string(checkpoint->size) + " records: there is no " +
        (proof.size > checkpoint->size
             ? "tree of " + std::to_string(proof.size)
             : "record " + std::to_string(seq) + " in a tree of " + std::to_string(proof.size)));
  const StoredTree stored(directory, StoredTree::Access::read);
  proof.record = line_of(directory, seq);
  proof.root = root_of(proof.size, stored.nodes());
  proof.inclusion = inclusion_proof(seq, proof.size, stored.nodes());
  proof.consistency = consistency_proof(proof.size, checkpoint->size, stored.nodes());
  if (const auto fault = fault_of(proof, *checkpoint); !fault.empty())
    throw std::runtime_error("record " + std::to_string(seq) + " cannot be proven: " + fault +
                             ". Look with `prefgate audit verify`");
  return proof;
}

CheckedProof check_proof(const RecordProof& proof, const PublicKey& key) {
  const auto opened = open_checkpoint(proof.checkpoint, key);
  if (!opened.checkpoint) return {{}, "the checkpoint " + opened.fault};
  auto fault = fault_of(proof, *opened.checkpoint);
  if (!fault.empty()) return {{}, std::move(fault)};
  return {opened.checkpoint, {}};
}

}  // namespace proxy
