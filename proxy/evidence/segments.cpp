#include "proxy/evidence/segments.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "proxy/evidence/segment_file.hpp"

namespace proxy {
namespace {

constexpr std::string_view name_begin = "records-";
constexpr std::string_view name_end = ".jsonl";
constexpr std::size_t digits_at_least = 12;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string segment_name(std::uint64_t first_seq) {
  auto digits = std::to_string(first_seq);
  digits.insert(0, digits.size() < digits_at_least ? digits_at_least - digits.size() : 0, '0');
  return std::string(name_begin) + digits + std::string(name_end);
}

std::optional<std::uint64_t> first_seq_of(std::string_view name) {
  if (name.ends_with(SegmentFile::compressed_end))
    name.remove_suffix(std::string_view(SegmentFile::compressed_end).size());
  if (!name.starts_with(name_begin) || !name.ends_with(name_end) ||
      name.size() < name_begin.size() + digits_at_least + name_end.size())
    return std::nullopt;
  name.remove_prefix(name_begin.size());
  name.remove_suffix(name_end.size());
  return number_in(name);
}

std::optional<std::uint64_t> seq_of(std::string_view line) {
  constexpr std::string_view begin = R"({"seq":)";
  if (!line.starts_with(begin) || !line.ends_with('}')) return std::nullopt;
  line.remove_prefix(begin.size());
  return number_in(line.substr(0, line.find_first_of(",}")));
}

std::vector<Segment> list_segments(const std::filesystem::path& directory) {
  std::vector<Segment> segments;
  std::error_code fault;
  const std::filesystem::directory_iterator entries(directory, fault);
  if (fault) throw std::runtime_error(directory.string() + ": cannot read: " + fault.message());
  for (const auto& entry : entries)
    if (const auto first = first_seq_of(entry.path().filename().string()))
      segments.push_back({*first, entry.path()});
  std::ranges::sort(segments, [](const Segment& a, const Segment& b) {
    return a.first_seq != b.first_seq ? a.first_seq < b.first_seq : a.file < b.file;
  });
  // "x.jsonl" sorts before "x.jsonl.zst".
  const auto compressed_too = [](const Segment& a, const Segment& b) {
    return b.file == a.file.string() + SegmentFile::compressed_end;
  };
  const auto twice = std::ranges::unique(segments, compressed_too);
  segments.erase(twice.begin(), twice.end());
  return segments;
}

}  // namespace proxy
