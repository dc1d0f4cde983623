// The section `audit` of the configuration.
#include <algorithm>

#include "filters/chain_rules.hpp"
#include "filters/policy/globs.hpp"
#include "filters/yaml/units.hpp"
#include "proxy/config_sections.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;
using filters::did_you_mean;
using filters::LevelOverride;
using filters::LevelSettings;
using filters::RecordLevel;
using filters::ticked;

void read_level(Section& section, RecordLevel& level, std::string_view of_what) {
  section.choice<RecordLevel>("level", level,
                              {{"none", RecordLevel::none},
                               {"metadata", RecordLevel::metadata},
                               {"request", RecordLevel::request},
                               {"full", RecordLevel::full}});
  if (level == RecordLevel::none && !of_what.empty())
    section.warn("level", "no record: " + std::string(of_what) +
                              " leave no evidence of what was changed, refused or forwarded");
}

bool same_subject(const LevelOverride& a, const LevelOverride& b) {
  return a.path == b.path && a.rule == b.rule;
}

void read_levels(Section& audit, LevelSettings& levels) {
  const auto& items = audit.list("levels", "a list of paths and rules with their level");
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section section = audit.item("levels", i);
    LevelOverride each;
    if (items[i].kind == YamlNode::Kind::map) {
      const bool both = section.has("path") && section.has("rule");
      if (both || (!section.has("path") && !section.has("rule")))
        section.error(items[i].mark, "expected either `path` or `rule`, and `level`");
      section.text("path", each.path, "a path of the contract");
      section.text("rule", each.rule, "the id of a rule");
      section.require("level");
      read_level(section, each.level, each.path.empty() ? "" : "exchanges of this path");
      section.finish();
      if (!both && !(each.path.empty() && each.rule.empty()) &&
          std::ranges::any_of(levels.overrides,
                              [&](const auto& other) { return same_subject(each, other); }))
        section.error(items[i].mark, ticked(each.path + each.rule) + " has a level above already");
    }
    levels.overrides.push_back(std::move(each));  // a faulty one, too: item i is override i
  }
}

// A time, or for ever.
void read_keep(Section& section, AuditConfig& audit) {
  const auto* node = section.find("keep");
  if (node && node->kind == YamlNode::Kind::scalar && node->text == "forever") {
    audit.keep.reset();
    return;
  }
  milliseconds keep{};
  if (section.time("keep", keep, {1s, 24h * 36'500})) audit.keep = keep;
}

// Where a value of an override stands.
Mark mark_of(const Config& config, std::size_t number, std::string_view key) {
  const auto name = "audit.levels[" + std::to_string(number) + "]." + std::string(key);
  const auto found = config.where.find(name);
  return found == config.where.end() ? Mark{} : found->second;
}

// Empty, or what is wrong with the id.
std::string fault_of_rule(const std::string& id, const std::vector<std::string_view>& known) {
  std::string fault;
  const auto ids = filters::compile_globs(std::span(&id, 1), filters::Folding::exact, fault);
  if (!ids) return fault;
  if (std::ranges::any_of(known, [&](std::string_view each) { return ids->matches(each); }))
    return {};
  return "no rule has the id " + ticked(id) + did_you_mean(id, known);
}

// What every governed path has at least.
RecordLevel lowest(const Config& config) {
  const filters::RecordLevels levels(config.audit.levels);
  auto lowest = RecordLevel::full;
  for (const auto& endpoint : config.contract->endpoints())
    lowest = std::min(lowest, levels.of_path(&endpoint));
  return lowest;
}

}  // namespace

void read_audit(Section& root, AuditConfig& audit) {
  auto section = root.section("audit");
  if (!section) return;
  if (section->has("directory") && !section->path("directory", audit.directory))
    audit.directory.clear();
  read_level(*section, audit.levels.level, "exchanges that `levels` does not name");
  read_levels(*section, audit.levels);
  for (const auto& [key, file] :
       {std::pair{"hmac_key", &audit.hmac_key}, std::pair{"signing_key", &audit.signing_key}}) {
    std::string text;
    std::filesystem::path named;
    if (section->text(key, text, "generated or a file name") && text != "generated" &&
        section->path(key, named))
      *file = std::move(named);
  }
  section->choice<OnFull>(
      "on_full", audit.on_full,
      {{"reject", OnFull::reject}, {"drop", OnFull::drop}, {"block", OnFull::block}});
  section->choice<Durability>(
      "durability", audit.durability,
      {{"none", Durability::none}, {"batch", Durability::batch}, {"request", Durability::request}});
  section->size("segment", audit.segment, {4 * kib, 4 * kib * mib});
  section->time("segment_age", audit.segment_age, {1s, 24h * 3650});
  read_keep(*section, audit);
  section->finish();
}

void check_levels(const Config& config, const filters::PolicyRules* policy, Findings& findings) {
  std::vector<std::string_view> paths;
  for (const auto& endpoint : config.contract->endpoints()) paths.push_back(endpoint.path());
  std::vector<std::string_view> rules(filters::chain_rules.begin(), filters::chain_rules.end());
  if (policy)
    for (const auto& rule : policy->rules) rules.push_back(rule.tag);
  const auto least = lowest(config);
  const auto& overrides = config.audit.levels.overrides;
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const auto& [path, rule, level] = overrides[i];
    if (!path.empty() && std::ranges::find(paths, path) == paths.end())
      findings.error(mark_of(config, i, "path"),
                     "the contract has no path " + ticked(path) + did_you_mean(path, paths));
    if (rule.empty() || !path.empty()) continue;
    const auto fault = policy ? fault_of_rule(rule, rules) : std::string{};
    if (!fault.empty()) findings.error(mark_of(config, i, "rule"), fault);
    if (level <= least)
      findings.error(mark_of(config, i, "level"), "never reached: every path has level " +
                                                      ticked(filters::to_string(least)) +
                                                      ", and a rule can only raise it");
  }
}

}  // namespace proxy
