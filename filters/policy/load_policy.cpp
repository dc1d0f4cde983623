#include "filters/policy/load_policy.hpp"

#include <algorithm>
#include <iterator>

#include "filters/policy/proof.hpp"
#include "filters/policy/reader.hpp"
#include "filters/yaml/tree.hpp"

namespace filters {
namespace {

void read_document(const YamlNode& node, PolicyReading& reading) {
  Section root(node, "", reading.findings);
  if (node.kind != YamlNode::Kind::map) return;
  root.require("version");
  root.only("version", "1");
  read_groups(root, reading);
  read_rules(root, reading);
  read_exceptions(root, reading);
  read_tests(root, reading);
  root.finish();
  reading.rules.names = KnownNames(std::move(reading.names));
}

}  // namespace

LoadedPolicy load_policy(const std::string& text, const std::filesystem::path& file,
                         const PolicySurroundings& around) {
  Findings findings{.file = file};
  const YamlTree tree = parse_yaml(text);
  for (const YamlFault& fault : tree.faults) {
    // A `*` that begins a plain word is YAML's own: an alias.
    const bool star =
        fault.what.find("alias") != fault.what.npos || fault.what.find("anchor") != fault.what.npos;
    findings.error(fault.mark,
                   fault.what + (star ? " (what begins with * is written in quotes)" : ""));
  }
  const auto rules = std::make_shared<PolicyRules>();
  PolicyReading reading{.around = around, .findings = findings, .rules = *rules};
  if (tree.faults.empty()) read_document(tree.root, reading);
  rules->screens = screens_of(rules->rules);
  prove(*rules, around, reading.faulty, findings);
  LoadedPolicy loaded{.diagnostics = std::move(findings.diagnostics)};
  sort_by_place(loaded.diagnostics);
  std::ranges::move(reading.list_diagnostics, std::back_inserter(loaded.diagnostics));
  if (!has_error(loaded.diagnostics)) loaded.rules = rules;
  return loaded;
}

}  // namespace filters
