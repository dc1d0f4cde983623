#include "proxy/evidence/retention.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "proxy/evidence/audit_tree.hpp"
#include "proxy/evidence/checkpoint.hpp"
#include "proxy/evidence/compare_tree.hpp"
#include "proxy/evidence/note.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

constexpr std::string_view first_line = "retained-from\n";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<Retention> parse(std::string_view text) {
  if (!text.starts_with(first_line)) return std::nullopt;
  const auto rest = parse_checkpoint(text.substr(first_line.size()));
  if (!rest || rest->closed) return std::nullopt;
  return Retention{rest->size, rest->root};
}

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error("audit " + file.string() + ": " + what);
}

// When the segment's first record was made.
std::optional<std::chrono::system_clock::time_point> begin_of(const Segment& segment) {
  SegmentReader reader({segment}, 64 * 1024);
  const auto block = reader.next();
  if (!block || block->torn) return std::nullopt;
  return time_of(std::string_view(block->text).substr(0, block->text.find('\n')));
}

// When the latest of its records was made. Reads all of them.
std::optional<std::chrono::system_clock::time_point> end_of(const Segment& segment) {
  std::optional<std::chrono::system_clock::time_point> end;
  SegmentReader reader({segment});
  while (const auto block = reader.next())
    for_each_line(block->text, [&](std::string_view line) { end = std::max(end, time_of(line)); });
  return end;
}

// A segment has ended when the next one began; where that has no record yet, with its own last.
bool is_old(const Segment& segment, const Segment& next,
            std::chrono::system_clock::time_point oldest) {
  const auto old = [&](const auto& time) { return time && *time < oldest; };
  const auto ended = begin_of(next);
  if (ended) return old(ended);
  return old(begin_of(segment)) && old(end_of(segment));
}

// How many of the oldest ended before that.
std::size_t count_old(const std::vector<Segment>& segments,
                      std::chrono::system_clock::time_point oldest, std::uint64_t open) {
  std::size_t old = 0;
  while (old + 1 < segments.size() && segments[old + 1].first_seq <= open &&
         is_old(segments[old], segments[old + 1], oldest))
    ++old;
  return old;
}

// What is signed of the records before `first`; none while they have no checkpoint yet.
std::optional<Retention> retained_from(const std::filesystem::path& directory,
                                       const SigningKey& key, std::uint64_t first) {
  const auto file = directory / AuditTree::checkpoint_name;
  const auto opened = open_checkpoint(text_of(file), key.public_key());
  if (!opened.checkpoint) fail(file, opened.fault);
  if (opened.checkpoint->size < first) return std::nullopt;
  const StoredTree stored(directory, StoredTree::Access::read);
  const Retention retention{first, root_of(first, stored.nodes())};
  if (!StoredProofs(stored, opened.checkpoint->size, opened.checkpoint->root)
           .vouches_for(first, retention.root))
    fail(directory,
         "the stored tree does not fit the checkpoint, so no record is removed. Look with "
         "`prefgate audit verify`");
  return retention;
}

void remove(const Segment& segment) {
  for (const auto* end : {"", SegmentFile::compressed_end}) {
    auto file = segment.file;
    if (file.extension() == SegmentFile::compressed_end) file.replace_extension();
    file += end;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
      fail(file, "cannot be removed: " + last_error().message());
  }
}

}  // namespace

std::string sign_retention(const Retention& retention, const SigningKey& key) {
  const auto name = key.public_key().name();
  const Checkpoint rest{.size = retention.first, .root = retention.root, .closed = false};
  return sign_note(std::string(first_line) + checkpoint_text(rest, name), name, key);
}

OpenedRetention open_retention(const std::filesystem::path& directory, const PublicKey& key) {
  const auto file = directory / Retention::file_name;
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return {};
  const auto text = text_of(file);
  const auto unverified = parse(unverified_text(text));
  const auto opened = open_note(text, key.name(), key);
  if (!opened.fault.empty()) return {{}, opened.fault, unverified};
  const auto signed_by_name = opened.text.starts_with(std::string(first_line) + key.name() + "\n");
  const auto retention = signed_by_name ? parse(opened.text) : std::nullopt;
  if (!retention) return {{}, "is signed, but says nothing of retention", {}};
  return {retention, {}, retention};
}

Retention unverified_retention(const std::filesystem::path& directory) {
  const auto text = text_of(directory / Retention::file_name);
  return parse(unverified_text(text)).value_or(Retention{});
}

std::uint64_t retire_segments(const std::filesystem::path& directory, const SigningKey& key,
                              std::chrono::system_clock::time_point oldest, std::uint64_t open) {
  const auto segments = list_segments(directory);
  const auto before = unverified_retention(directory).first;
  auto old = count_old(segments, oldest, open);
  std::uint64_t gone = 0;
  if (old > 0 && segments[old].first_seq > before) {
    const auto retention = retained_from(directory, key, segments[old].first_seq);
    if (!retention) return 0;
    const auto file = directory / Retention::file_name;
    if (const auto error = replace_file(file, sign_retention(*retention, key)))
      fail(file, "cannot be written: " + error.message());
    gone = retention->first - std::max(before, segments.front().first_seq);
  }
  // Also what an end in between has left there.
  const auto first = std::max(before, old > 0 ? segments[old].first_seq : 0);
  std::size_t removed = 0;
  for (; removed + 1 < segments.size() && segments[removed + 1].first_seq <= first; ++removed)
    remove(segments[removed]);
  if (removed == 0) return gone;
  if (const auto error = sync_folder(directory))
    fail(directory, "cannot be made durable: " + error.message());
  return gone;
}

}  // namespace proxy
