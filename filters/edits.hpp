// Edits: spans of a source text and what to put in their place, collected while filters run and
// applied once, at the end. Everything outside the spans is kept byte for byte.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "filters/document.hpp"

namespace filters {

struct Edit {
  Span span;  // empty: an insertion before `span.begin`
  std::string_view replacement;
  std::uint32_t order = 0;  // of edits at one place
};

class Edits {
 public:
  explicit Edits(std::pmr::memory_resource& memory) : edits_(&memory) {}

  // Spans must not overlap those already there (a bug otherwise, asserted by `apply`). Insertions
  // at the same place keep the order in which they were added.
  void add(Span span, std::string_view replacement) {
    edits_.push_back({span, replacement, static_cast<std::uint32_t>(edits_.size())});
  }
  // As `add`, but edits within this span give way, and there is none where the replacement is what
  // `source` has there anyway.
  void set(Span span, std::string_view replacement, std::string_view source);
  bool empty() const { return edits_.empty(); }
  auto begin() const { return edits_.begin(); }
  auto end() const { return edits_.end(); }

  // The edited text: `source` itself where there are no edits, else a copy in the arena. Sorts.
  std::string_view apply(std::string_view source, Arena& arena);

 private:
  std::pmr::vector<Edit> edits_;
};

}  // namespace filters
