#include "filters/record_level.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "filters/policy/globs.hpp"

namespace filters {

std::string_view to_string(RecordLevel level) {
  constexpr std::array<std::string_view, 4> words{"none", "metadata", "request", "full"};
  return words[static_cast<std::size_t>(level)];
}

RecordLevels::RecordLevels(const LevelSettings& settings) : otherwise_(settings.level) {
  for (const auto& each : settings.overrides) {
    if (!each.path.empty()) {
      paths_.push_back(each);
      continue;
    }
    std::string fault;
    if (auto ids = compile_globs(std::span(&each.rule, 1), Folding::exact, fault))
      rules_.push_back({std::move(*ids), each.level});
  }
  std::ranges::stable_sort(rules_, std::ranges::greater{}, &OfRule::level);
}

RecordLevel RecordLevels::of_path(const Endpoint* endpoint) const {
  if (endpoint == nullptr) return otherwise_;
  const auto found = std::ranges::find(paths_, endpoint->path(), &LevelOverride::path);
  return found == paths_.end() ? otherwise_ : found->level;
}

RecordLevel RecordLevels::of(const Endpoint* endpoint, const Journal& journal) const {
  auto level = of_path(endpoint);
  for (const auto& rule : rules_) {
    if (rule.level <= level) break;
    if (std::ranges::any_of(journal,
                            [&](const Entry& entry) { return rule.ids.matches(entry.rule); }))
      level = rule.level;
  }
  return level;
}

RecordLevel RecordLevels::most(const Endpoint* endpoint) const {
  const auto level = of_path(endpoint);
  // No rule looks at what is not governed.
  return endpoint == nullptr || rules_.empty() ? level : std::max(level, rules_.front().level);
}

}  // namespace filters
