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

void read_rate(Section& section, filters::Rate& rate) {
  constexpr std::uint64_t most = 1000;  // a second: see RateLimiter's ticks
  constexpr std::string_view expected = "a rate such as 60/min";
  std::string text;
  if (!section.text("rate", text, expected)) return;
  const auto found = filters::parse_rate(text);
  const auto given = describe(*section.find("rate"));
  if (!found)
    section.error("rate", "expected " + std::string(expected) + ", got " + given +
                              ": give a whole number and one of /s, /min, /h");
  else if (found->requests == 0 ||
           found->requests > most * static_cast<std::uint64_t>(found->period.count()))
    section.error("rate", "expected 1/h to " + std::to_string(most) + "/s, got " + given);
  else
    rate = *found;
}

// Where `per: device` has nothing to go by.
void warn_of_no_device(Section& section, const filters::Contract& contract) {
  for (const auto& endpoint : contract.endpoints())
    if (std::ranges::none_of(endpoint.fields(), &filters::ContractField::secret))
      section.warn("per", "the contract marks no field of " + std::string(endpoint.path()) +
                              " `x-secret`: there a client is its address, not its device");
}

void read_rate_limit(Section& filters, Config& config) {
  using filters::Per;
  auto section = filters.section("rate_limit");
  if (!section) return;
  auto& settings = config.filters.rate_limit;
  section->choice<Per>("per", settings.per,
                       {{"address", Per::address}, {"token", Per::token}, {"device", Per::device}});
  read_rate(*section, settings.rate);
  std::size_t burst = settings.burst;
  section->count("burst", burst, {1, 1'000'000});
  settings.burst = burst;
  section->count("keys", settings.keys, {1024, 16 * 1024 * 1024});
  section->mode("mode", settings.mode);
  section->finish();
  // Whoever writes a limit down means it; whoever does not want it yet can say `mode: off`.
  if (!section->has("mode") && !section->node().keys.empty())
    filters.warn("rate_limit", "limits nothing: its `mode` is off unless it is given");
  if (settings.per == Per::device && settings.mode != filters::Mode::off)
    warn_of_no_device(*section, *config.contract);
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
  read_rate_limit(*section, config);
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
