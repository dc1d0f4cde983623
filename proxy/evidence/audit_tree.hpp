// AuditTree: makes the evidence of one audit directory: a leaf for each line of the segments (the
// hash of its exact bytes, without the line end), the nodes over them, and the signed checkpoint.
// Owned by the AuditWriter and called on its thread, after the lines are in their segment; only a
// checkpoint, which waits for the disk, may be another's to sign.
//
// After a crash the stored tree is believed as far as the last checkpoint, if it has its root; the
// rest is made anew from the lines. Records that do not fit the checkpoint are never signed over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/leaf_hasher.hpp"
#include "proxy/evidence/signing_key.hpp"
#include "proxy/evidence/stored_tree.hpp"

namespace proxy {

class AuditTree {
 public:
  static constexpr const char* checkpoint_name = "checkpoint";

  // `records` is how many whole lines the segments hold, torn ones cut. Mends the tree and signs
  // it. Throws std::runtime_error: where the records are not those that were signed, with what to
  // do.
  AuditTree(std::filesystem::path directory, SigningKey key, std::uint64_t records,
            Write write = ::write);

  // What was found amiss and mended at the start, for the log.
  const std::vector<std::string>& notices() const { return notices_; }
  std::uint64_t size() const { return stored_.size(); }

  // Whole lines, each with its end, as a segment has just taken them. Then `write`, which hands
  // their nodes to the files; what they do not take is kept, and `write` is to be called again.
  void append(std::string_view lines);
  std::error_code write() { return stored_.write(); }
  // Why nothing may be signed: a file of the tree was removed or moved away.
  std::error_code missing() const { return stored_.missing(); }
  // Is there a checkpoint? It is not this one's doing where there is none: it has signed.
  bool has_checkpoint() const;
  // Both, for everything appended.
  std::error_code sign(bool closed);

  // Over everything appended.
  Checkpoint checkpoint(bool closed) const;
  // Signs it, once its nodes are written, and leaves it durable. The lines must be. Of a lazy
  // one nothing is made durable: after the machine's end it may be ahead of the lines. Another
  // thread may do it, one at a time, while this one appends and writes.
  std::error_code sign(const Checkpoint& made, Keeping keeping = Keeping::durable);

 private:
  void resume(std::uint64_t records);
  bool stored_fits(const Checkpoint& last) const;
  void take_on(const Checkpoint& last);
  void take_on_retention();
  void read(std::uint64_t last);
  void notice(const std::string& what);

  const std::filesystem::path directory_;
  const SigningKey key_;
  const Write write_;
  StoredTree stored_;
  LeafHasher hasher_;
  std::vector<std::string> notices_;
};

}  // namespace proxy
