#include "filters/yaml/section.hpp"

#include <algorithm>
#include <map>

#include "filters/yaml/units.hpp"

namespace filters {
namespace {

constexpr std::string_view name_start = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view name_rest =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

// `text` with each ${NAME} replaced; "$${" stands for "${". A fault where `fault` is not empty.
std::string fill_in(std::string_view text, Findings::Environment environment, std::string& fault) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    filled += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      filled += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t close = text.find('}');
      const std::string name(text.substr(2, close == text.npos ? text.npos : close - 2));
      if (close == text.npos || name.empty() || name_start.find(name[0]) == name_start.npos ||
          name.find_first_not_of(name_rest) != name.npos) {
        fault = "expected `${NAME}`, an environment variable; a plain `${` is written `$${`";
        return {};
      }
      const char* value = environment(name.c_str());
      if (value == nullptr) {
        fault = "environment variable " + ticked(name) + " is not set";
        return {};
      }
      filled += value;
      text.remove_prefix(close + 1);
    } else if (!text.empty()) {
      filled += text[0];
      text.remove_prefix(1);
    }
  }
  return filled;
}

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::nothing:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  // As written: what an environment variable holds may be a secret.
  constexpr std::size_t most = 64;
  if (node.text.size() <= most) return ticked(node.text);
  std::string shortened(node.text, 0, most);
  return ticked(shortened.append("..."));
}

Section::Section(const YamlNode& node, std::string path, Findings& findings)
    : node_(node), path_(std::move(path)), findings_(findings) {
  if (node.kind == YamlNode::Kind::map) return;
  findings.error(node.mark, "expected a map of keys, got " + describe(node));
}

std::string Section::full(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

bool Section::has(std::string_view key) const {
  return std::ranges::find(node_.keys, key, &YamlNode::text) != node_.keys.end();
}

const YamlNode* Section::find(std::string_view key) {
  known_.push_back(key);
  const auto found = std::ranges::find(node_.keys, key, &YamlNode::text);
  if (found == node_.keys.end()) return nullptr;
  const YamlNode& value = node_.children[static_cast<std::size_t>(found - node_.keys.begin())];
  findings_.where[full(key)] = value.mark;
  return &value;
}

Mark Section::mark(std::string_view key) const {
  const auto found = findings_.where.find(full(key));
  return found == findings_.where.end() ? node_.mark : found->second;
}

void Section::warn(std::string_view key, std::string what) {
  findings_.warn(mark(key), std::move(what));
}

std::optional<Section> Section::section(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr) return {};
  Section below(*node, full(key), findings_);
  if (node->kind != YamlNode::Kind::map) return {};
  return below;
}

const std::vector<YamlNode>& Section::list(std::string_view key, std::string_view expected) {
  static const std::vector<YamlNode> none;
  const YamlNode* node = find(key);
  if (node == nullptr) return none;
  if (node->kind == YamlNode::Kind::list) return node->children;
  findings_.error(node->mark, "expected " + std::string(expected) + ", got " + describe(*node));
  return none;
}

Section Section::item(std::string_view key, std::size_t index) const {
  const auto found = std::ranges::find(node_.keys, key, &YamlNode::text);
  const YamlNode& list = node_.children[static_cast<std::size_t>(found - node_.keys.begin())];
  return {list.children.at(index), full(key) + "[" + std::to_string(index) + "]", findings_};
}

std::optional<std::string> Section::expand(const YamlNode& node, std::string_view expected) {
  const auto fail = [&](std::string what) {
    findings_.error(node.mark, std::move(what));
    return std::nullopt;
  };
  if (node.kind != YamlNode::Kind::scalar)
    return fail("expected " + std::string(expected) + ", got " + describe(node));
  std::string fault;
  std::string filled = findings_.environment == nullptr
                           ? node.text
                           : fill_in(node.text, findings_.environment, fault);
  if (!fault.empty()) return fail(std::move(fault));
  if (filled.empty()) return fail("expected " + std::string(expected) + ", got an empty text");
  if (has_control_character(filled))
    return fail("expected " + std::string(expected) + ", got control characters");
  return filled;
}

bool Section::text(std::string_view key, std::string& out, std::string_view expected) {
  const YamlNode* node = find(key);
  auto filled = node == nullptr ? std::nullopt : expand(*node, expected);
  if (filled) out = std::move(*filled);
  return filled.has_value();
}

bool Section::path(std::string_view key, std::filesystem::path& out) {
  std::string name;
  if (!text(key, name, "a file name")) return false;
  out = (std::filesystem::absolute(findings_.file).parent_path() / name).lexically_normal();
  return true;
}

namespace {

// What the three kinds of number have in common: `parse`, then the range.
template <class T, class Parse, class Format>
bool number(Section& section, std::string_view key, T& out, Range<T> range,
            std::string_view expected, std::string_view units, Parse parse, Format format) {
  std::string text;
  if (!section.text(key, text, expected)) return false;
  const YamlNode& node = *section.find(key);
  const auto value = parse(text);
  if (!value) {
    const bool bare = !units.empty() && parse_count(text).has_value();
    section.error(key, "expected " + std::string(expected) + ", got " + describe(node) +
                           (bare ? ": give a unit (" + std::string(units) + ")" : ""));
    return false;
  }
  if (*value < range.least || *value > range.most) {
    section.error(key, "expected " + format(range.least) + " to " + format(range.most) + ", got " +
                           describe(node));
    return false;
  }
  out = static_cast<T>(*value);
  return true;
}

}  // namespace

bool Section::size(std::string_view key, std::size_t& out, Range<std::size_t> range) {
  return number(*this, key, out, range, "a size such as 64KiB", "B, KiB, MiB, GiB", parse_size,
                format_size);
}

bool Section::count(std::string_view key, std::size_t& out, Range<std::size_t> range) {
  return number(*this, key, out, range, "a whole number", "", parse_count,
                [](std::size_t value) { return std::to_string(value); });
}

bool Section::time(std::string_view key, std::chrono::milliseconds& out,
                   Range<std::chrono::milliseconds> range) {
  return number(*this, key, out, range, "a time such as 30s", "ms, s, min, h, d", parse_time,
                format_time);
}

bool Section::mode(std::string_view key, Mode& out) {
  return choice<Mode>(key, out,
                      {{"off", Mode::off},
                       {"observe", Mode::observe},
                       {"warn", Mode::warn},
                       {"enforce", Mode::enforce}});
}

std::optional<std::size_t> Section::pick(std::string_view key, const Words& words,
                                         const Words& later) {
  const std::string expected = words.size() == 1
                                   ? listed(words) + ", the only value in this version"
                                   : "one of " + listed(words);
  std::string word;
  if (!text(key, word, expected)) return {};
  const auto found = std::ranges::find(words, word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  if (std::ranges::find(later, word) != later.end())
    error(key, ticked(word) + " is not in this version, which takes " + listed(words));
  else
    error(key,
          "expected " + expected + ", got " + describe(*find(key)) + did_you_mean(word, words));
  return {};
}

std::string_view Section::report_unknown(const YamlNode& key) {
  Words absent;
  std::ranges::copy_if(known_, std::back_inserter(absent),
                       [this](std::string_view word) { return !has(word); });
  findings_.error(key.mark, "unknown key " + describe(key) + did_you_mean(key.text, absent));
  return nearest_word(key.text, absent);
}

void refuse_repeated_keys(const YamlNode& map, Findings& findings) {
  std::map<std::string_view, int> lines;
  for (const YamlNode& key : map.keys)
    if (const auto [first, is_new] = lines.try_emplace(key.text, key.mark.line); !is_new)
      findings.error(key.mark, "key " + describe(key) + " is given twice, first on line " +
                                   std::to_string(first->second));
}

void Section::finish() {
  refuse_repeated_keys(node_, findings_);
  for (auto key = node_.keys.begin(); key != node_.keys.end(); ++key) {
    const bool first = std::ranges::find(node_.keys, key->text, &YamlNode::text) == key;
    if (first && std::ranges::find(known_, key->text) == known_.end())
      std::erase(required_, report_unknown(*key));
  }
  for (const std::string_view key : required_)
    if (!has(key))
      findings_.error(path_.empty() ? Mark{} : node_.mark, ticked(key) + " is missing");
}

}  // namespace filters
