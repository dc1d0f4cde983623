// MarkedText: a text before and after its edits at once, for people: what was kept, what was taken
// out and what was put in. Secrets are blotted out already. Made by `explain`, read by its report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/blotter.hpp"

namespace proxy {

struct MarkedPiece {
  enum class Kind : std::uint8_t { kept, removed, added } kind = Kind::kept;
  std::string text;
};
using MarkedText = std::vector<MarkedPiece>;

// `source` and what became of it by `edits`, which have been applied: `outgoing`, of that `syntax`.
// `document` is what `source` was read as, where it was read; `inserted` what of it no client sent.
MarkedText mark(std::string_view source, const filters::Edits& edits, std::string_view outgoing,
                const filters::Document& document, filters::Syntax syntax, const Blotter& blotter,
                filters::Span inserted = {});

// The one span that `longer` has and `text` has not; empty where they differ in another way.
filters::Span inserted_into(std::string_view text, std::string_view longer);

// As a terminal can show it: control characters, those that have no width or turn the direction,
// and bytes that are not UTF-8 are written out ("<U+200B>", "\x1B"). Line feeds and tabs stay; a
// carriage return before a line feed is left out.
std::string visible(std::string_view text);

}  // namespace proxy
