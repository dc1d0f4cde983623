// JsonSuite: documents that JSON parsers are known to disagree about, and their well-behaved
// neighbours, each as the body of a POST, with what has to become of it and why. One table for the
// chain's tests and for those on the wire. Made once, by `json_suite()`; read-only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

enum class Fate : std::uint8_t {
  accept,  // forwarded byte for byte
  mend,    // forwarded without the characters that repair.invisible takes out, else byte for byte
  reject,  // 400: no JSON, by RFC 8259 or by the gateway's own limits
  forbid,  // 422: JSON, and not what the contract asks for
};

// A row of a table.
struct JsonRow {
  std::string_view what;
  std::string text;
  Fate fate;
  std::string_view why;  // a section number alone is of RFC 8259
};

struct JsonCase {
  std::string what;
  std::string body;
  Fate fate;
  std::string_view why;
};

// Values: each stands for any value in a place where the contract has nothing to say.
const std::vector<JsonRow>& json_numbers();
const std::vector<JsonRow>& json_words();
const std::vector<JsonRow>& json_strings();      // right ones; with their quotes
const std::vector<JsonRow>& json_bad_strings();  // likewise
const std::vector<JsonRow>& json_arrays();
const std::vector<JsonRow>& json_objects();
// Whole documents: "@" stands for the members that the contract requires.
const std::vector<JsonRow>& json_documents();
const std::vector<JsonRow>& json_encodings();
// Whole documents, about the members that the contract knows.
const std::vector<JsonRow>& json_fields();

// Every row in every place: a value as the value of a member nobody knows, first and last, in an
// array and in an object inside it; a string also as the name of a member.
const std::vector<JsonCase>& json_suite();

std::string repeated(std::string_view text, std::size_t count);

// `body` without what repair.invisible takes out: U+200B to U+200F, U+2060 and U+FEFF, and the
// API page's mangled U+200B. For rows whose strings hold none of them.
std::string without_invisible(std::string body);

}  // namespace tests
