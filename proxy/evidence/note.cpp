#include "proxy/evidence/note.hpp"

#include <algorithm>
#include <vector>

#include "proxy/evidence/base64.hpp"
#include "proxy/evidence/sha256.hpp"

namespace proxy {
namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // U+2014 and a space begin a signature line
constexpr std::size_t longest_note = 64 * 1024;
constexpr std::size_t id_bytes = 4;

struct SignatureLine {
  std::string_view name;
  std::vector<unsigned char> bytes;  // key id and signature
};

// Everything after the last empty line; none where any line is no signature.
std::vector<SignatureLine> signature_lines(std::string_view lines) {
  std::vector<SignatureLine> found;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto line = lines.substr(0, end);
    if (end == lines.npos || !line.starts_with(dash)) return {};
    lines.remove_prefix(end + 1);
    line.remove_prefix(dash.size());
    const auto space = line.find(' ');
    if (space == line.npos || space == 0) return {};
    auto bytes = from_base64(line.substr(space + 1));
    if (!bytes || bytes->size() <= id_bytes) return {};
    found.push_back({line.substr(0, space), std::move(*bytes)});
  }
  return found;
}

// Where the text ends: behind its last line end. npos where there is no empty line.
std::size_t end_of_text(std::string_view note) {
  const auto empty_line = note.rfind("\n\n");
  return empty_line == note.npos ? empty_line : empty_line + 1;
}

bool printable(std::string_view note) {
  return std::ranges::none_of(
      note, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

}  // namespace

std::array<unsigned char, 4> note_key_id(std::string_view name, const PublicKey& key) {
  const auto hash = Sha256()
                        .add(name)
                        .add(static_cast<unsigned char>('\n'))
                        .add(static_cast<unsigned char>(1))
                        .add(key.bytes())
                        .end();
  return {hash[0], hash[1], hash[2], hash[3]};
}

std::string sign_note(std::string_view text, std::string_view name, const SigningKey& key) {
  const auto id = note_key_id(name, key.public_key());
  const auto signature = key.sign(text);
  std::vector<unsigned char> bytes(id.begin(), id.end());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return std::string(text) + "\n" + std::string(dash) + std::string(name) + " " + to_base64(bytes) +
         "\n";
}

std::string_view unverified_text(std::string_view note) {
  const auto end = end_of_text(note);
  if (note.size() > longest_note || end == note.npos || !printable(note) ||
      signature_lines(note.substr(end + 1)).empty())
    return {};
  return note.substr(0, end);
}

OpenedNote open_note(std::string_view note, std::string_view name, const PublicKey& key) {
  const auto text = unverified_text(note);
  if (text.empty()) return {{}, "is not a signed note"};
  const auto id = note_key_id(name, key);
  for (const auto& line : signature_lines(note.substr(text.size() + 1))) {
    if (line.name != name || !std::ranges::equal(std::span(line.bytes).first(id_bytes), id))
      continue;
    if (!key.verify(text, std::span(line.bytes).subspan(id_bytes)))
      return {{}, "has a signature that is not good: it was altered"};
    return {std::string(text), {}};
  }
  return {{}, "is not signed by this key, " + std::string(name)};
}

}  // namespace proxy
