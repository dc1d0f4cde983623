// `audit.level` and `audit.levels`: what they say, and what is wrong with them, word for word.
#include <doctest/doctest.h>

#include "proxy/live_config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

using enum filters::RecordLevel;

constexpr std::string_view smallest =
    "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: \"http://127.0.0.1:9\"}\n";

struct Place {
  tests::TemporaryDirectory folder;

  Place() { policy("alarm-always-on"); }
  void policy(const std::string& id) const {
    folder.write("p.yaml",
                 "version: 1\nrules: [{id: " + id + ", mode: enforce, force: {alarm: true}}]\n");
  }
  LoadedConfig load(const std::string& audit) const {
    return load_config(folder.write(
        "x.yaml",
        std::string(smallest) + "filters: {policy: {file: p.yaml}}\naudit: " + audit + "\n"));
  }
  static std::string lines(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const auto& each : diagnostics) {
      const auto line = to_string(each);
      text += (text.empty() ? "" : "\n") + line.substr(line.find("x.yaml:") + 7);
    }
    return text;
  }
};

}  // namespace

TEST_CASE("the level is request unless another is given, with exceptions for paths and rules") {
  const std::string governed = "/api/1/notification_preferences";
  const struct {
    std::string audit;
    filters::LevelSettings levels;
  } cases[] = {
      {"{}", {request, {}}},
      {"{level: metadata}", {metadata, {}}},
      {"{level: full, levels: []}", {full, {}}},
      {"{levels: [{path: " + governed + ", level: metadata}]}",
       {request, {{governed, "", metadata}}}},
      {"{level: metadata, levels: [{rule: policy.*, level: request}, {level: full, rule: "
       "policy.alarm-always-on}, {rule: repair.alias, level: full}]}",
       {metadata,
        {{"", "policy.*", request},
         {"", "policy.alarm-always-on", full},
         {"", "repair.alias", full}}}},
  };
  const Place place;
  for (const auto& [audit, levels] : cases) {
    CAPTURE(audit);
    const auto loaded = place.load(audit);
    CHECK(Place::lines(loaded.diagnostics) == "");
    REQUIRE(loaded.config);
    CHECK(loaded.config->audit.levels == levels);
  }
}

TEST_CASE("faults of levels") {
  const std::string governed = "path: /api/1/notification_preferences";
  const struct {
    std::string audit, lines;
  } cases[] = {
      {"{level: all}", "4:16: expected one of none, metadata, request, full, got `all`"},
      {"{levels: {}}", "4:17: expected a list of paths and rules with their level, got a map"},
      {"{levels: [full]}", "4:18: expected a map of keys, got `full`"},
      {"{levels: [{level: full}]}", "4:18: expected either `path` or `rule`, and `level`"},
      {"{levels: [{" + governed + ", rule: policy.*, level: full}]}",
       "4:18: expected either `path` or `rule`, and `level`"},
      {"{levels: [{" + governed + "}]}", "4:18: `level` is missing"},
      {"{levels: [{" + governed + ", levl: full}]}",
       "4:58: unknown key `levl` (did you mean `level`?)"},
      {"{levels: [{path: /api/1/notification_preference, level: full}]}",
       "4:25: the contract has no path `/api/1/notification_preference` (did you mean "
       "`/api/1/notification_preferences`?)"},
      {"{levels: [{path: /other, level: full}]}", "4:25: the contract has no path `/other`"},
      {"{levels: [{rule: policy.alarm-allways-on, level: full}]}",
       "4:25: no rule has the id `policy.alarm-allways-on` (did you mean "
       "`policy.alarm-always-on`?)"},
      {"{levels: [{rule: alias, level: full}]}", "4:25: no rule has the id `alias`"},
      {"{levels: [{rule: polcy.*, level: full}]}", "4:25: no rule has the id `polcy.*`"},
      {"{levels: [{rule: policy.*, level: full}, {rule: policy.*, level: full}]}",
       "4:49: `policy.*` has a level above already"},
      {"{levels: [{rule: policy.*, level: metadata}]}",
       "4:42: never reached: every path has level `request`, and a rule can only raise it"},
      {"{level: none, levels: [{" + governed + ", level: full}, {rule: policy.*, level: full}]}",
       "4:16: warning: no record: exchanges that `levels` does not name leave no evidence of what "
       "was changed, refused or forwarded\n"
       "4:109: never reached: every path has level `full`, and a rule can only raise it"},
      {"{levels: [{" + governed + ", level: none}]}",
       "4:65: warning: no record: exchanges of this path leave no evidence of what was changed, "
       "refused or forwarded"},
  };
  const Place place;
  for (const auto& [audit, lines] : cases) {
    CAPTURE(audit);
    CHECK(Place::lines(place.load(audit).diagnostics) == lines);
  }
}

TEST_CASE("a rule of the policy is not looked for while the policy has faults") {
  const Place place;
  place.folder.write("p.yaml", "version: 1\nrules: [{id: a, frce: {}}]\n");
  const auto loaded = place.load("{levels: [{rule: policy.a, level: full}]}");
  CHECK_FALSE(loaded.config);
  for (const auto& each : loaded.diagnostics) CHECK(each.file.filename() == "p.yaml");
}

TEST_CASE("a policy that loses a rule which has a level is not taken over") {
  const Place place;
  const auto loaded = place.load("{levels: [{rule: policy.alarm-always-on, level: full}]}");
  REQUIRE(loaded.config);
  LiveConfig live(*loaded.config);
  place.policy("alarm-on");
  const auto again = live.load_again();
  CHECK(again.governance == nullptr);
  CHECK(Place::lines(again.diagnostics).find("4:25: no rule has the id `policy.alarm-always-on`") !=
        std::string::npos);
}
