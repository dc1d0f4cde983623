// The audit directory's segments, `records-<first seq>.jsonl` and, closed and compressed since,
// `records-<first seq>.jsonl.zst`: what their names say. Who reads what is in them is
// SegmentReader, who writes them AuditSegments.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

// 12 digits, so that names sort as their numbers do.
std::string segment_name(std::uint64_t first_seq);
// The number in a segment's name, compressed or not; none for another file.
std::optional<std::uint64_t> first_seq_of(std::string_view name);
// The seq of a line {"seq":N,... without its line end.
std::optional<std::uint64_t> seq_of(std::string_view line);
// Its time, {"seq":N,"time":"2026-11-22T20:31:15.742312Z",...; none where it has none like that.
std::optional<std::chrono::system_clock::time_point> time_of(std::string_view line);

struct Segment {
  std::uint64_t first_seq = 0;
  std::filesystem::path file;
};
// Those of a directory, in the order of their numbers. Of one that is there plain and compressed,
// because it is being compressed now, the plain file. Throws std::runtime_error naming it.
std::vector<Segment> list_segments(const std::filesystem::path& directory);

}  // namespace proxy
