// SchemaReader: the schemas of a contract, one property at a time: a string, or a map of booleans.
// Follows `$ref`. Used by load_contract alone, for the time of one document.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/yaml/section.hpp"

namespace filters {

// A place that can be referred to: "#/components/schemas/NAME".
struct Components {
  const YamlNode* schemas = nullptr;
  const YamlNode* parameters = nullptr;
  const YamlNode* responses = nullptr;
};

class SchemaReader {
 public:
  SchemaReader(const Components& components, Findings& findings)
      : components_(components), findings_(findings) {}

  // What `node` is or refers to; nullptr, and an error, where that is nothing.
  const YamlNode* resolve(const YamlNode& node);

  // A schema as the type of a field; where it is faulty, what could be read of it. One node is read
  // once: asking again gives the same answer without its faults. `node` is resolved.
  const ContractField& field(const YamlNode& node);
  // Whether it was written down that the field is a secret, or is none.
  bool says_secret(const YamlNode& node) const { return says_secret_.contains(&node); }
  // Of a field that is a map.
  const PreferenceRules& preferences(const YamlNode& node) { return preferences_[&node]; }

  // A schema that documents an answer: its keywords are known, and it is not enforced. It is looked
  // at by `finish`, when it is known which schemas are those of fields, too.
  void document(const YamlNode& node) { to_document_.push_back(&node); }
  // Once all fields are read.
  void finish();

 private:
  void read_string(Section& schema, ContractField& field);
  void read_map(Section& schema, const YamlNode& node, ContractField& field);
  void read_property_names(Section& schema, PreferenceRules& rules);
  void read_examples(Section& schema, ContractField& field);
  void check_documented(const YamlNode& node);

  const Components& components_;
  Findings& findings_;
  std::map<const YamlNode*, ContractField> fields_;
  std::map<const YamlNode*, PreferenceRules> preferences_;
  std::vector<const YamlNode*> to_document_;
  std::set<const YamlNode*> documented_;
  std::set<const YamlNode*> says_secret_;
};

// The path of a Section of that node: keys repeat all over a contract, places do not.
std::string place_of(const YamlNode& node);
// Keywords that say something to people only.
void read_annotations(Section& section);
// A name that needs no encoding anywhere, short enough to be shown.
bool is_plain_name(std::string_view text);
// The texts of a list of scalars, each a plain name; errors where they are not, or repeated.
std::vector<std::string> read_names(Section& section, std::string_view key, Findings& findings);

}  // namespace filters
