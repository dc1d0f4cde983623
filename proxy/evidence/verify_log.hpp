// verify_log: is the audit directory what the gateway wrote and signed? Reads everything, changes
// nothing, needs the public key alone. Names each record that is not as it was signed, and what
// became of it. Works on a directory that a gateway is writing to, and on a copy of one. For
// commands: it blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/signing_key.hpp"

namespace proxy {

struct LogFault {
  std::optional<std::uint64_t> seq;  // the first record concerned, where that can be told
  std::string what;                  // a sentence, with segment and line
};

struct VerifiedLog {
  std::uint64_t records = 0;             // whole lines there are, without removed ones
  std::size_t segments = 0;              // files
  std::optional<Checkpoint> checkpoint;  // the directory's own, if the key has signed it
  std::vector<LogFault> faults;          // none: everything signed is there, unaltered
  std::vector<std::string> notes;        // what is no fault and yet worth saying
};

// How much of the log is read. `since_kept`: not the segments that lie wholly before the checkpoint
// kept elsewhere; that the stored tree still has what it signs is proven, and stands for them.
enum class Extent : std::uint8_t { everything, since_kept };

// `kept` is a checkpoint of this log that was kept elsewhere: it finds records that are lost from
// the end, and a log that was rewritten and signed anew. Throws std::runtime_error where a file
// cannot be read.
VerifiedLog verify_log(const std::filesystem::path& directory, const PublicKey& key,
                       const std::optional<Checkpoint>& kept, unsigned threads,
                       Extent extent = Extent::everything);

}  // namespace proxy
