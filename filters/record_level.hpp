// RecordLevel: how much a record says of its exchange. RecordLevels: which level a record has, by
// the path of its exchange and the rules in its journal. Made once of the host's settings;
// immutable after, and asks the heap for nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/journal.hpp"

namespace filters {

// Each has what those before it have.
enum class RecordLevel : std::uint8_t {
  none,      // there is no record
  metadata,  // who, when, where, how it ended; rules and pointers, without a value
  request,   // the fields and preferences as they left, and the values before and after each edit
  full,      // the answer's preferences, as the client got them, and the digest of its body
};

std::string_view to_string(RecordLevel level);

// For one of the contract's paths, in place of the level of all others; or for the exchanges that
// have a rule in their journal, which it can only raise.
struct LevelOverride {
  std::string path;  // empty: it is about a rule
  std::string rule;  // its id; `*` is any characters
  RecordLevel level = RecordLevel::request;

  bool operator==(const LevelOverride&) const = default;
};

struct LevelSettings {
  RecordLevel level = RecordLevel::request;
  std::vector<LevelOverride> overrides;

  bool operator==(const LevelSettings&) const = default;
};

class RecordLevels {
 public:
  // A rule that is no glob (see compile_globs) raises nothing.
  explicit RecordLevels(const LevelSettings& settings);

  // Of an exchange whose journal is empty. Null: of a path that the contract does not govern.
  RecordLevel of_path(const Endpoint* endpoint) const;
  // The level of `journal`'s exchange on that path as things stand.
  RecordLevel of(const Endpoint* endpoint, const Journal& journal) const;
  // The most it can become: what room must be there for.
  RecordLevel most(const Endpoint* endpoint) const;

 private:
  struct OfRule {
    Pattern ids;
    RecordLevel level;
  };

  RecordLevel otherwise_;
  std::vector<LevelOverride> paths_;
  std::vector<OfRule> rules_;  // the most detailed first
};

}  // namespace filters
