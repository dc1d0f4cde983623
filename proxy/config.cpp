#include "proxy/config.hpp"

#include <sched.h>

#include <algorithm>
#include <iterator>

#include "proxy/check_files.hpp"
#include "proxy/config_sections.hpp"
#include "proxy/read_file.hpp"
#include "proxy/yaml_reader.hpp"
#include "proxy/yaml_tree.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_workers = 256;

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

void read_root(const YamlNode& node, Findings& findings, Config& config) {
  Section root(node, "", findings);
  if (node.kind != YamlNode::Kind::map) return;
  read_listen(root, config);
  read_upstream(root, config.upstream);
  read_limits(root, config.limits);
  read_workers(root, config);
  root.choice("other_paths", config.forward_other_paths, {{"forward", true}, {"reject", false}});
  root.only("contract", "builtin");
  read_filters(root, config.filters);
  config.audit.directory =
      (std::filesystem::absolute(findings.file).parent_path() / "audit").lexically_normal();
  read_audit(root, config.audit);
  read_log(root, config.log);
  root.finish();
}

// The order in which a reader meets them; what concerns the whole file comes first.
void sort(std::vector<Diagnostic>& diagnostics) {
  std::ranges::stable_sort(diagnostics, [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file.string();
  if (diagnostic.mark.line > 0)
    text +=
        ":" + std::to_string(diagnostic.mark.line) + ":" + std::to_string(diagnostic.mark.column);
  text += diagnostic.severity == Diagnostic::Severity::warning ? ": warning: " : ": ";
  text += diagnostic.what;
  // One line each, and nothing that a terminal obeys.
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text;
}

bool has_error(const std::vector<Diagnostic>& diagnostics) {
  return std::ranges::find(diagnostics, Diagnostic::Severity::error, &Diagnostic::severity) !=
         diagnostics.end();
}

LoadedConfig load_config(const std::filesystem::path& file, NamedFiles files) {
  Findings findings{.file = file, .diagnostics = {}, .where = {}};
  const FileText source = read_file(file, most_bytes);
  if (!source.fault.empty()) {
    findings.error({}, "cannot read: " + source.fault);
    return {.config = {}, .diagnostics = std::move(findings.diagnostics), .unreadable = true};
  }
  const YamlTree tree = parse_yaml(source.text);
  Config config;
  config.file = file;
  for (const YamlFault& fault : tree.faults) findings.error(fault.mark, fault.what);
  if (tree.faults.empty()) read_root(tree.root, findings, config);
  config.where = std::move(findings.where);
  LoadedConfig loaded{.config = {}, .diagnostics = std::move(findings.diagnostics)};
  if (files == NamedFiles::check && tree.faults.empty()) {
    auto found = check_files(config);
    std::ranges::move(found, std::back_inserter(loaded.diagnostics));
  }
  sort(loaded.diagnostics);
  if (!has_error(loaded.diagnostics)) loaded.config = std::move(config);
  return loaded;
}

}  // namespace proxy
