#include "tests/support/naive_policy.hpp"

#include <algorithm>

#include "tests/support/policy.hpp"

namespace tests {
namespace {

template <class List>
auto pick(std::mt19937& random, const List& list) {
  return list[random() % std::size(list)];
}

bool any_glob(const std::vector<std::string>& globs, const std::string& text) {
  return globs.empty() ||
         std::ranges::any_of(globs, [&](auto& glob) { return naive_glob(glob, text); });
}

// Numbers of a version, without the build.
std::vector<int> numbers(std::string text) {
  text = text.substr(0, text.find('-'));
  std::vector<int> out;
  for (std::size_t at = 0; at != std::string::npos;) {
    out.push_back(std::stoi(text.substr(at)));
    at = text.find('.', at);
    if (at != std::string::npos) ++at;
  }
  out.resize(4);
  return out;
}

bool in_range(std::string range, const std::string& version) {
  range += ' ';
  for (std::size_t at = 0; at < range.size();) {
    const auto end = range.find(' ', at);
    const auto word = range.substr(at, end - at);
    at = end + 1;
    const auto digits = word.find_first_of("0123456789");
    const auto wanted = numbers(word.substr(digits)), given = numbers(version);
    const auto comparison = word.substr(0, digits);
    const bool holds = comparison == ">="  ? given >= wanted
                       : comparison == ">" ? given > wanted
                       : comparison == "<" ? given < wanted
                                           : given <= wanted;
    if (!holds) return false;
  }
  return true;
}

bool in_group(const std::string& group, const NaiveRequest& request) {
  const bool east = request.address.starts_with("10.0."),
             west = request.address.starts_with("10.200.");
  if (group == "east") return east;
  if (group == "west") return west;
  if (group == "all") return east || west;
  return group.empty() || request.token == "bench:1";
}

std::string list(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const auto& word : words) text += (text.size() > 1 ? ", \"" : "\"") + word + '"';
  return text + "]";
}

std::string map(const PreferenceTexts& values) {
  std::string text = "{";
  for (const auto& [name, value] : values)
    text += (text.size() > 1 ? ", " : "") + name + (value ? ": true" : ": false");
  return text + "}";
}

std::string day(int number) {
  return "2026-06-" + std::string(number < 10 ? "0" : "") + std::to_string(number);
}

PreferenceTexts random_values(std::mt19937& random, const NaiveRule& rule) {
  PreferenceTexts values;
  for (auto count = 1 + random() % 2; count > 0; --count) {
    const auto name = pick(random, naive_names);
    if (!rule.forbids(name) && !rule.force.contains(name)) values[name] = random() % 2 == 0;
  }
  return values;
}

void random_conditions(std::mt19937& random, NaiveRule& rule) {
  const auto sometimes = [&](std::vector<std::string>& out, std::vector<std::string> choices) {
    if (random() % 3 != 0) return;
    out.push_back(pick(random, choices));
    if (random() % 4 == 0) out.push_back(pick(random, choices));
  };
  sometimes(rule.locales, {"en", "en*", "de", "*_GB", "e*"});
  sometimes(rule.device_types, {"ios", "ios*", "*-beta", "android*", "*o*"});
  sometimes(rule.platforms, {"ios", "android", "*"});
  sometimes(rule.versions, {"<4", ">=4 <5", ">4", "<=4.1", ">=5", ">4 <5"});
  if (rule.versions.size() > 1) rule.versions.pop_back();
  if (random() % 3 == 0)
    rule.group = pick(random, std::vector<std::string>{"east", "west", "all", "bench"});
  if (random() % 4 == 0) rule.from = 2 + static_cast<int>(random() % 3);
  if (random() % 4 == 0) rule.until = 5 + static_cast<int>(random() % 3);
}

}  // namespace

bool naive_glob(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*')
    return naive_glob(glob.substr(1), text) || (!text.empty() && naive_glob(glob, text.substr(1)));
  return !text.empty() && glob[0] == text[0] && naive_glob(glob.substr(1), text.substr(1));
}

bool NaiveRule::matches(const NaiveRequest& request) const {
  if (!methods.empty() && std::ranges::find(methods, request.method) == methods.end()) return false;
  return any_glob(locales, request.locale) && any_glob(device_types, request.device_type) &&
         any_glob(platforms, request.platform) &&
         (versions.empty() || in_range(versions[0], request.version)) && in_group(group, request) &&
         (!from || request.day >= *from) && (!until || request.day < *until);
}

bool NaiveRule::forbids(const std::string& name) const {
  return std::ranges::any_of(forbid, [&](auto& glob) { return naive_glob(glob, name); });
}

std::string NaiveRule::text() const {
  std::string when;
  const auto add = [&](const std::string& key, const std::string& value) {
    when += (when.empty() ? "" : ", ") + key + ": " + value;
  };
  if (!methods.empty()) add("method", list(methods));
  if (!locales.empty()) add("locale", list(locales));
  if (!device_types.empty()) add("device_type", list(device_types));
  if (!platforms.empty()) add("platform", list(platforms));
  if (!versions.empty()) add("app_version", list(versions));
  if (!group.empty()) add("group", group);
  if (from) add("from", day(*from));
  if (until) add("until", day(*until));
  std::string line = "  - {id: " + id + ", mode: " + mode;
  if (!when.empty()) line += ", when: {" + when + "}";
  if (!force.empty()) line += ", force: " + map(force);
  if (!defaults.empty()) line += ", default: " + map(defaults);
  if (!forbid.empty()) line += ", forbid: " + list(forbid);
  if (deny) line += ", deny: {message: no}";
  return line + "}\n";
}

std::string naive_bench() {
  return PlainHash().text("bench:1") + "\n";
}

std::string NaivePolicy::text() const {
  std::string text =
      "version: 1\ngroups:\n  east: {network: 10.0.0.0/16}\n  west: {network: 10.200.0.0/16}\n"
      "  all: {network: 10.0.0.0/8}\n  bench: {devices: bench.txt}\nrules:\n";
  for (const auto& rule : rules) text += rule.text();
  return text;
}

NaiveResult NaivePolicy::apply(const NaiveRequest& request) const {
  NaiveResult result{.preferences = request.preferences, .rules = {}};
  const bool post = request.method == "POST";
  for (const auto& rule : rules) {
    if (rule.mode == "off" || !rule.matches(request)) continue;
    auto after = result.preferences;
    if (post) {
      for (const auto& [name, value] : rule.force) after[name] = value;
      for (const auto& [name, value] : rule.defaults) after.try_emplace(name, value);
      std::erase_if(after, [&](const auto& entry) { return rule.forbids(entry.first); });
    }
    if (rule.deny || after != result.preferences) result.rules.push_back(rule.id);
    if (rule.mode != "enforce") continue;
    if (rule.deny) {
      result.denied = true;
      return result;
    }
    result.preferences = after;
  }
  return result;
}

NaivePolicy random_policy(std::mt19937& random, std::size_t rules, bool all_enforced) {
  NaivePolicy policy;
  for (std::size_t i = 0; i < rules; ++i) {
    NaiveRule rule;
    rule.id = "r" + std::to_string(i);
    constexpr std::string_view modes[] = {"enforce", "enforce", "enforce",
                                          "observe", "warn",    "off"};
    rule.mode = all_enforced ? "enforce" : pick(random, modes);
    random_conditions(random, rule);
    rule.deny = random() % 5 == 0;
    if (rule.deny && random() % 2 == 0) rule.methods = {pick(random, naive_methods)};
    if (!rule.deny) {
      if (random() % 3 == 0)
        rule.forbid = {pick(random, std::vector<std::string>{"lootbox_*", "lootbox_a", "key*"})};
      if (random() % 3 != 0 || rule.forbid.empty()) rule.force = random_values(random, rule);
      if (random() % 3 == 0) rule.defaults = random_values(random, rule);
      if (rule.forbid.empty() && rule.force.empty() && rule.defaults.empty())
        rule.force = {{"alarm", random() % 2 == 0}};
    }
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

NaiveRequest random_request(std::mt19937& random) {
  NaiveRequest request{.method = pick(random, naive_methods),
                       .locale = pick(random, naive_locales),
                       .device_type = pick(random, naive_device_types),
                       .platform = pick(random, naive_platforms),
                       .version = pick(random, naive_versions),
                       .address = pick(random, naive_addresses),
                       .token = pick(random, naive_tokens),
                       .day = 1 + static_cast<int>(random() % 8)};
  if (request.method == "POST")
    for (const auto& name : naive_names)
      if (random() % 2 == 0) request.preferences[name] = random() % 2 == 0;
  return request;
}

}  // namespace tests
