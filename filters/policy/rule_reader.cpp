// The sections `rules` and `exceptions`.
#include <algorithm>

#include "filters/policy/reader.hpp"
#include "filters/yaml/units.hpp"

namespace filters {
namespace {

constexpr std::size_t most_rules = 1000;

// FNV-1a: stable for ever, because it decides which devices a rule reaches first.
std::uint64_t salt_of(std::string_view id) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

std::ptrdiff_t errors(const Findings& findings) {
  return std::ranges::count(findings.diagnostics, Diagnostic::Severity::error,
                            &Diagnostic::severity);
}

void read_rollout(Section& section, PolicyRule& rule) {
  std::string text;
  if (!section.text("rollout", text, "a share such as 25%")) return;
  const auto share = parse_share(text);
  if (!share)
    section.error("rollout", "expected a share such as 25% or 0.5%, got " +
                                 describe(*section.find("rollout")));
  else if (*share == 0)
    section.error("rollout", "reaches nobody: write `mode: off`");
  else
    rule.rollout = *share;
}

void read_rule(Section& section, PolicyReading& reading, PolicyRule& rule) {
  section.require("id");
  rule.mark = section.node().mark;
  if (section.text("id", rule.id, "a name such as alarm-always-on")) {
    rule.mark = section.mark("id");
    if (!is_rule_id(rule.id))
      section.error("id", "expected at most 56 letters, digits, '-' and '_', got " +
                              describe(*section.find("id")));
    else if (rule.id == "drift")
      section.error("id",
                    "`drift` is taken: what there is to say of answers has the id policy.drift");
  }
  rule.tag = "policy." + rule.id;
  rule.salt = salt_of(rule.id);
  section.text("why", rule.why, "a reason");
  section.text("owner", rule.owner, "a name");
  section.mode("mode", rule.mode);
  read_rollout(section, rule);
  if (auto when = section.section("when")) read_conditions(*when, reading, rule);
  read_effects(section, reading, rule);
  section.finish();
}

void read_exception(Section& section, PolicyReading& reading) {
  for (const char* key : {"rule", "device", "until", "owner", "reason"}) section.require(key);
  std::string id, owner, reason;
  RuleException exception{};
  const bool named = section.text("rule", id, "a rule's id");
  const auto* node = section.find("device");
  const auto device = node != nullptr ? reading.digest(*node) : std::nullopt;
  const bool ends = read_moment(section, "until", exception.until);
  section.text("owner", owner, "a name");
  section.text("reason", reason, "a reason");
  section.finish();

  auto& rules = reading.rules.rules;
  const auto rule = std::ranges::find(rules, id, &PolicyRule::id);
  if (named && rule == rules.end()) {
    section.error("rule", "no rule has the id `" + id + "`" + did_you_mean(id, ids_of(rules)));
  }
  if (ends && exception.until <= reading.around.now)
    section.warn("until", "the exception ended on " + format_moment(exception.until) + ": rule `" +
                              id + "` acts on the device again");
  if (!device || !ends || rule == rules.end()) return;
  exception.device = *device;
  exception.note = "does not act: exception of " + owner + " until " +
                   format_moment(exception.until) + ": " + reason;
  rule->exceptions.push_back(std::move(exception));
}

}  // namespace

void read_rules(Section& root, PolicyReading& reading) {
  root.require("rules");
  const auto& items = root.list("rules", "a list of rules");
  if (items.size() > most_rules)
    return root.error("rules", "more than " + std::to_string(most_rules) + " rules");
  auto& rules = reading.rules.rules;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section section = root.item("rules", i);
    if (items[i].kind != YamlNode::Kind::map) continue;
    PolicyRule rule;
    const auto before = errors(reading.findings);
    read_rule(section, reading, rule);
    reading.faulty.push_back(errors(reading.findings) > before);
    const auto same = std::ranges::find(rules, rule.id, &PolicyRule::id);
    if (!rule.id.empty() && same != rules.end())
      section.error("id", "the rule on line " + std::to_string(same->mark.line) + " has this id");
    rules.push_back(std::move(rule));
  }
}

void read_exceptions(Section& root, PolicyReading& reading) {
  const auto& items = root.list("exceptions", "a list of exceptions");
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section section = root.item("exceptions", i);
    if (items[i].kind == YamlNode::Kind::map) read_exception(section, reading);
  }
  for (auto& rule : reading.rules.rules)
    std::ranges::stable_sort(rule.exceptions, {}, &RuleException::device);
}

}  // namespace filters
