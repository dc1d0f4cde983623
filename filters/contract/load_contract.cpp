#include "filters/contract/load_contract.hpp"

#include <algorithm>

#include "filters/contract/endpoint_reader.hpp"
#include "filters/yaml/tree.hpp"

namespace filters {
namespace {

void read_info(Section& root) {
  root.require("info");
  auto info = root.section("info");
  if (!info) return;
  read_annotations(*info);
  info->require("title");
  info->require("version");
  for (const char* key : {"version", "contact", "license", "termsOfService"}) info->find(key);
  info->finish();
}

// The gateway's configuration says where the upstream is; a path here would be part of every other.
void check_servers(Section& root, Findings& findings) {
  for (const auto& node : root.list("servers", "a list of servers")) {
    Section server(node, place_of(node), findings);
    if (node.kind != YamlNode::Kind::map) continue;
    read_annotations(server);
    std::string url;
    if (server.text("url", url, "a URL such as https://api.example")) {
      const auto host = url.find("://");
      const auto path = host == url.npos ? 0 : url.find('/', host + 3);
      if (path != url.npos && path + 1 < url.size())
        server.error("url", "a path is not taken here: write it in front of each of `paths`");
    }
    server.finish();
  }
}

// Authenticate asks for a bearer token on every governed path: nothing else can be asked for.
void check_security(Section& root, Section* components, Findings& findings) {
  std::vector<std::string> schemes;
  auto section = components ? components->section("securitySchemes") : std::nullopt;
  if (section) {
    refuse_repeated_keys(section->node(), findings);
    for (std::size_t i = 0; i < section->node().keys.size(); ++i) {
      Section scheme(section->node().children[i], place_of(section->node().children[i]), findings);
      if (scheme.node().kind != YamlNode::Kind::map) continue;
      read_annotations(scheme);
      scheme.require("type");
      scheme.require("scheme");
      scheme.only("type", "http", {"apiKey", "mutualTLS", "oauth2", "openIdConnect"});
      scheme.only("scheme", "bearer", {"basic"});
      scheme.find("bearerFormat");
      scheme.finish();
      schemes.push_back(section->node().keys[i].text);
    }
  }
  for (const auto& choice : root.list("security", "a list such as [{bearer: []}]"))
    for (const auto& key : choice.keys)
      if (std::ranges::count(schemes, key.text) == 0)
        findings.error(key.mark, "is none of `securitySchemes`: " + describe(key));
}

void check_openapi(Section& root) {
  std::string version;
  root.require("openapi");
  if (root.text("openapi", version, "3.1.0") && version != "3.1" && !version.starts_with("3.1."))
    root.error("openapi", "expected 3.1.0, got `" + version + "`");
}

std::vector<Endpoint> read_paths(Section& root, SchemaReader& schemas, Findings& findings) {
  std::vector<Endpoint> endpoints;
  root.require("paths");
  const auto paths = root.section("paths");
  if (!paths) return endpoints;
  const auto& node = paths->node();
  refuse_repeated_keys(node, findings);
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    auto endpoint = read_endpoint(node.keys[i], node.children[i], schemas, findings);
    const bool taken = std::ranges::any_of(endpoints, [&](const Endpoint& other) {
      return other.path() != node.keys[i].text &&
             other.match_path(node.keys[i].text) != PathMatch::other;
    });
    if (taken) findings.error(node.keys[i].mark, "a path above is, or may be read as, the same");
    if (endpoint) endpoints.push_back(std::move(*endpoint));
  }
  if (node.keys.empty()) findings.error(node.mark, "expected at least one path");
  return endpoints;
}

std::vector<Endpoint> read_document(const YamlNode& node, Findings& findings) {
  Section root(node, "", findings);
  if (node.kind != YamlNode::Kind::map) return {};
  check_openapi(root);
  read_info(root);
  check_servers(root, findings);
  root.find("tags");
  root.find("externalDocs");
  auto components = root.section("components");
  check_security(root, components ? &*components : nullptr, findings);
  Components found;
  if (components) {
    found = {components->find("schemas"), components->find("parameters"),
             components->find("responses")};
    components->finish();
  }
  SchemaReader schemas(found, findings);
  auto endpoints = read_paths(root, schemas, findings);
  schemas.finish();
  root.finish();
  return endpoints;
}

}  // namespace

LoadedContract load_contract(const std::string& text, const std::filesystem::path& file) {
  Findings findings{.file = file};
  const YamlTree tree = parse_yaml(text);
  for (const YamlFault& fault : tree.faults) findings.error(fault.mark, fault.what);
  LoadedContract loaded;
  std::vector<Endpoint> endpoints;
  if (tree.faults.empty()) endpoints = read_document(tree.root, findings);
  loaded.diagnostics = std::move(findings.diagnostics);
  sort_by_place(loaded.diagnostics);
  if (!has_error(loaded.diagnostics)) loaded.contract.emplace(std::move(endpoints));
  return loaded;
}

// Its text comes from the build: see CMakeLists.txt.
extern const char builtin_contract[];

std::string_view builtin_contract_text() {
  return builtin_contract;
}

const Contract& Contract::builtin() {
  static const Contract contract =
      std::move(load_contract(builtin_contract, "builtin").contract.value());
  return contract;
}

}  // namespace filters
