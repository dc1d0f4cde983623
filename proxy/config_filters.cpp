// The section `filters` of the configuration.
#include <algorithm>
#include <array>

#include "filters/http.hpp"
#include "proxy/addresses.hpp"
#include "proxy/config_sections.hpp"

namespace proxy {
namespace {

// What the gateway sets itself, so that a rule of the operator's would break the message or hide
// who it is from; and the token, which is the client's.
bool is_reserved(filters::FieldId id) {
  using enum filters::FieldId;
  constexpr std::array reserved{authorization,
                                connection,
                                content_encoding,
                                content_length,
                                expect,
                                forwarded,
                                host,
                                http2_settings,
                                keep_alive,
                                proxy_authenticate,
                                proxy_authorization,
                                proxy_connection,
                                te,
                                trailer,
                                transfer_encoding,
                                upgrade,
                                x_forwarded,
                                x_prefgate};
  return std::ranges::find(reserved, id) != reserved.end();
}

bool check_field_name(Section& section, const YamlNode& node, std::string_view name) {
  if (!is_field_name(name))
    section.error(node.mark, "expected a header name, got " + describe(node));
  else if (is_reserved(filters::field_id(name)))
    section.error(node.mark, "header " + describe(node) + " is not for a rule to change");
  else
    return true;
  return false;
}

void read_headers(Section& rewrite, filters::RewriteSettings& settings) {
  auto section = rewrite.section("headers");
  if (!section) return;
  const auto is_set = [&](std::string_view name) {
    return std::ranges::any_of(settings.set, [&](const auto& field) {
      return filters::equal_ignoring_case(field.first, name);
    });
  };
  if (auto set = section->section("set")) {
    for (const YamlNode& key : set->node().keys) {
      std::string value;
      if (!set->text(key.text, value, "a header value")) continue;
      if (!check_field_name(*set, key, key.text)) continue;
      if (is_set(key.text))
        set->error(key.mark, "header " + describe(key) + " is set twice");
      else if (!is_field_value(value))
        set->error(key.text, "a header value has no white space around it");
      else
        settings.set.emplace_back(key.text, std::move(value));
    }
  }
  for (const YamlNode& item : section->list("remove", "a list of header names")) {
    const auto name = section->expand(item, "a header name");
    if (!name || !check_field_name(*section, item, *name)) continue;
    if (is_set(*name)) section->error(item.mark, "header " + describe(item) + " is set above");
    settings.remove.push_back(*name);
  }
  section->finish();
}

void read_rewrite(Section& filters, filters::RewriteSettings& settings) {
  using filters::ParameterNames;
  auto section = filters.section("rewrite");
  if (!section) return;
  section->choice<ParameterNames>(
      "parameter_names", settings.parameter_names,
      {{"canonical", ParameterNames::canonical}, {"documented", ParameterNames::documented}});
  read_headers(*section, settings);
  section->finish();
}

void read_policy_section(Section& parent, Config& config) {
  auto section = parent.section("policy");
  if (!section) return;
  std::string name;
  std::filesystem::path file;
  if (section->text("file", name, "none or a file name") && name != "none" &&
      section->path("file", file))
    config.policy_file = std::move(file);
  section->choice<filters::Answers>(
      "answers", config.filters.answers,
      {{"observe", filters::Answers::observe}, {"governed", filters::Answers::governed}});
  section->finish();
}

}  // namespace

void read_filters(Section& root, Config& config) {
  auto& settings = config.filters;
  auto section = root.section("filters");
  if (!section) return;
  if (auto authenticate = section->section("authenticate")) {
    authenticate->mode("mode", settings.authenticate);
    authenticate->finish();
  }
  if (auto repair = section->section("repair")) {
    repair->mode("alias", settings.repair.alias);
    repair->mode("nearest", settings.repair.nearest);
    repair->mode("value", settings.repair.value);
    repair->mode("type", settings.repair.type);
    repair->mode("invisible", settings.repair.invisible);
    repair->mode("placement", settings.repair.placement);
    repair->mode("encoding", settings.repair.encoding);
    repair->finish();
  }
  if (auto validate = section->section("validate")) {
    validate->mode("mode", settings.validate.all);
    validate->mode("unknown_parameters", settings.validate.unknown_parameters);
    validate->mode("unknown_preferences", settings.validate.unknown_preferences);
    validate->finish();
  }
  read_policy_section(*section, config);
  read_rewrite(*section, settings.rewrite);
  section->finish();
}

}  // namespace proxy
