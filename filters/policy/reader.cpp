#include "filters/policy/reader.hpp"

#include <algorithm>

#include "filters/yaml/units.hpp"

namespace filters {

std::uint16_t PolicyReading::name(std::string_view text) {
  const auto index = std::ranges::find(names, text) - names.begin();
  if (index == std::ssize(names)) names.emplace_back(text);
  return static_cast<std::uint16_t>(index);
}

std::uint16_t PolicyReading::text_set(std::vector<std::string> globs, Folding folding, Mark mark) {
  auto& sets = rules.texts;
  const auto same = std::ranges::find_if(
      sets, [&](const TextSet& set) { return set.folding == folding && set.globs == globs; });
  const auto index = same - sets.begin();
  if (same != sets.end()) return static_cast<std::uint16_t>(index);
  std::string fault;
  auto pattern = compile_globs(globs, folding, fault);
  if (!pattern) {
    findings.error(mark, fault);
    return Conditions::any;
  }
  sets.push_back({std::move(globs), folding, std::move(*pattern)});
  return static_cast<std::uint16_t>(index);
}

std::optional<Digest> PolicyReading::digest(const YamlNode& node) {
  const auto found = parse_secret_digest(node.text);
  if (node.kind != YamlNode::Kind::scalar || !found) {
    findings.error(node.mark,
                   "expected a device token's hash as records have it, hmac-sha256:<8 hex "
                   "digits>:<64 hex digits>");
    return {};
  }
  note_key(found->key_id);
  return found->digest;
}

void PolicyReading::note_key(const std::string& id) {
  if (std::ranges::find(rules.key_ids, id) == rules.key_ids.end()) rules.key_ids.push_back(id);
}

std::vector<const YamlNode*> read_texts(Section& section, std::string_view key,
                                        std::string_view expected) {
  std::vector<const YamlNode*> texts;
  const YamlNode* const node = section.find(key);
  if (node == nullptr) return texts;
  if (node->kind != YamlNode::Kind::list) {
    if (section.expand(*node, expected)) texts.push_back(node);
    return texts;
  }
  for (const YamlNode& item : node->children)
    if (section.expand(item, expected)) texts.push_back(&item);
  if (node->children.empty())
    section.error(node->mark, "expected " + std::string(expected) + ", got an empty list");
  return texts;
}

bool read_moment(Section& section, std::string_view key, Moment& out) {
  constexpr std::string_view expected = "a date such as 2027-01-01 or 2027-01-01T08:00:00Z, in UTC";
  std::string text;
  if (!section.text(key, text, expected)) return false;
  const auto moment = parse_moment(text);
  if (!moment) {
    section.error(key,
                  "expected " + std::string(expected) + ", got " + describe(*section.find(key)));
    return false;
  }
  out = *moment;
  return true;
}

std::optional<bool> read_boolean(const YamlNode& node, Findings& findings) {
  if (node.kind == YamlNode::Kind::scalar && (node.text == "true" || node.text == "false"))
    return node.text == "true";
  findings.error(node.mark, "expected true or false, got " + describe(node));
  return {};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  return did_you_mean(word, std::span(words));
}

std::vector<std::string> ids_of(const std::vector<PolicyRule>& rules) {
  std::vector<std::string> ids(rules.size());
  std::ranges::transform(rules, ids.begin(), &PolicyRule::id);
  return ids;
}

bool is_rule_id(std::string_view text) {
  return !text.empty() && text.size() <= longest_shown_name &&
         std::ranges::all_of(text, [](char c) {
           return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

}  // namespace filters
