// Insertion: members put behind the last one of a JSON object, laid out as that one is: on one line
// or each on its own, with the blanks it has. Used by Repair, on the exchange's body; writes the
// new members into the document as if they had come with it. Spans of the old ones stay right,
// because nothing in front of them moves. Arena memory.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "filters/document.hpp"

namespace filters {

// The white space that ends at `end`: how whatever begins there is set off. Invisible characters
// are none.
std::string_view blanks_before(std::string_view source, std::uint32_t end);

class Insertion {
 public:
  // `document` is an object that was read without a fault, or, where `blank`, a source of white
  // space alone: then the object is made with the members. It must not change until `finish`.
  Insertion(Document& document, bool blank, Arena& arena);
  Insertion(const Insertion&) = delete;
  Insertion& operator=(const Insertion&) = delete;

  // Each returns the index of its member. Names and texts must outlive the document.
  std::uint32_t add_string(std::string_view name, std::string_view text);
  std::uint32_t add_boolean(std::string_view name, bool value);
  // Members added up to `end_object` are inside it.
  std::uint32_t begin_object(std::string_view name);
  void end_object();
  // Gives the document a source that has the new text, where there is any. Returns where it stands
  // there.
  Span finish();

 private:
  Member& begin_member(std::string_view name);
  std::uint32_t end_member(Type type, std::string_view text);
  std::uint32_t here() const { return at_ + static_cast<std::uint32_t>(text_.size()); }
  bool on_lines() const { return lead_.find('\n') != lead_.npos; }

  Document& document_;
  Arena& arena_;
  const bool blank_;
  std::uint32_t at_ = 0;   // offset into the source at which the text goes
  std::string_view lead_;  // white space before a name
  std::string_view gap_;   // between colon and value
  std::uint32_t parent_ = Document::root;
  std::uint32_t object_ = 0;  // number of the parent's object
  bool first_ = true;         // of its object
  std::pmr::string text_;
};

}  // namespace filters
