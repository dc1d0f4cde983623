#include "filters/policy/policy_diff.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "filters/policy/composed_exchange.hpp"

namespace filters {
namespace {

constexpr std::string_view rule_prefix = "policy.";

std::string rule_id(std::string_view rule) {
  return std::string(rule.substr(rule_prefix.size()));
}

std::string said(const std::map<std::string, bool>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? "absent" : found->second ? "true" : "false";
}

// As the journal names it.
std::string shown(const std::string& name) {
  if (name.size() <= longest_shown_name) return name;
  Arena arena;
  return std::string(shown_name(name, arena));
}

void keep_first(std::vector<std::uint64_t>& seqs) {
  std::ranges::sort(seqs);
  if (seqs.size() > PolicyEffect::most_examples) seqs.resize(PolicyEffect::most_examples);
}

// Of what was recorded the contract was already asked.
Pipeline pipeline_of(const PolicyRules& rules) {
  Settings settings;
  settings.validate = {Mode::off, Mode::off, Mode::off};
  settings.policy = std::make_shared<const PolicyRules>(rules);
  return make_pipeline(settings);
}

}  // namespace

// What came of one request under one policy.
struct PolicyDiff::Result {
  int denied = 0;                              // the status; 0: forwarded
  std::string denier;                          // id of the rule
  std::map<std::string, bool> map;             // the preferences, as they leave
  std::map<std::string, std::string> editors;  // by preference: id of the last rule that acted

  Result(const RecordedRequest& request, const Pipeline& pipeline) {
    ComposedExchange composed(request.parts, *request.endpoint, request.time);
    const bool forwarded = composed.run(pipeline);
    const auto& exchange = composed.exchange();
    if (!forwarded) denied = exchange.verdict.status();
    read_journal(exchange.journal);
    if (forwarded && request.parts.method == Method::post) read_map(exchange);
  }

 private:
  void read_journal(const Journal& journal) {
    for (const auto& entry : journal) {
      if (!entry.rule.starts_with(rule_prefix)) continue;
      if (entry.kind == Kind::violation) denier = rule_id(entry.rule);
      if (entry.kind == Kind::edit)
        editors[std::string(entry.pointer.substr(entry.pointer.rfind('/') + 1))] =
            rule_id(entry.rule);
    }
  }

  void read_map(const Exchange& exchange) {
    const auto field = map_field(*exchange.endpoint);
    const auto* const holder = field == Endpoint::none ? nullptr : exchange.field(field);
    if (!holder) return;
    const auto& members = exchange.body.members;
    for (auto i = exchange.fields[field] + 1; i < holder->next; i = members[i].next)
      if (!members[i].dropped) map[std::string(members[i].name)] = members[i].text == "true";
  }
};

PolicyDiff::PolicyDiff(const PolicyRules& before, const PolicyRules& after,
                       const Contract& contract)
    : contract_(contract), before_(pipeline_of(before)), after_(pipeline_of(after)) {}

bool PolicyDiff::add(std::string_view line) {
  RecordedRequest request;
  const auto replay = read_recorded_request(line, contract_, request);
  ++counts_[static_cast<std::size_t>(replay)];
  if (replay == Replay::no_record) return false;
  ++records_;
  if (replay != Replay::ready) return true;
  if (!request.key_id.empty()) key_ids_.insert(request.key_id);
  compare(request, Result(request, before_), Result(request, after_));
  return true;
}

void PolicyDiff::compare(const RecordedRequest& request, const Result& before,
                         const Result& after) {
  using enum PolicyEffect::Kind;
  std::set<PolicyEffect::Key> touched;
  const auto note = [&](PolicyEffect::Kind kind, const std::string& rule,
                        bool of_new) -> PolicyEffect& {
    PolicyEffect::Key key{kind, rule, of_new};
    auto& found = effects_[key];
    if (touched.insert(std::move(key)).second) {
      ++found.exchanges;
      found.examples.push_back(request.seq);
      keep_first(found.examples);
    }
    return found;
  };
  if (after.denied != 0 && before.denied == 0)
    note(newly_denied, after.denier, true);
  else if (after.denied == 0 && before.denied != 0)
    note(no_longer_denied, before.denier, false);
  else if (after.denied != before.denied)
    note(answered_otherwise, after.denier, true);

  if (after.denied == 0 && before.denied == 0) {
    std::set<std::string> names;
    for (const auto* const map : {&before.map, &after.map})
      for (const auto& [name, value] : *map) names.insert(name);
    for (const auto& name : names) {
      const auto was = said(before.map, name), is = said(after.map, name);
      if (was == is) continue;
      const auto editor = after.editors.find(shown(name));
      const bool of_new = editor != after.editors.end();
      const auto& rule = of_new ? editor->second : before.editors.at(shown(name));
      std::string what = name;
      what.append(": ").append(was).append(" -> ").append(is);
      ++note(changed, rule, of_new).preferences[std::move(what)];
    }
  }
  if (touched.empty()) return;
  ++changed_;
  if (request.key_id.empty()) return;
  const std::string device(request.parts.device->begin(), request.parts.device->end());
  devices_.insert(device);
  for (const auto& key : touched) effects_[key].devices.insert(device);
}

void PolicyDiff::merge(PolicyDiff&& other) {
  records_ += other.records_;
  changed_ += other.changed_;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  devices_.merge(other.devices_);
  key_ids_.merge(other.key_ids_);
  for (auto& [key, theirs] : other.effects_) {
    auto& ours = effects_[key];
    ours.exchanges += theirs.exchanges;
    ours.devices.merge(theirs.devices);
    for (const auto& [what, count] : theirs.preferences) ours.preferences[what] += count;
    ours.examples.insert(ours.examples.end(), theirs.examples.begin(), theirs.examples.end());
    keep_first(ours.examples);
  }
}

}  // namespace filters
