#include "proxy/live_config.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/check_files.hpp"

namespace proxy {

LiveConfig::LiveConfig(const Config& started)
    : started_(started),
      current_(started),
      governance_(std::make_shared<const Governance>(current_)) {
  watch_.follow(current_.policy_files);
}

Reloaded LiveConfig::load_again(const Prepare& prepare) {
  auto loaded = load_config(started_.file, NamedFiles::check);
  Reloaded found{.governance = {}, .diagnostics = std::move(loaded.diagnostics)};
  if (!loaded.config) return found;
  if (prepare) std::ranges::move(prepare(*loaded.config), std::back_inserter(found.diagnostics));
  if (filters::has_error(found.diagnostics)) return found;
  current_ = std::move(*loaded.config);
  watch_.follow(current_.policy_files);
  found.restart = waiting_for_restart(started_, current_);
  found.governance = govern();
  return found;
}

Governing LiveConfig::govern() {
  return governance_ = std::make_shared<const Governance>(current_, governance_.get());
}

std::optional<Reloaded> LiveConfig::look() {
  if (!watch_.changed()) return {};
  Config next = current_;
  auto [of_config, of_policy] = load_policy(next);
  // The files of a faulty policy too: its fault may be mended in a list.
  watch_.follow(next.policy_files);
  Reloaded found{.governance = {}, .diagnostics = std::move(of_config)};
  std::ranges::move(of_policy, std::back_inserter(found.diagnostics));
  if (filters::has_error(found.diagnostics)) return found;
  std::ranges::move(check_policy_keys(next), std::back_inserter(found.diagnostics));
  current_ = std::move(next);
  found.governance = govern();
  return found;
}

std::vector<std::string_view> waiting_for_restart(const Config& started, const Config& loaded) {
  std::vector<std::string_view> sections;
  const auto compare = [&](std::string_view section, auto member) {
    if (started.*member != loaded.*member) sections.push_back(section);
  };
  compare("admin", &Config::admin);
  compare("workers", &Config::workers);
  const auto but_for_levels = [](AuditConfig audit) {
    audit.levels = {};
    return audit;
  };
  if (but_for_levels(started.audit) != but_for_levels(loaded.audit)) sections.emplace_back("audit");
  return sections;
}

}  // namespace proxy
