// Contract: what the governed API accepts, compiled to flat tables: its path, its methods, its
// fields with their patterns, aliases and types, the known preference names. Immutable once made;
// shared by all threads. The built-in one is the API page's (design: section 4 of the contract with
// users); a loader for OpenAPI documents will make others of the same shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace filters {

enum class FieldType : std::uint8_t { string, object_of_booleans };

struct ContractField {
  std::string_view name;                   // canonical: "platform"
  std::string_view documented_query_name;  // as the API page spells it in a query: "platfrom"
  FieldType type = FieldType::string;
  bool in_query = false;                           // a parameter of GET
  bool in_body = false;                            // a member of POST
  bool secret = false;                             // its value never appears in any output
  std::span<const std::string_view> aliases = {};  // other spellings, exact case
  std::span<const std::string_view> values = {};   // of an enumeration; empty for others
  bool (*matches)(std::string_view) = nullptr;     // decoded text against the pattern
  std::string_view expectation;                    // "must be one of ios, android"
  bool case_insensitive = false;                   // repair may lower its letters to make it match
  bool numeric = false;                            // repair may quote a JSON number that matches
};

// How the fields are spelt in a query on the upstream's side: `platform`, or as the API page has
// it, `platfrom`.
enum class ParameterNames : std::uint8_t { canonical, documented };

enum class PathMatch : std::uint8_t {
  other,      // not governed, passes through
  governed,   // exactly the contract's path
  ambiguous,  // another spelling that an upstream may take for it
};

class Contract {
 public:
  static constexpr std::uint8_t none = 0xFF;
  static constexpr std::size_t max_preferences = 512;

  static const Contract& builtin();

  PathMatch match_path(std::string_view path) const;
  std::string_view path() const;
  // Value of `Allow`: "GET, POST".
  std::string_view allowed_methods() const;
  std::span<const ContractField> fields() const;

  // Index into fields() or `none`. `find` is exact, `alias` looks at aliases, exact case.
  std::uint8_t find(std::string_view name) const;
  std::uint8_t alias(std::string_view name) const;
  // The one field whose name is at most one edit away (insert, delete, replace, swap of neighbours;
  // ASCII case ignored), `none` where there is none or more than one. `in_query` picks the fields
  // that can stand there.
  std::uint8_t nearest(std::string_view name, bool in_query) const;
  // The one value of an enumeration at most two edits from `text`, case ignored, else "".
  static std::string_view nearest_value(const ContractField& field, std::string_view text);

  bool valid_preference_name(std::string_view name) const;
  bool known_preference(std::string_view name) const;
  // For suggestions only, never for a change: the one known name at most two edits away, else "".
  std::string_view nearest_preference(std::string_view name) const;
};

}  // namespace filters
