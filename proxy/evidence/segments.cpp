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

std::optional<std::chrono::system_clock::time_point> time_of(std::string_view line) {
  constexpr std::string_view begin = R"("time":")";
  constexpr std::string_view pattern = "0000-00-00T00:00:00.000000Z\"";
  const auto at = line.find(begin);
  if (!seq_of(line) || at == line.npos || at != line.find(',') + 1) return std::nullopt;
  const auto text = line.substr(at + begin.size(), pattern.size());
  const auto fits = [](char c, char like) {
    return like == '0' ? c >= '0' && c <= '9' : c == like;
  };
  if (!std::ranges::equal(text, pattern, fits)) return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t size) {
    return static_cast<int>(*number_in(text.substr(from, size)));
  };
  using namespace std::chrono;
  const year_month_day day(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!day.ok()) return std::nullopt;
  return sys_days(day) + hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2)) +
         microseconds(number(20, 6));
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
