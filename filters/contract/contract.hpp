// Contract: what the governed APIs accept, compiled from an OpenAPI document to flat tables. An
// Endpoint is one path: its methods, its fields with their patterns, aliases and types, the names
// known in its map. Made by `load_contract`; immutable after, shared by all threads, and outlives
// every exchange that points into it. The built-in one is
// filters/contract/notification_preferences.yaml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filters/contract/known_names.hpp"
#include "filters/contract/pattern.hpp"
#include "filters/http.hpp"
#include "filters/journal.hpp"

namespace filters {

enum class FieldType : std::uint8_t { string, object_of_booleans };

struct ContractField {
  std::string name;                   // canonical: "platform"
  std::string documented_query_name;  // as the API page spells it in a query: "platfrom"
  FieldType type = FieldType::string;
  bool in_query = false;  // a parameter of GET
  bool in_body = false;   // a member of POST
  bool required_in_query = false;
  bool required_in_body = false;
  bool secret = false;               // its value never appears in any output
  bool case_insensitive = false;     // repair may lower its letters to make it match
  bool numeric = false;              // repair may quote a JSON number that matches
  std::vector<std::string> aliases;  // other spellings, exact case
  std::string expectation;           // "must be one of ios, android"
  std::vector<std::string> values;   // of an enumeration; empty for others
  std::string example;               // the first that the contract gives; may be empty
  std::optional<Pattern> pattern;    // none: any
  std::size_t least_length = 0;      // in characters, of decoded text
  std::size_t most_length = SIZE_MAX;

  // Of a string: decoded text, valid UTF-8.
  bool matches(std::string_view text) const;
};

// The names and the number of a map's members.
struct PreferenceRules {
  KnownNames known;
  std::optional<Pattern> name_pattern;  // none: any
  std::size_t least_name_length = 0;
  std::size_t most_name_length = SIZE_MAX;
  std::string name_expectation;  // "must be a name of 1 to 128 letters, digits and underscores"
  std::size_t most = SIZE_MAX;
};

// How the fields are spelt in a query on the upstream's side: `platform`, or as the API page has
// it, `platfrom`.
enum class ParameterNames : std::uint8_t { canonical, documented };

enum class PathMatch : std::uint8_t {
  other,      // not governed, passes through
  governed,   // exactly the contract's path
  ambiguous,  // another spelling that an upstream may take for it
};

struct EndpointRules {
  std::string path;
  bool has_get = false;
  bool has_post = false;
  Mode strictest = Mode::enforce;  // no rule of Validate is stricter there
  std::vector<ContractField> fields;
  PreferenceRules preferences;
  std::vector<char32_t> invisible;  // U+0800 to U+FFFF, sorted
};

class Endpoint {
 public:
  static constexpr std::uint8_t none = 0xFF;
  static constexpr std::size_t most_fields = 16;

  explicit Endpoint(EndpointRules rules);

  PathMatch match_path(std::string_view path) const;
  std::string_view path() const { return rules_.path; }
  bool takes(Method method) const;
  // Value of `Allow`: "GET, POST".
  std::string_view allowed_methods() const { return allowed_methods_; }
  // No rule of Validate is stricter here: `observe` lets everything through and counts it.
  Mode strictest() const { return rules_.strictest; }
  std::span<const ContractField> fields() const { return rules_.fields; }
  // Whether Repair drops the character outside strings.
  bool is_invisible(char32_t character) const;

  // Index into fields() or `none`. `find` is exact, `alias` looks at aliases, exact case.
  std::uint8_t find(std::string_view name) const;
  std::uint8_t alias(std::string_view name) const;
  // The one field whose name is at most one edit away (insert, delete, replace, swap of neighbours;
  // ASCII case ignored), `none` where there is none or more than one. `in_query` picks the fields
  // that can stand there.
  std::uint8_t nearest(std::string_view name, bool in_query) const;
  // The one value of an enumeration at most two edits from `text`, case ignored, else "".
  static std::string_view nearest_value(const ContractField& field, std::string_view text);

  const PreferenceRules& preferences() const { return rules_.preferences; }
  bool valid_preference_name(std::string_view name) const;
  bool known_preference(std::string_view name) const {
    return rules_.preferences.known.contains(name);
  }
  // For suggestions only, never for a change: the one known name at most two edits away, else "".
  std::string_view nearest_preference(std::string_view name) const {
    return rules_.preferences.known.nearest(name);
  }

 private:
  EndpointRules rules_;
  std::string allowed_methods_;
};

class Contract {
 public:
  struct Match {
    PathMatch path = PathMatch::other;
    const Endpoint* endpoint = nullptr;  // where `path` is not `other`
  };

  explicit Contract(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {}

  static const Contract& builtin();

  // An exact path wins over another endpoint's ambiguous spelling of it.
  Match match_path(std::string_view path) const;
  std::span<const Endpoint> endpoints() const { return endpoints_; }

 private:
  std::vector<Endpoint> endpoints_;
};

}  // namespace filters
