// Retention: what a log says of its beginning that is not there any more, because the operator
// keeps records for a time only (`audit.keep`). A signed note beside the checkpoint, so that nobody
// without the log's key can pass off records he removed for such:
//
//     retained-from
//     prefgate/0123456789abcdef          the log's name
//     120000                             the first record that is kept
//     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=        the root over those before it
//
// The stored tree stays whole, so that what is left still leads to the signed root. For the audit
// writer's side and for commands: it blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/evidence/merkle.hpp"
#include "proxy/evidence/signing_key.hpp"

namespace proxy {

struct Retention {
  static constexpr const char* file_name = "retained-from";

  std::uint64_t first = 0;
  Hash root{};

  bool operator==(const Retention&) const = default;
};

std::string sign_retention(const Retention& retention, const SigningKey& key);

// The note of a directory, or why it is not to be believed: "is not signed by this key, ...".
struct OpenedRetention {
  std::optional<Retention> retention;  // none, and no fault: everything is kept
  std::string fault;
  std::optional<Retention> unverified;  // what it says, whoever signed it
};
OpenedRetention open_retention(const std::filesystem::path& directory, const PublicKey& key);
// Without a key; where it cannot be read, everything is kept.
Retention unverified_retention(const std::filesystem::path& directory);

// Removes the segments whose last record is from before `oldest`, none from `open` on, and signs
// that first. Returns how many records went. Throws std::runtime_error where what is to go is not
// what was signed, or cannot be removed: then everything that is still there is evidence.
std::uint64_t retire_segments(const std::filesystem::path& directory, const SigningKey& key,
                              std::chrono::system_clock::time_point oldest, std::uint64_t open);

}  // namespace proxy
