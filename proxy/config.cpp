#include "proxy/config.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "filters/contract/load_contract.hpp"
#include "filters/yaml/section.hpp"
#include "filters/yaml/tree.hpp"
#include "proxy/check_files.hpp"
#include "proxy/config_sections.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/load_policy_file.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_config_bytes = 1024 * 1024;
constexpr std::size_t most_workers = 256;

std::string digest_of(std::string_view text) {
  return "sha256:" + sha256_hex(text);
}

// Cores this process may use: fewer than the machine's under taskset or in a container.
std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::clamp<std::size_t>(static_cast<std::size_t>(CPU_COUNT(&set)), 1, most_workers);
}

// After `limits`: each worker needs a connection of its own.
void read_workers(Section& root, Config& config) {
  const YamlNode* node = root.find("workers");
  if (node == nullptr || (node->kind == YamlNode::Kind::scalar && node->text == "auto")) {
    config.workers = std::min(usable_cores(), config.limits.connections);
    return;
  }
  std::string text;
  if (!root.text("workers", text, "auto or a whole number")) return;
  if (text == "auto") {  // from an environment variable
    config.workers = std::min(usable_cores(), config.limits.connections);
  } else if (root.count("workers", config.workers, {1, most_workers}) &&
             config.workers > config.limits.connections) {
    root.error("workers", "more workers than `limits.connections`, which is " +
                              std::to_string(config.limits.connections));
  }
}

// `builtin`, or a document whose own faults go to `faults`.
void read_contract(Section& root, Config& config, std::vector<Diagnostic>& faults) {
  std::string name;
  std::filesystem::path file;
  if (!root.text("contract", name, "builtin or a file name") || name == "builtin") return;
  if (!root.path("contract", file)) return;
  const FileText source = read_file(file, most_config_bytes);
  if (!source.fault.empty())
    return root.error("contract", "cannot read " + file.string() + ": " + source.fault);
  config.contract_digest = digest_of(source.text);
  auto loaded = filters::load_contract(source.text, file);
  if (loaded.contract)
    config.contract = std::make_shared<const filters::Contract>(std::move(*loaded.contract));
  faults = std::move(loaded.diagnostics);
}

// A group that nobody can be in, as the listeners are.
void check_groups(const filters::PolicyRules& rules, const Config& config, Mark mark,
                  Findings& findings) {
  const auto by_certificate = std::ranges::find_if(
      rules.groups, [](const auto& group) { return group.client_names.has_value(); });
  const bool asked = std::ranges::any_of(
      config.listen, [](const Listen& listen) { return listen.tls && listen.tls->client_ca; });
  if (by_certificate != rules.groups.end() && !asked)
    findings.warn(mark, "the policy's group `" + by_certificate->name +
                            "` is known by certificates, and no listener asks for them: give "
                            "`client_ca`");
}

void read_root(const YamlNode& node, Findings& findings, Config& config,
               std::vector<Diagnostic>& contract_faults) {
  Section root(node, "", findings);
  if (node.kind != YamlNode::Kind::map) return;
  read_listen(root, config);
  read_admin(root, config);
  read_upstream(root, config.upstream);
  read_limits(root, config);
  read_workers(root, config);
  root.choice("other_paths", config.forward_other_paths, {{"forward", true}, {"reject", false}});
  read_contract(root, config, contract_faults);
  read_filters(root, config);
  config.audit.directory =
      (std::filesystem::absolute(findings.file).parent_path() / "audit").lexically_normal();
  read_audit(root, config.audit);
  read_log(root, config.log);
  root.finish();
}

}  // namespace

LoadedConfig load_config(const std::filesystem::path& file, NamedFiles files) {
  Findings findings{.file = file, .environment = std::getenv};
  const FileText source = read_file(file, most_config_bytes);
  if (!source.fault.empty()) {
    findings.error({}, "cannot read: " + source.fault);
    return {.config = {}, .diagnostics = std::move(findings.diagnostics), .unreadable = true};
  }
  const filters::YamlTree tree = filters::parse_yaml(source.text);
  Config config;
  config.file = file;
  config.digest = digest_of(source.text);
  config.contract_digest = digest_of(filters::builtin_contract_text());
  for (const filters::YamlFault& fault : tree.faults) findings.error(fault.mark, fault.what);
  std::vector<Diagnostic> contract_faults;
  PolicyDiagnostics policy;
  if (tree.faults.empty()) read_root(tree.root, findings, config, contract_faults);
  config.where = std::move(findings.where);
  // After everything else: what a policy can say depends on the contract.
  if (!filters::has_error(contract_faults)) policy = load_policy(config);
  LoadedConfig loaded{.config = {}, .diagnostics = std::move(findings.diagnostics)};
  std::ranges::move(policy.of_config, std::back_inserter(loaded.diagnostics));
  if (files == NamedFiles::check && tree.faults.empty()) {
    auto found = check_files(config);
    std::ranges::move(found, std::back_inserter(loaded.diagnostics));
  }
  filters::sort_by_place(loaded.diagnostics);
  std::ranges::move(contract_faults, std::back_inserter(loaded.diagnostics));
  std::ranges::move(policy.of_policy, std::back_inserter(loaded.diagnostics));
  if (!filters::has_error(loaded.diagnostics)) loaded.config = std::move(config);
  return loaded;
}

PolicyDiagnostics load_policy(Config& config) {
  static const filters::PolicyRules no_rules;
  Findings findings{.file = config.file};
  if (!config.policy_file) {
    check_levels(config, &no_rules, findings);
    return {std::move(findings.diagnostics), {}};
  }
  auto loaded = load_policy_file(*config.policy_file, *config.contract);
  config.policy_files = std::move(loaded.files);
  const auto found = config.where.find("filters.policy.file");
  const Mark mark = found == config.where.end() ? Mark{} : found->second;
  auto& [rules, diagnostics] = loaded.policy;
  if (!loaded.fault.empty())
    findings.error(mark, "cannot read " + config.policy_file->string() + ": " + loaded.fault);
  check_levels(config, rules.get(), findings);
  if (rules) {
    check_groups(*rules, config, mark, findings);
    config.filters.policy = std::move(rules);
    config.policy_digest = std::move(loaded.digest);
  }
  return {std::move(findings.diagnostics), std::move(diagnostics)};
}

}  // namespace proxy
