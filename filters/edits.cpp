#include "filters/edits.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "filters/arena.hpp"

namespace filters {

void Edits::set(Span span, std::string_view replacement, std::string_view source) {
  const auto within = [&](const Edit& edit) {
    return edit.span.begin >= span.begin && edit.span.end <= span.end;
  };
  std::erase_if(edits_, within);
  if (span.of(source) != replacement) add(span, replacement);
}

std::string_view Edits::apply(std::string_view source, Arena& arena) {
  if (edits_.empty()) return source;
  std::ranges::sort(edits_, {}, [](const Edit& edit) {
    return std::tuple(edit.span.begin, edit.span.end, edit.order);
  });
  std::size_t size = source.size();
  for (const Edit& edit : edits_) size += edit.replacement.size();
  char* const start = arena.bytes(size);
  char* to = start;
  std::uint32_t kept = 0;  // of the source, up to here
  const auto put = [&](std::string_view text) { to = std::copy(text.begin(), text.end(), to); };
  for (const Edit& edit : edits_) {
    assert(edit.span.begin >= kept && edit.span.end <= source.size());
    put(Span{kept, edit.span.begin}.of(source));
    put(edit.replacement);
    kept = edit.span.end;
  }
  put(source.substr(kept));
  return {start, static_cast<std::size_t>(to - start)};
}

}  // namespace filters
