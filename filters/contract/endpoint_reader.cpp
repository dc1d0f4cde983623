#include "filters/contract/endpoint_reader.hpp"

#include <algorithm>

namespace filters {
namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::size_t most_segments = 16;
constexpr std::size_t longest_pattern = 1024;

// "/api/1/subscriptions": segments that no server could read in two ways.
bool is_plain_path(std::string_view path) {
  if (path.size() > longest_pattern || !path.starts_with('/')) return false;
  std::size_t segments = 0;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (!is_plain_name(segment) || ++segments > most_segments) return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

// What the audit would record and anybody could read, were it taken for a value like others.
bool sounds_secret(std::string_view name) {
  constexpr std::string_view words[] = {"token", "secret", "password", "credential"};
  return std::ranges::any_of(words, [&](std::string_view word) {
    return !std::ranges::search(name, word, {}, lower).empty();
  });
}

std::vector<std::string> other_cases(const std::string& name) {
  std::string camel, kebab = name;
  std::ranges::replace(kebab, '_', '-');
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool hump = name[i] == '_' && i > 0 && i + 1 < name.size();
    if (hump) ++i;
    const bool small = name[i] >= 'a' && name[i] <= 'z';
    camel += hump && small ? static_cast<char>(name[i] - 'a' + 'A') : name[i];
  }
  std::vector<std::string> cases;
  for (auto& other : {camel, kebab})
    if (other != name) cases.push_back(other);
  return cases;
}

// One path of the document.
class EndpointReader {
 public:
  EndpointReader(const YamlNode& key, const YamlNode& node, SchemaReader& schemas,
                 Findings& findings)
      : key_(key), node_(node), schemas_(schemas), findings_(findings) {}

  std::optional<Endpoint> read() {
    if (!is_plain_path(key_.text))
      findings_.error(key_.mark,
                      "expected a path such as /api/1/subscriptions, of letters, digits, "
                      "'_' and '-', without parameters, got " +
                          describe(key_));
    Section item(node_, place_of(node_), findings_);
    if (node_.kind != YamlNode::Kind::map) return {};
    read_annotations(item);
    item.mode("x-validate", rules_.strictest);
    if (auto get = item.section("get")) read_get(*get);
    if (auto post = item.section("post")) read_post(*post);
    if (!item.has("get") && !item.has("post"))
      findings_.error(key_.mark, "neither `get` nor `post` is given");
    item.finish();
    add_aliases();
    rules_.path = key_.text;
    rules_.has_get = item.has("get");
    rules_.has_post = item.has("post");
    return Endpoint(std::move(rules_));
  }

 private:
  void read_operation(Section& operation) {
    read_annotations(operation);
    std::string ignored;
    operation.text("operationId", ignored, "a name");
    operation.list("tags", "a list of tags");
    if (const auto* responses = operation.find("responses")) check_responses(*responses);
  }

  void read_get(Section& get) {
    read_operation(get);
    for (const auto& node : get.list("parameters", "a list of parameters"))
      if (const auto* parameter = schemas_.resolve(node)) read_parameter(*parameter);
    get.finish();
  }

  void read_parameter(const YamlNode& node) {
    Section parameter(node, place_of(node), findings_);
    if (node.kind != YamlNode::Kind::map) return;
    read_annotations(parameter);
    std::string name, documented;
    for (const char* key : {"name", "in", "schema"}) parameter.require(key);
    parameter.text("name", name, "a name");
    parameter.only("in", "query", {"header", "path", "cookie"});
    bool required = false;
    parameter.choice<bool>("required", required, {{"true", true}, {"false", false}});
    if (parameter.text("x-documented-name", documented, "a name") && !is_plain_name(documented))
      parameter.error("x-documented-name", "expected a name, got `" + documented + "`");
    const YamlNode* given = parameter.find("schema");
    const YamlNode* schema = given != nullptr ? schemas_.resolve(*given) : nullptr;
    const Mark mark = parameter.mark("name");
    if (schema != nullptr) (void)schemas_.field(*schema);  // its faults, even without a name
    if (schema != nullptr && !name.empty()) {
      if (ContractField* field = add_field(name, mark, *schema)) {
        if (field->in_query) findings_.error(mark, "parameter `" + name + "` is given twice");
        field->in_query = true;
        field->required_in_query = required;
        if (!documented.empty()) field->documented_query_name = documented;
        if (field->type != FieldType::string)
          findings_.error(mark, "a parameter is a string: only bodies hold objects");
      }
    }
    parameter.finish();
  }

  void read_post(Section& post) {
    read_operation(post);
    post.require("requestBody");
    if (auto body = post.section("requestBody")) {
      read_annotations(*body);
      bool required = false;
      body->require("required");
      body->choice<bool>("required", required, {{"true", true}});
      body->require("content");
      if (auto content = body->section("content")) {
        content->require(json_type);
        if (auto media = content->section(json_type)) read_media(*media);
        content->finish();
      }
      body->finish();
    }
    post.finish();
  }

  void read_media(Section& media) {
    read_annotations(media);
    for (const auto& node : media.list("x-invisible", "a list such as [U+200B, U+FEFF]"))
      read_invisible(node);
    media.require("schema");
    const YamlNode* given = media.find("schema");
    if (const auto* schema = given != nullptr ? schemas_.resolve(*given) : nullptr)
      read_body_schema(*schema);
    media.finish();
  }

  void read_invisible(const YamlNode& node) {
    char32_t code = 0;
    const std::string_view text = node.text;
    bool good = text.size() == 6 && text.starts_with("U+");
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
      const auto digit = std::string_view("0123456789ABCDEF").find(c);
      good &= digit != std::string_view::npos;
      code = code * 16 + static_cast<char32_t>(digit & 0xF);
    }
    // Three bytes in UTF-8, and no half of a surrogate pair.
    good &= code >= 0x0800 && (code < 0xD800 || code > 0xDFFF);
    if (good)
      rules_.invisible.push_back(code);
    else
      findings_.error(node.mark, "expected a character such as U+200B, of U+0800 to U+FFFF, got " +
                                     describe(node));
  }

  void read_body_schema(const YamlNode& node) {
    Section schema(node, place_of(node), findings_);
    if (node.kind != YamlNode::Kind::map) return;
    read_annotations(schema);
    schema.require("type");
    schema.only("type", "object");
    schema.require("properties");
    if (const auto* properties = schema.find("properties")) {
      refuse_repeated_keys(*properties, findings_);
      for (std::size_t i = 0; i < properties->keys.size(); ++i)
        read_member(properties->keys[i], properties->children[i]);
    }
    for (const auto& name : schema.list("required", "a list of names")) {
      const auto field = std::ranges::find(rules_.fields, name.text, &ContractField::name);
      if (field == rules_.fields.end() || !field->in_body)
        findings_.error(name.mark, "is no member of `properties`: " + describe(name));
      else
        field->required_in_body = true;
    }
    schema.finish();
  }

  void read_member(const YamlNode& name, const YamlNode& node) {
    const YamlNode* schema = schemas_.resolve(node);
    ContractField* field = schema ? add_field(name.text, name.mark, *schema) : nullptr;
    if (field == nullptr) return;
    field->in_body = true;
    if (field->type == FieldType::string) return;
    if (map_ != nullptr && map_ != schema)
      findings_.error(name.mark, "one object is taken, and there is another above");
    map_ = schema;
    rules_.preferences = schemas_.preferences(*schema);
  }

  // The field of that name, new or known from the other operation.
  ContractField* add_field(const std::string& name, Mark mark, const YamlNode& schema) {
    if (!is_plain_name(name)) {
      findings_.error(mark, "expected a name of letters, digits, '_' and '-', got `" + name + "`");
      return nullptr;
    }
    const auto known = std::ranges::find(rules_.fields, name, &ContractField::name);
    if (known != rules_.fields.end()) {
      const auto& first = *schemas_of_[static_cast<std::size_t>(known - rules_.fields.begin())];
      if (!same_content(first, schema))
        findings_.error(mark, "`" + name + "` has another schema on line " +
                                  std::to_string(first.mark.line) +
                                  ": write the same, or one under components that both refer to");
      return &*known;
    }
    if (rules_.fields.size() == Endpoint::most_fields) {
      findings_.error(mark, "more than " + std::to_string(Endpoint::most_fields) + " fields");
      return nullptr;
    }
    ContractField field = schemas_.field(schema);
    field.name = field.documented_query_name = name;
    if (!schemas_.says_secret(schema) && sounds_secret(name))
      findings_.error(mark, "`" + name +
                                "` sounds like a secret: give its schema `x-secret: true`, " +
                                "or `false` where it is none");
    rules_.fields.push_back(std::move(field));
    schemas_of_.push_back(&schema);
    return &rules_.fields.back();
  }

  void add_aliases() {
    const auto taken = [&](const std::string& alias) {
      return std::ranges::any_of(rules_.fields, [&](const ContractField& field) {
        return field.name == alias || std::ranges::count(field.aliases, alias) > 0;
      });
    };
    for (std::size_t f = 0; f < rules_.fields.size(); ++f)
      for (const auto& alias : rules_.fields[f].aliases)
        for (std::size_t other = 0; other < rules_.fields.size(); ++other)
          if (rules_.fields[other].name == alias ||
              (other < f && std::ranges::count(rules_.fields[other].aliases, alias) > 0))
            findings_.error(schemas_of_[f]->mark, "alias `" + alias + "` already stands for `" +
                                                      rules_.fields[other].name + "`");
    for (auto& field : rules_.fields)
      for (auto& alias : other_cases(field.name))
        if (!taken(alias)) field.aliases.push_back(std::move(alias));
  }

  void check_responses(const YamlNode& node) {
    refuse_repeated_keys(node, findings_);
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode* response = schemas_.resolve(node.children[i]);
      if (response == nullptr) continue;
      Section section(*response, place_of(*response), findings_);
      read_annotations(section);
      section.find("headers");
      if (const auto* content = section.find("content")) {
        refuse_repeated_keys(*content, findings_);
        for (const auto& media : content->children) {
          Section type(media, place_of(media), findings_);
          read_annotations(type);
          if (const auto* schema = type.find("schema")) schemas_.document(*schema);
          type.finish();
        }
      }
      section.finish();
    }
  }

  const YamlNode& key_;
  const YamlNode& node_;
  SchemaReader& schemas_;
  Findings& findings_;
  EndpointRules rules_;
  std::vector<const YamlNode*> schemas_of_;  // of each field, resolved
  const YamlNode* map_ = nullptr;            // the schema of the one object
};

}  // namespace

std::optional<Endpoint> read_endpoint(const YamlNode& key, const YamlNode& node,
                                      SchemaReader& schemas, Findings& findings) {
  return EndpointReader(key, node, schemas, findings).read();
}

}  // namespace filters
