// Document: a query string or JSON body, read once. The bytes stay where they are; the document is
// a list of members, each with the span of its name and value in the source, decoded where decoding
// changes anything. One shape for both syntaxes, so that a rule is written once. Arena memory.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace filters {

class Arena;

struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
  std::string_view of(std::string_view source) const { return source.substr(begin, size()); }
};

enum class Syntax : std::uint8_t { query, json };
enum class Type : std::uint8_t { string, number, boolean, null, object, array };
std::string_view to_string(Type type);

struct Member {
  std::string_view name;  // decoded; in the source or the arena
  std::string_view text;  // a string decoded; a number, boolean or null as it stands; else empty
  Span name_span;         // query: up to '='; JSON: with its quotes
  Span value_span;        // query: after '='; JSON: the whole value with quotes or brackets
  Span span;              // name and value, without separators or white space around
  Type type = Type::string;
  bool dropped = false;  // Repair removed it
  // Validate has found that the contract takes it: of a field the text, of a preference the name.
  // Of one that it did not look at: not known.
  bool accepted = false;
  std::uint32_t parent = 0;  // index of the member whose object holds this one; `Document::root`
  std::uint32_t next = 0;    // index after this member and everything inside it
  std::uint32_t object =
      0;  // number of the object that holds it, 0 the root; two in one array differ
};

// Why a text is not a document. `offset` is a byte offset into it.
struct Fault {
  std::uint32_t offset = 0;
  std::string_view what;  // empty: no fault

  explicit operator bool() const { return !what.empty(); }
};

struct Document {
  static constexpr std::uint32_t root = 0xFFFFFFFF;
  static constexpr unsigned max_depth = 16;  // of objects and arrays, the root included

  explicit Document(std::pmr::memory_resource& memory) : members(&memory), repeated(&memory) {}

  Syntax syntax = Syntax::query;
  std::string_view source;
  // Members of objects, in the order of the source, at any depth; elements of arrays are not
  // listed (their members are, under the member that holds the array).
  std::pmr::vector<Member> members;
  // Indices of members whose name an earlier member of the same object has (decoded names).
  std::pmr::vector<std::uint32_t> repeated;
};

// Both replace `document`'s contents. `source` must outlive it; at most 4 GiB.
//
// A query: pairs joined by '&' (WHATWG URL section 5.1: percent-decoding, '+' is a space; empty
// pairs are skipped). Faults: a '%' without two hex digits, a raw ';' (some servers split there),
// a raw space, '#' or control byte, decoded text that is not UTF-8.
Fault index_query(std::string_view source, Arena& arena, Document& document);

// JSON: RFC 8259, strict: valid UTF-8, no lone surrogate escapes, no byte order mark, whole input
// consumed, depth at most `Document::max_depth`, the root an object, no number far beyond a
// double's range (readers make infinity, an error or another number of it). Repeated names are
// listed, not a fault here; the list is in the order of the source and made in near-linear time.
Fault index_json(std::string_view source, Arena& arena, Document& document);

// True where `text` is valid UTF-8 (no surrogates, no overlong forms).
bool valid_utf8(std::string_view text);

// Fills `document.repeated`; part of both of the above.
void find_repeated(Arena& arena, Document& document);

// RFC 6901, names made harmless (see shown_name in journal.hpp): "/notification_preferences/alarm".
std::string_view pointer_to(const Document& document, const Member& member, Arena& arena);

// "line 3, column 5" of a byte offset, both from 1, column in bytes.
std::string_view describe_offset(std::string_view source, std::uint32_t offset, Arena& arena);

}  // namespace filters
