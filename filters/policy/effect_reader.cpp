// What a rule does: `force`, `default`, `forbid`, `deny`.
#include <algorithm>

#include "filters/policy/reader.hpp"

namespace filters {
namespace {

constexpr std::size_t longest_message = 200;
constexpr std::size_t most_names = 4096;  // that rules set, in all
// Those that promise nothing a denial could not keep: no challenge (401), no time (408, 429).
constexpr std::array denial_statuses{400, 403, 404, 409, 410, 422, 451};

bool is_preference_text(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [&](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || more.find(c) != more.npos;
  });
}

class EffectReader {
 public:
  EffectReader(Section& rule_section, PolicyReading& reading, PolicyRule& rule)
      : section_(rule_section), reading_(reading), rule_(rule) {
    for (const auto& endpoint : reading.around.contract.endpoints())
      if (map_field(endpoint) != Endpoint::none) maps_.push_back(&endpoint);
  }

  void run() {
    read_values("force", rule_.force);
    read_values("default", rule_.defaults);
    read_forbidden();
    if (auto deny = section_.section("deny")) read_denial(*deny);
    const bool edits = has("force") || has("default") || has("forbid");
    if (!edits && !has("deny"))
      section_.error(rule_.mark,
                     "the rule does nothing: give `force`, `default`, `forbid` or "
                     "`deny`");
    if (edits && has("deny"))
      section_.error("deny", "a rule that denies lets nothing through to edit: make it two rules");
    if (edits && maps_.empty())
      section_.error(rule_.mark, "the contract has no map of preferences: only `deny` can act");
    else if (edits && !rule_.when.post)
      section_.error(rule_.mark,
                     "never acts: preferences come with POST alone, and `method` asks "
                     "for GET");
    compare();
  }

 private:
  bool has(std::string_view key) const { return section_.has(key); }

  bool known(std::string_view name) const {
    return std::ranges::any_of(maps_, [&](auto* map) { return map->known_preference(name); });
  }

  void check_name(const YamlNode& key) {
    const auto accepts = [&](const Endpoint* map) { return map->valid_preference_name(key.text); };
    if (!is_preference_text(key.text, "") || std::ranges::none_of(maps_, accepts))
      return section_.error(key.mark,
                            "the contract takes no preference of the name " + describe(key));
    if (known(key.text)) return;
    std::string_view nearest;
    for (const auto* map : maps_)
      if (nearest.empty()) nearest = map->nearest_preference(key.text);
    reading_.findings.warn(
        key.mark, describe(key) + " is not a known preference" +
                      (nearest.empty() ? "" : " (did you mean `" + std::string(nearest) + "`?)"));
  }

  void read_values(std::string_view name, std::vector<PreferenceValue>& out) {
    auto map = section_.section(name);
    if (!map) return;
    const auto& node = map->node();
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      map->find(node.keys[i].text);
      if (!maps_.empty()) check_name(node.keys[i]);
      if (reading_.names.size() > most_names) break;
      if (const auto value = read_boolean(node.children[i], reading_.findings))
        out.push_back({reading_.name(node.keys[i].text), *value, node.keys[i].mark});
    }
    if (node.keys.empty()) section_.error(name, "expected a map such as {alarm: true}");
    if (reading_.names.size() > most_names)
      section_.error(name, "more than " + std::to_string(most_names) + " names");
    map->finish();
  }

  void read_forbidden() {
    std::vector<std::string> globs;
    for (const auto* node : read_texts(section_, "forbid", "names such as lootbox_*")) {
      globs.push_back(node->text);
      if (!is_preference_text(node->text, "*"))
        section_.error(node->mark,
                       "expected a name, with * for any characters, got " + describe(*node));
      else if (!maps_.empty())
        check_forbidden(*node);
    }
    rule_.forbid_mark = section_.mark("forbid");
    if (globs.empty()) return;
    std::string fault;
    rule_.forbid = compile_globs(globs, Folding::exact, fault);
    if (!rule_.forbid) section_.error("forbid", fault);
  }

  void check_forbidden(const YamlNode& node) {
    if (node.text.find('*') == node.text.npos) return check_name(node);
    std::string fault;
    const auto pattern = compile_globs(std::vector{node.text}, Folding::exact, fault);
    if (!pattern) return;
    for (const auto* map : maps_)
      for (const auto& name : map->preferences().known)
        if (pattern->matches(name)) return;
    reading_.findings.warn(node.mark, describe(node) + " matches no known preference");
  }

  void read_denial(Section& deny) {
    Denial denial;
    std::size_t status = 403;
    if (deny.count("status", status, {0, 999}) &&
        std::ranges::find(denial_statuses, static_cast<int>(status)) == denial_statuses.end())
      deny.error("status", "expected 400, 403, 404, 409, 410, 422 or 451, got " +
                               describe(*deny.find("status")));
    denial.status = static_cast<int>(status);
    deny.require("message");
    deny.text("message", denial.message, "what the client is told");
    if (denial.message.size() > longest_message)
      deny.error("message", "expected at most " + std::to_string(longest_message) + " bytes");
    deny.finish();
    rule_.deny = std::move(denial);
  }

  // A rule against itself.
  void compare() {
    for (const auto& value : rule_.defaults) {
      const auto name = reading_.names[value.name];
      if (std::ranges::find(rule_.force, value.name, &PreferenceValue::name) != rule_.force.end())
        section_.error(value.mark, "never acts: the rule forces `" + name + "`");
    }
    if (!rule_.forbid) return;
    for (const auto* values : {&rule_.force, &rule_.defaults})
      for (const auto& value : *values)
        if (rule_.forbid->matches(reading_.names[value.name]))
          section_.error(value.mark, "contradicts `forbid` of the same rule on line " +
                                         std::to_string(rule_.forbid_mark.line));
  }

  Section& section_;
  PolicyReading& reading_;
  PolicyRule& rule_;
  std::vector<const Endpoint*> maps_;
};

}  // namespace

void read_effects(Section& section, PolicyReading& reading, PolicyRule& rule) {
  EffectReader(section, reading, rule).run();
}

}  // namespace filters
