// The parts of `load_policy`: one function a section of the file. Each writes what it has read into
// the rules and every fault into the findings, and goes on. Used at load time by one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filters/policy/load_policy.hpp"
#include "filters/yaml/section.hpp"

namespace filters {

struct PolicyReading {
  const PolicySurroundings& around;
  Findings& findings;
  PolicyRules& rules;
  std::vector<bool> faulty = {};                  // by rule: it was not read whole
  std::vector<std::string> names = {};            // that some rule sets, in order of appearance
  std::vector<Diagnostic> list_diagnostics = {};  // of the device lists
  std::vector<std::pair<std::string, Mark>> group_marks = {};  // of all, faulty ones too

  // Index of the name; adds it where it is new.
  std::uint16_t name(std::string_view text);
  // Index of the set; adds it where it is new. Conditions::any, and a fault, where it is too large.
  std::uint16_t text_set(std::vector<std::string> globs, Folding folding, Mark mark);
  // "hmac-sha256:...", else a fault.
  std::optional<Digest> digest(const YamlNode& node);
  void note_key(const std::string& id);
};

void read_groups(Section& root, PolicyReading& reading);
void read_rules(Section& root, PolicyReading& reading);
void read_conditions(Section& when, PolicyReading& reading, PolicyRule& rule);
void read_effects(Section& section, PolicyReading& reading, PolicyRule& rule);
void read_exceptions(Section& root, PolicyReading& reading);
void read_tests(Section& root, PolicyReading& reading);

// The texts of a list, or the one that stands in its place; a fault for any that is not scalar.
std::vector<const YamlNode*> read_texts(Section& section, std::string_view key,
                                        std::string_view expected);
// A date or a time; whether there is one.
bool read_moment(Section& section, std::string_view key, Moment& out);
// "true", "false"; else a fault.
std::optional<bool> read_boolean(const YamlNode& node, Findings& findings);
// " (did you mean `x`?)", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
std::vector<std::string> ids_of(const std::vector<PolicyRule>& rules);
// Of letters, digits, '-' and '_', at most 56: fit for a header and a pointer.
bool is_rule_id(std::string_view text);

}  // namespace filters
