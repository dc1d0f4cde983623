#include "proxy/evidence/segments.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace proxy {
namespace {

constexpr std::string_view name_begin = "records-";
constexpr std::string_view name_end = ".jsonl";
constexpr std::size_t digits_at_least = 12;
constexpr std::size_t longest_line = 64 * 1024 * 1024;  // bytes; a record has some thousands

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

[[noreturn]] void fail(const std::filesystem::path& file, const char* doing) {
  throw std::runtime_error("audit " + file.string() + ": " + doing + ": " + last_error().message());
}

}  // namespace

std::string segment_name(std::uint64_t first_seq) {
  auto digits = std::to_string(first_seq);
  digits.insert(0, digits.size() < digits_at_least ? digits_at_least - digits.size() : 0, '0');
  return std::string(name_begin) + digits + std::string(name_end);
}

std::optional<std::uint64_t> first_seq_of(std::string_view name) {
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
  return segments;
}

SegmentReader::SegmentReader(std::vector<Segment> segments, std::size_t block)
    : segments_(std::move(segments)), block_(block) {}

// False at the end of the file.
bool SegmentReader::read_more() {
  const auto& file = segments_[segment_].file;
  if (!file_) {
    file_ = Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file_) fail(file, "cannot be opened");
  }
  const auto there = text_.size();
  if (there > longest_line)
    throw std::runtime_error("audit " + file.string() + ": has a line that is no record: too long");
  text_.resize(there + block_);
  ssize_t got = 0;
  do got = ::read(file_.number(), text_.data() + there, block_);
  while (got < 0 && errno == EINTR);
  text_.resize(there + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) fail(file, "cannot be read");
  return got > 0;
}

std::optional<LineBlock> SegmentReader::next() {
  while (segment_ < segments_.size()) {
    const bool more = read_more();
    const auto end = text_.rfind('\n');
    if (more && end == text_.npos) continue;  // a long line: its end is still to come
    LineBlock block{.segment = segment_, .text = {}, .first = first_, .torn = false};
    if (end != text_.npos) {
      block.text = text_.substr(0, end + 1);
      text_.erase(0, end + 1);
    } else if (!text_.empty()) {
      block.text = std::exchange(text_, {});
      block.torn = true;
    }
    const bool at_end = !more && text_.empty();
    if (at_end) {
      ++segment_;
      file_ = Descriptor();
    }
    const bool news = block.first || !block.text.empty();
    first_ = at_end;
    if (news) return block;
  }
  return std::nullopt;
}

std::uint64_t read_records(const std::filesystem::path& directory, std::uint64_t first,
                           std::uint64_t last, const std::function<void(std::string_view)>& take) {
  auto segments = list_segments(directory);
  // The last segment that begins at or before the first one wanted.
  const auto after = std::ranges::upper_bound(segments, first, {}, &Segment::first_seq);
  if (after == segments.begin()) return 0;
  segments.erase(segments.begin(), after - 1);
  std::uint64_t seq = segments.front().first_seq;
  std::uint64_t taken = 0;
  SegmentReader reader(std::move(segments));
  while (seq < last) {
    const auto block = reader.next();
    if (!block) break;
    if (block->torn) continue;
    for_each_line(block->text, [&](std::string_view line) {
      if (seq >= first && seq < last) {
        take(line);
        ++taken;
      }
      ++seq;
    });
  }
  return taken;
}

}  // namespace proxy
