#include "proxy/evidence/checkpoint.hpp"

#include <algorithm>
#include <charconv>

#include "proxy/evidence/base64.hpp"
#include "proxy/evidence/note.hpp"

namespace proxy {
namespace {

constexpr std::string_view closed_line = "closed\n";

// The first line of `text`, which loses it; none where it has no end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint, std::string_view name) {
  return std::string(name) + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root) + "\n" + std::string(checkpoint.closed ? closed_line : "");
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
  std::string_view rest = text;
  const auto name = take_line(rest);
  const auto size = take_line(rest);
  const auto root = take_line(rest);
  if (!root) return std::nullopt;
  Checkpoint checkpoint;
  const auto* end = size->data() + size->size();
  if (std::from_chars(size->data(), end, checkpoint.size).ec != std::errc{}) return std::nullopt;
  const auto hash = from_base64(*root);
  if (!hash || hash->size() != checkpoint.root.size()) return std::nullopt;
  std::ranges::copy(*hash, checkpoint.root.begin());
  checkpoint.closed = !rest.empty();
  // Whatever is spelt in another way than it would be written (01, +1, another line) is refused.
  if (checkpoint_text(checkpoint, *name) != text) return std::nullopt;
  return checkpoint;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key) {
  const auto name = key.public_key().name();
  return sign_note(checkpoint_text(checkpoint, name), name, key);
}

OpenedCheckpoint open_checkpoint(std::string_view note, const PublicKey& key) {
  const auto name = key.name();
  const auto opened = open_note(note, name, key);
  if (!opened.fault.empty()) return {{}, opened.fault};
  const auto checkpoint = parse_checkpoint(opened.text);
  if (!checkpoint || !opened.text.starts_with(name + "\n"))
    return {{}, "is signed, but is not the checkpoint of a log"};
  return {checkpoint, {}};
}

std::optional<Checkpoint> unverified_checkpoint(std::string_view note) {
  return parse_checkpoint(unverified_text(note));
}

}  // namespace proxy
