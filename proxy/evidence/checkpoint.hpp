// Checkpoint: what the log's key signs of its tree, as C2SP's tlog-checkpoint has it:
//
//     prefgate/0123456789abcdef          the log's name, made of its key
//     1042                               how many records
//     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=        the root over them
//     closed                             where the gateway has stopped; else there is no such line
//
// `closed` is an extension line: it lets a verifier tell records that the gateway was still to sign
// from such as were put behind its last one. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/evidence/sha256.hpp"
#include "proxy/evidence/signing_key.hpp"

namespace proxy {

struct Checkpoint {
  std::uint64_t size = 0;
  Hash root{};
  bool closed = false;

  bool operator==(const Checkpoint&) const = default;
};

// The text that is signed, of the log of that name; and back: strict, the one spelling.
std::string checkpoint_text(const Checkpoint& checkpoint, std::string_view name);
std::optional<Checkpoint> parse_checkpoint(std::string_view text);
std::string sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key);

// A checkpoint, or why there is none: "is not signed by this key, ..."; without a file's name.
struct OpenedCheckpoint {
  std::optional<Checkpoint> checkpoint;
  std::string fault;
};
// Strict: the one spelling that `sign_checkpoint` gives, signed by this key, and perhaps by others.
OpenedCheckpoint open_checkpoint(std::string_view note, const PublicKey& key);
// What it says, signed or not: for who has no key.
std::optional<Checkpoint> unverified_checkpoint(std::string_view note);

}  // namespace proxy
