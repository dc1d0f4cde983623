// AuditFollower: the lines that come to an audit, from the beginning of its last segment on,
// through rotation, compression and restarts. A line is handed out once it is whole; it holds no
// lock and disturbs nobody. For `audit tail`, on its thread: it reads, and never waits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "proxy/evidence/segment_reader.hpp"

namespace proxy {

class AuditFollower {
 public:
  // Whole lines that follow each other, each with its end; the file, and how many lines of it stand
  // before them.
  using Take = std::function<void(std::string_view lines, const std::filesystem::path& file,
                                  std::uint64_t before)>;

  // `directory` need not be there yet.
  explicit AuditFollower(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // All that is new. Throws std::runtime_error naming a file that cannot be read, or that has
  // become shorter than what was read of it.
  void poll(const Take& take);
  // The segment that it began with.
  std::optional<std::uint64_t> first_seq() const { return first_seq_; }

 private:
  void begin(const Segment& segment);
  void read(const Take& take);
  void read_compressed(const Take& take);

  const std::filesystem::path directory_;
  std::optional<std::uint64_t> first_seq_;
  std::optional<Segment> segment_;  // that is read now
  Descriptor file_;                 // of it; none: it was compressed, and is read to its end
  std::uint64_t offset_ = 0;        // of it: the end of the last whole line
  std::uint64_t lines_ = 0;         // of it
};

}  // namespace proxy
