#include "proxy/marked_text.hpp"

#include <algorithm>
#include <cstdio>

namespace proxy {
namespace {

using filters::Span;

std::uint32_t size_of(std::string_view text) {
  return static_cast<std::uint32_t>(text.size());
}

// What was taken out, as far as it may be shown. A name alone is a misspelt one of the contract's;
// any other text goes as a whole where it looks like holding what its document does not tell of.
std::string removed_text(Span span, std::string_view source, const filters::Document& document,
                         const Blotter& blotter) {
  const bool read = document.source == source;
  const auto names = [&](const filters::Member& member) {
    return member.name_span.begin <= span.begin && span.end <= member.name_span.end;
  };
  if (read && std::ranges::any_of(document.members, names)) return std::string(span.of(source));
  if (!read)
    return blotter.may_hold_token(span.of(source)) ? "[not shown: it may hold a token]"
                                                   : std::string(span.of(source));
  return shown(source, span, blotter.hidden(document), "[part of a secret]");
}

// Bytes of the character that `text` begins with, 0 where it begins with none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size)
    if (filters::valid_utf8(text.substr(0, size))) return size;
  return 0;
}

unsigned code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  unsigned code = byte(0) & (0x7FU >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3FU);
  return code;
}

bool unseen(unsigned code) {
  if (code == '\n' || code == '\t') return false;
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0xFEFF ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F);
}

std::string written_out(const char* format, unsigned number) {
  char text[16];
  const auto size = std::snprintf(text, sizeof text, format, number);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

MarkedText mark(std::string_view source, const filters::Edits& edits, std::string_view outgoing,
                const filters::Document& document, filters::Syntax syntax, const Blotter& blotter,
                Span inserted) {
  using Kind = MarkedPiece::Kind;
  const auto hidden = blotter.hidden(outgoing, syntax);
  MarkedText marked;
  std::uint32_t at = 0;    // of the source
  std::uint32_t sent = 0;  // of the outgoing text
  const auto put = [&](Kind kind, std::string text) {
    if (text.empty()) return;
    if (!marked.empty() && marked.back().kind == kind)
      marked.back().text += text;
    else
      marked.push_back({kind, std::move(text)});
  };
  const auto put_sent = [&](Kind kind, std::uint32_t size) {
    put(kind, shown(outgoing, {sent, sent + size}, hidden));
    sent += size;
  };
  const auto put_kept = [&](std::uint32_t end) {
    for (const auto border : {inserted.begin, inserted.end, end}) {
      const auto to = std::clamp(border, at, end);
      const bool in = inserted.begin <= at && to <= inserted.end;
      put_sent(in ? Kind::added : Kind::kept, to - at);
      at = to;
    }
  };
  for (const auto& edit : edits) {
    put_kept(edit.span.begin);
    // What no client sent is not missed either.
    const bool of_client = edit.span.begin < inserted.begin || edit.span.end > inserted.end;
    if (edit.span.size() > 0 && of_client)
      put(Kind::removed, removed_text(edit.span, source, document, blotter));
    put_sent(Kind::added, size_of(edit.replacement));
    at = edit.span.end;
  }
  put_kept(size_of(source));
  return marked;
}

Span inserted_into(std::string_view text, std::string_view longer) {
  if (longer.size() <= text.size()) return {};
  const auto begin = std::ranges::mismatch(text, longer).in1 - text.begin();
  const auto tail = text.substr(static_cast<std::size_t>(begin));
  if (!longer.ends_with(tail)) return {};
  return {static_cast<std::uint32_t>(begin), size_of(longer) - size_of(tail)};
}

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto size = character_size(text);
    if (size == 0) {
      out += written_out("\\x%02X", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const auto code = code_point(text.substr(0, size));
    if (!unseen(code))
      out += text.substr(0, size);
    else if (code < 0x80 && !text.starts_with("\r\n"))
      out += written_out("\\x%02X", code);
    else if (code >= 0x80)
      out += written_out("<U+%04X>", code);
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace proxy
