#include "filters/contract/schema_reader.hpp"

#include <algorithm>

namespace filters {
namespace {

constexpr std::size_t most_text = 64 * 1024;  // of lengths that a contract may ask for
constexpr std::size_t most_preferences = 4096;
constexpr std::size_t longest_preference_name = 128;  // a record has room for so much

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::optional<Pattern> read_pattern(Section& schema) {
  std::string text, fault;
  if (!schema.text("pattern", text, "a pattern such as ^[a-z]+$")) return {};
  auto pattern = Pattern::compile(text, fault);
  if (!pattern) schema.error("pattern", fault);
  return pattern;
}

void read_lengths(Section& schema, std::size_t& least, std::size_t& most) {
  schema.count("minLength", least, {0, most_text});
  if (schema.count("maxLength", most, {1, most_text}) && most < least)
    schema.error("maxLength", "nothing fits: `minLength` is " + std::to_string(least));
}

std::vector<std::string> read_values(Section& schema) {
  std::vector<std::string> values;
  for (const auto& node : schema.list("enum", "a list of values")) {
    const bool printable =
        node.kind == YamlNode::Kind::scalar && !node.text.empty() &&
        std::ranges::all_of(node.text, [](char c) { return c > ' ' && c < 0x7F; });
    if (!printable)
      schema.error(node.mark, "expected printable ASCII without spaces, got " + describe(node));
    else if (std::ranges::count(values, node.text) > 0)
      schema.error(node.mark, describe(node) + " is given twice");
    else
      values.push_back(node.text);
  }
  return values;
}

std::string expectation(const Section& schema, const ContractField& field) {
  if (!field.values.empty()) return "must be one of " + joined(field.values);
  if (field.pattern) {
    const auto& node = schema.node();
    const auto key = std::ranges::find(node.keys, "pattern", &YamlNode::text);
    return "must match " + node.children[static_cast<std::size_t>(key - node.keys.begin())].text;
  }
  if (field.most_length == SIZE_MAX)
    return "must have at least " + std::to_string(field.least_length) + " characters";
  return "must have " + std::to_string(field.least_length) + " to " +
         std::to_string(field.most_length) + " characters";
}

void read_message(Section& section, std::string& message) {
  section.text("x-message", message, "what a client is told, such as must be a version");
}

// Lowered text is put in place of what came as it is: no character of it may need an encoding, and
// there is nothing to lower to where capital letters are right.
void check_ignore_case(Section& schema, const ContractField& field) {
  if (!field.case_insensitive) return;
  bool plain = field.pattern || !field.values.empty();
  for (int c = 0x20; c < 0x7F; ++c) {
    const char byte = static_cast<char>(c);
    const bool can_appear = (field.pattern && field.pattern->uses(byte)) ||
                            std::ranges::any_of(field.values, [&](const auto& value) {
                              return value.find(byte) != value.npos;
                            });
    const bool good = (is_name_character(byte) && !is_upper(byte)) || byte == '.';
    plain &= !can_appear || good;
  }
  if (!plain)
    schema.error("x-ignore-case",
                 "needs a `pattern` or `enum` of a-z, 0-9, '_', '-' and '.' alone");
}

}  // namespace

std::string place_of(const YamlNode& node) {
  return std::to_string(node.mark.line) + ":" + std::to_string(node.mark.column);
}

void read_annotations(Section& section) {
  std::string ignored;
  for (const char* key : {"title", "summary", "description", "$comment"})
    section.text(key, ignored, "a text");
  bool flag = false;
  section.choice<bool>("deprecated", flag, {{"true", true}, {"false", false}});
  section.find("example");
  section.find("examples");
  section.find("externalDocs");
}

bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_shown_name &&
         std::ranges::all_of(text, is_name_character);
}

std::vector<std::string> read_names(Section& section, std::string_view key, Findings& findings) {
  std::vector<std::string> names;
  for (const auto& node : section.list(key, "a list of names")) {
    if (node.kind != YamlNode::Kind::scalar || !is_plain_name(node.text))
      findings.error(node.mark, "expected a name of at most " + std::to_string(longest_shown_name) +
                                    " letters, digits, '_' and '-', got " + describe(node));
    else if (std::ranges::count(names, node.text) > 0)
      findings.error(node.mark, describe(node) + " is given twice");
    else
      names.push_back(node.text);
  }
  return names;
}

const YamlNode* SchemaReader::resolve(const YamlNode& node) {
  const YamlNode* at = &node;
  for (int hops = 0; hops < 8; ++hops) {
    const auto key = std::ranges::find(at->keys, "$ref", &YamlNode::text);
    if (key == at->keys.end()) return at;
    const YamlNode& value = at->children[static_cast<std::size_t>(key - at->keys.begin())];
    if (at->keys.size() > 1) findings_.error(key->mark, "`$ref` stands alone");
    const YamlNode* next = nullptr;
    for (const auto& [prefix, folder] :
         {std::pair{"#/components/schemas/", components_.schemas},
          std::pair{"#/components/parameters/", components_.parameters},
          std::pair{"#/components/responses/", components_.responses}}) {
      if (folder == nullptr || !value.text.starts_with(prefix)) continue;
      const auto name = std::string_view(value.text).substr(std::string_view(prefix).size());
      const auto found = std::ranges::find(folder->keys, name, &YamlNode::text);
      if (found != folder->keys.end())
        next = &folder->children[static_cast<std::size_t>(found - folder->keys.begin())];
    }
    if (next == nullptr) {
      findings_.error(value.mark, "refers to nothing in this document: " + describe(value));
      return nullptr;
    }
    at = next;
  }
  findings_.error(node.mark, "references go round in a circle");
  return nullptr;
}

const ContractField& SchemaReader::field(const YamlNode& node) {
  const auto [place, is_new] = fields_.try_emplace(&node);
  ContractField& field = place->second;
  if (!is_new) return field;
  Section schema(node, place_of(node), findings_);
  if (node.kind != YamlNode::Kind::map) return field;
  if (schema.has("x-secret")) says_secret_.insert(&node);
  read_annotations(schema);
  schema.require("type");
  schema.choice<FieldType>(
      "type", field.type,
      {{"string", FieldType::string}, {"object", FieldType::object_of_booleans}},
      {"boolean", "integer", "number", "array", "null"});
  field.aliases = read_names(schema, "x-aliases", findings_);
  if (field.type == FieldType::string)
    read_string(schema, field);
  else
    read_map(schema, node, field);
  schema.finish();
  return field;
}

void SchemaReader::read_string(Section& schema, ContractField& field) {
  field.pattern = read_pattern(schema);
  field.values = read_values(schema);
  if (schema.has("enum") && schema.has("pattern"))
    schema.error("pattern", "`enum` says it all: one of the two");
  read_lengths(schema, field.least_length, field.most_length);
  for (const auto& [key, flag] :
       {std::pair{"x-secret", &field.secret}, std::pair{"x-ignore-case", &field.case_insensitive},
        std::pair{"x-numeric", &field.numeric}})
    schema.choice<bool>(key, *flag, {{"true", true}, {"false", false}});
  field.expectation = expectation(schema, field);
  read_message(schema, field.expectation);
  check_ignore_case(schema, field);
  read_examples(schema, field);
}

void SchemaReader::read_examples(Section& schema, ContractField& field) {
  const auto check = [&](const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar || !field.matches(node.text))
      schema.error(node.mark, "this example is not what the schema says: " + describe(node));
    else if (field.example.empty())
      field.example = node.text;
  };
  if (const auto* example = schema.find("example")) check(*example);
  if (const auto* examples = schema.find("examples"))
    for (const auto& example : examples->children) check(example);
}

void SchemaReader::read_map(Section& schema, const YamlNode& node, ContractField& field) {
  field.expectation = "must be an object";
  PreferenceRules& rules = preferences_[&node];
  rules.most_name_length = longest_preference_name;
  read_property_names(schema, rules);
  schema.require("maxProperties");
  schema.count("maxProperties", rules.most, {1, most_preferences});
  const auto check_boolean = [&](const YamlNode& value) {
    Section member(value, place_of(value), findings_);
    bool boolean = false;
    member.require("type");
    read_annotations(member);
    member.choice<bool>("type", boolean, {{"boolean", true}});
    member.finish();
  };
  schema.require("additionalProperties");
  if (const auto* others = schema.find("additionalProperties")) check_boolean(*others);
  std::vector<std::string> names;
  if (const auto* known = schema.find("properties")) {
    refuse_repeated_keys(*known, findings_);
    for (std::size_t i = 0; i < known->keys.size(); ++i) {
      const auto& key = known->keys[i];
      check_boolean(known->children[i]);
      if (rules.name_pattern && !rules.name_pattern->matches(key.text))
        findings_.error(key.mark, "`propertyNames` does not allow this name");
      else if (key.text.size() <= longest_preference_name)
        names.push_back(key.text);
    }
  }
  rules.known = KnownNames(std::move(names));
}

void SchemaReader::read_property_names(Section& schema, PreferenceRules& rules) {
  schema.require("propertyNames");
  auto names = schema.section("propertyNames");
  if (!names) return;
  names->require("pattern");
  rules.name_pattern = read_pattern(*names);
  read_lengths(*names, rules.least_name_length, rules.most_name_length);
  rules.most_name_length = std::min(rules.most_name_length, longest_preference_name);
  rules.name_expectation = "must be a name that the contract allows";
  read_message(*names, rules.name_expectation);
  for (int c = 0x21; c < 0x7F && rules.name_pattern; ++c) {
    const char byte = static_cast<char>(c);
    if (!rules.name_pattern->uses(byte) || is_name_character(byte) || byte == '.') continue;
    names->error("pattern",
                 "names are letters, digits, '_', '-' and '.': nothing else is recorded");
    break;
  }
  read_annotations(*names);
  names->finish();
}

void SchemaReader::check_documented(const YamlNode& node) {
  const YamlNode* at = resolve(node);
  if (at == nullptr || fields_.contains(at) || !documented_.insert(at).second) return;
  Section schema(*at, place_of(*at), findings_);
  if (at->kind != YamlNode::Kind::map) return;
  read_annotations(schema);
  for (const char* key : {"type", "format", "pattern", "enum", "required", "minLength", "maxLength",
                          "minimum", "maximum", "maxProperties"})
    schema.find(key);
  for (const char* key : {"items", "additionalProperties"})
    if (const auto* below = schema.find(key)) check_documented(*below);
  if (const auto* properties = schema.find("properties"))
    for (const auto& property : properties->children) check_documented(property);
  schema.finish();
}

void SchemaReader::finish() {
  for (const YamlNode* node : to_document_) check_documented(*node);
  for (const YamlNode* folder :
       {components_.schemas, components_.parameters, components_.responses})
    if (folder != nullptr) refuse_repeated_keys(*folder, findings_);
  if (components_.schemas == nullptr) return;
  const auto& keys = components_.schemas->keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const YamlNode* schema = &components_.schemas->children[i];
    if (!fields_.contains(schema) && !documented_.contains(schema))
      findings_.warn(keys[i].mark, "nothing refers to " + describe(keys[i]));
  }
}

}  // namespace filters
