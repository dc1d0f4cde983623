// StoredTree: the complete nodes of the audit's Merkle tree on disk, so that no proof needs to read
// the records. `tree-0` is the hash of each record, 32 bytes each; `tree-1` the node over each 256
// of those, and so on: the tiles of C2SP's tlog-tiles, one behind the other. Append-only; nothing
// in it is to be believed but against a signed root. Owned by AuditTree, which writes it, or by one
// who reads; one thread, but that `sync` may be another's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "proxy/evidence/durable_file.hpp"
#include "proxy/evidence/merkle.hpp"

namespace proxy {

class StoredTree {
 public:
  static constexpr unsigned tile_height = 8;  // a level lies that much above the one before
  static constexpr std::size_t levels = 8;    // enough for any 64-bit number of records
  enum class Access : std::uint8_t { read, append };

  // Throws std::runtime_error naming the file, but not where there is none.
  StoredTree(std::filesystem::path directory, Access access, Write write = ::write,
             Sync sync = ::fdatasync);

  // What the files hold of a level: the nodes [first, first + count), fewer where they end before.
  std::vector<Hash> read(std::size_t level, std::uint64_t first, std::size_t count) const;
  // Throws std::runtime_error where the files do not have what it is made of.
  Hash node(unsigned height, std::uint64_t index) const;
  NodeAt nodes() const {
    return [this](unsigned height, std::uint64_t index) { return node(height, index); };
  }
  std::uint64_t stored() const;  // records whose hashes are in `tree-0`

  // ---- For the one who writes.
  // Forgets everything beyond the first `size` records. Throws std::runtime_error where the files
  // do not hold that many, or cannot be cut.
  void cut(std::uint64_t size);
  // In memory, until `write`.
  void append(const Hash& leaf);
  std::uint64_t size() const { return range_.size(); }
  Hash root() const { return range_.root(); }
  // Hands everything to the files. After an error what they did not take is kept, and tried again.
  std::error_code write();
  // Why nothing may be signed: a file was removed or moved away, errc::no_such_file_or_directory.
  std::error_code missing() const;
  // Makes what the files have durable. After an error it begins anew with all they were given since
  // it last worked. Another thread may do it, one at a time; what is handed to the files meanwhile
  // is for the next.
  std::error_code sync();

 private:
  struct Level {
    Descriptor file;
    std::string pending;
    std::atomic<bool> unsynced{false};  // set behind what is written, as is new_names_
    // Of whoever syncs:
    std::size_t durable = 0;  // bytes
    bool sync_failed = false;
  };

  std::filesystem::path file_of(std::size_t level) const;
  std::error_code open_to_append(std::size_t level);
  std::error_code write(std::size_t level);
  std::error_code sync(std::size_t level);
  std::error_code make_durable(std::size_t level);

  const std::filesystem::path directory_;
  const Write write_;
  const Sync sync_;
  std::array<Level, levels> levels_;
  CompactRange range_;
  std::atomic<bool> new_names_{false};  // files made and not yet durable in their folder
};

}  // namespace proxy
