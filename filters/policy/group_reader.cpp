// The section `groups`: who, by certificate, network or a list of devices.
#include <algorithm>

#include "filters/policy/reader.hpp"

namespace filters {
namespace {

constexpr std::size_t most_groups = 1000;

void read_client_names(Section& section, PolicyReading& reading, PolicyGroup& group) {
  std::vector<std::string> globs;
  for (const auto* node :
       read_texts(section, "client_san", "names of certificates such as \"*.depot.example\""))
    globs.push_back(node->text);
  if (globs.empty()) return;
  std::string fault;
  group.client_names = compile_globs(globs, Folding::letters, fault);
  if (!group.client_names) reading.findings.error(section.mark("client_san"), fault);
}

void read_networks(Section& section, PolicyGroup& group) {
  for (const auto* node : read_texts(section, "network", "networks such as 10.0.0.0/8")) {
    std::string fault;
    if (const auto network = parse_network(node->text, fault))
      group.networks.push_back(*network);
    else
      section.error(node->mark, fault + ", got " + describe(*node));
  }
}

// A digest a line; empty lines and lines that begin with '#' are skipped.
void read_list(std::string_view text, const std::filesystem::path& file, PolicyReading& reading,
               PolicyGroup& group) {
  Findings findings{.file = file};
  for (int line = 1; !text.empty(); ++line) {
    auto word = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.ends_with('\r')) word.remove_suffix(1);
    if (word.empty() || word.starts_with('#')) continue;
    const auto found = parse_secret_digest(word);
    if (!found) {
      findings.error({line, 1}, "expected hmac-sha256:<8 hex digits>:<64 hex digits>, one a line");
      break;  // what is no such list would say so a thousand times
    }
    reading.note_key(found->key_id);
    group.devices.push_back(found->digest);
  }
  std::ranges::sort(group.devices);
  std::ranges::move(findings.diagnostics, std::back_inserter(reading.list_diagnostics));
}

void read_devices(Section& section, PolicyReading& reading, PolicyGroup& group) {
  std::filesystem::path file;
  if (!section.path("devices", file)) return;
  std::string fault;
  const auto text = reading.around.read(file, fault);
  if (!text) return section.error("devices", "cannot read " + file.string() + ": " + fault);
  read_list(*text, file, reading, group);
  if (group.devices.empty()) section.warn("devices", file.string() + " names no device");
}

}  // namespace

void read_groups(Section& root, PolicyReading& reading) {
  auto groups = root.section("groups");
  if (!groups) return;
  if (groups->node().keys.size() > most_groups)
    return root.error("groups", "more than " + std::to_string(most_groups) + " groups");
  for (const YamlNode& key : groups->node().keys) {
    if (!is_rule_id(key.text))
      groups->error(key.mark,
                    "expected a name of letters, digits, '-' and '_', got " + describe(key));
    auto section = groups->section(key.text);
    reading.group_marks.emplace_back(key.text, key.mark);
    PolicyGroup group{.name = key.text};
    if (section) {
      read_client_names(*section, reading, group);
      read_networks(*section, group);
      read_devices(*section, reading, group);
      if (section->node().keys.empty())
        section->error(key.mark, "nobody is in it: give `client_san`, `network` or `devices`");
      section->finish();
    }
    reading.rules.groups.push_back(std::move(group));
  }
  groups->finish();
}

}  // namespace filters
