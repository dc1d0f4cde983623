#include "proxy/live_config.hpp"

#include <doctest/doctest.h>

#include "proxy/keyed_hash.hpp"
#include "tests/support/kubernetes.hpp"

using namespace proxy;

namespace {

constexpr std::string_view first_lines =
    "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: \"http://127.0.0.1:9\"}\n"
    "workers: 1\n";
constexpr std::string_view with_policy = "filters: {policy: {file: p.yaml}}\n";

std::string rule(std::string_view mode) {
  return "version: 1\nrules: [{id: on, mode: " + std::string(mode) + ", force: {alarm: true}}]\n";
}

std::string digest(std::string_view policy) {
  return "sha256:" + sha256_hex(policy);
}

// A configuration in a folder, as it was started with.
struct Place {
  tests::TemporaryDirectory folder;
  std::optional<Config> started;

  explicit Place(std::string_view more = with_policy) {
    folder.write("p.yaml", rule("observe"));
    const auto loaded = load_config(write(std::string(first_lines) + std::string(more)));
    REQUIRE(loaded.config);
    started = loaded.config;
  }
  std::filesystem::path write(std::string_view text) const { return folder.write("x.yaml", text); }
  // Diagnostics, a line each, with DIR in the folder's place.
  std::string lines(const Reloaded& found) const {
    std::string text;
    for (const auto& each : found.diagnostics) text += to_string(each) + "\n";
    for (std::size_t at; (at = text.find(folder.path().string())) != text.npos;)
      text.replace(at, folder.path().string().size(), "DIR");
    return text;
  }
};

// What the second look finds: a change is told when it has come to rest.
std::optional<Reloaded> look_twice(LiveConfig& live) {
  CHECK_FALSE(live.look());
  return live.look();
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

TEST_CASE("what can be taken over is, and what cannot is named") {
  struct Case {
    std::string what;
    std::string text;
    std::string restart;
  };
  const std::string url = "upstream: {url: \"http://127.0.0.1:9\"}\n";
  const std::string listen = "listen: [{address: \"127.0.0.1:0\"}]\n";
  const std::string both = listen + url;
  const Case cases[] = {
      {"nothing", both + "workers: 1\n", ""},
      {"another way to write it", "workers: 1\n" + url + "\n" + listen, ""},
      {"a default that is written out", both + "workers: 1\nlimits: {body: 64KiB}\n", ""},
      {"filters", both + "workers: 1\nfilters: {repair: {nearest: off}}\n", ""},
      {"other paths", both + "workers: 1\nother_paths: reject\n", ""},
      {"a listener more",
       "listen: [{address: \"127.0.0.1:0\"}, {address: \"127.0.0.1:0\"}]\n" + url + "workers: 1\n",
       ""},
      {"the upstream", listen + "upstream: {url: \"http://127.0.0.1:10\"}\nworkers: 1\n", ""},
      {"a timeout",
       listen + "upstream: {url: \"http://127.0.0.1:9\", timeouts: {idle: 1s}}\nworkers: 1\n", ""},
      {"the pool",
       listen + "upstream: {url: \"http://127.0.0.1:9\", pool: {idle: 1}}\nworkers: 1\n", ""},
      {"the admin listener", both + "workers: 1\nadmin: {address: \"127.0.0.1:9902\"}\n", "admin"},
      {"workers", both + "workers: 2\n", "workers"},
      {"a limit", both + "workers: 1\nlimits: {body: 1KiB}\n", ""},
      {"the audit", both + "workers: 1\naudit: {on_full: drop}\n", "audit"},
      {"how much a record tells", both + "workers: 1\naudit: {level: full}\n", ""},
      {"the log", both + "workers: 1\nlog: {level: warn}\n", ""},
      {"all of them",
       "listen: [{address: \"127.0.0.1:1\"}]\nupstream: {url: \"http://127.0.0.1:10\"}\n"
       "admin: {address: none}\nworkers: 2\nlimits: {fields: 7}\naudit: {directory: "
       "elsewhere}\nlog: {format: json}\n",
       "admin workers audit"},
  };
  for (const auto& [what, text, restart] : cases) {
    CAPTURE(what);
    const Place place("");
    LiveConfig live(*place.started);
    place.write(text);
    const auto found = live.load_again();
    CHECK(found.governance);
    CHECK(joined(found.restart) == restart);
    CHECK(place.lines(found) == "");
  }
}

TEST_CASE(
    "asked again, everything that governs is loaded: contract, filters, policy, other paths") {
  const Place place("");
  LiveConfig live(*place.started);
  place.folder.write("c.yaml",
                     "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\npaths:\n  /api/1/tiers:\n"
                     "    get:\n      parameters:\n"
                     "        - {name: tier, in: query, schema: {type: string, enum: [basic]}}\n");
  place.folder.write("p.yaml", "version: 1\nrules: [{id: a, deny: {message: no}}]\n");
  place.write(std::string(first_lines) +
              "contract: c.yaml\nother_paths: reject\nfilters: {policy: {file: p.yaml}}\n");
  const auto found = live.load_again();
  REQUIRE(found.governance);
  CHECK(found.governance->contract->endpoints()[0].path() == "/api/1/tiers");
  CHECK(found.governance->policy_digest ==
        digest("version: 1\nrules: [{id: a, deny: {message: no}}]\n"));
  CHECK_FALSE(found.governance->forward_other_paths);
  CHECK(live.config().filters.policy->rules.size() == 1);
}

TEST_CASE("a fault anywhere leaves everything as it was, and says where it is") {
  struct Case {
    std::string what;
    std::string config, policy, lines;
  };
  const auto good = std::string(first_lines) + std::string(with_policy);
  const Case cases[] = {
      {"in the configuration", good + "limts: {}\n", rule("enforce"),
       "DIR/x.yaml:5:1: unknown key `limts` (did you mean `limits`?)\n"},
      {"in the policy", good + "other_paths: reject\n", "version: 1\nrules: [{id: on, frce: {}}]\n",
       "DIR/p.yaml:2:14: the rule does nothing: give `force`, `default`, `forbid` or `deny`\n"
       "DIR/p.yaml:2:18: unknown key `frce` (did you mean `force`?)\n"},
      {"in a file that is named", good + "audit: {hmac_key: lost}\n", rule("enforce"),
       "DIR/x.yaml:5:19: cannot read the key file: No such file or directory\n"},
      {"a contract that is not there", good + "contract: lost.yaml\n", rule("enforce"),
       "DIR/x.yaml:5:11: cannot read DIR/lost.yaml: No such file or directory\n"},
      {"no YAML", "listen: [\n", rule("enforce"), ""},
  };
  for (const auto& [what, config, policy, lines] : cases) {
    CAPTURE(what);
    const Place place;
    LiveConfig live(*place.started);
    place.write(config);
    place.folder.write("p.yaml", policy);
    const auto found = live.load_again();
    CHECK_FALSE(found.governance);
    CHECK(found.restart.empty());
    if (lines.empty())
      CHECK(filters::has_error(found.diagnostics));
    else
      CHECK(place.lines(found) == lines);
    CHECK(live.config().policy_digest == digest(rule("observe")));
    CHECK(live.config().forward_other_paths);
    place.write(good);
    place.folder.write("p.yaml", rule("enforce"));
    REQUIRE(live.load_again().governance);
    CHECK(live.config().policy_digest == digest(rule("enforce")));
  }
}

TEST_CASE("what a configuration needs besides is got first, and where it cannot be had all stays") {
  const Place place("");
  LiveConfig live(*place.started);
  const auto next = std::string(first_lines) + "other_paths: reject\n";
  place.write(next);
  bool asked = false;
  const auto refuse = [&](const Config& config) -> std::vector<Diagnostic> {
    asked = !config.forward_other_paths && live.config().forward_other_paths;
    return {{Diagnostic::Severity::error, config.file, {1, 10}, "cannot be had"}};
  };
  const auto refused = live.load_again(refuse);
  CHECK(asked);
  CHECK_FALSE(refused.governance);
  CHECK(place.lines(refused) == "DIR/x.yaml:1:10: cannot be had\n");
  CHECK(live.config().forward_other_paths);
  place.write(next + "limts: {}\n");
  const auto never = [](const Config&) -> std::vector<Diagnostic> {
    FAIL("a faulty configuration needs nothing");
    return {};
  };
  CHECK_FALSE(live.load_again(never).governance);
  place.write(next);
  CHECK(live.load_again([](const Config&) { return std::vector<Diagnostic>(); }).governance);
  CHECK_FALSE(live.config().forward_other_paths);
}

TEST_CASE("a policy that changes is loaded by itself, without being asked") {
  const Place place;
  LiveConfig live(*place.started);
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(live.look());
  place.write("no: configuration");  // is not looked at
  tests::replace(place.folder, "p.yaml", rule("enforce"));
  const auto found = look_twice(live);
  REQUIRE(found);
  REQUIRE(found->governance);
  CHECK(found->governance->policy_digest == digest(rule("enforce")));
  CHECK(found->governance->contract == place.started->contract);
  CHECK(found->restart.empty());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(live.look());
}

TEST_CASE("a faulty policy is told of once, the old one stays, and the next good one is taken") {
  const Place place;
  LiveConfig live(*place.started);
  tests::replace(place.folder, "p.yaml", "version: 1\nrules: [{id: on, force: {alarm: 7}}]\n");
  const auto faulty = look_twice(live);
  REQUIRE(faulty);
  CHECK_FALSE(faulty->governance);
  CHECK(place.lines(*faulty) == "DIR/p.yaml:2:33: expected true or false, got `7`\n");
  CHECK(live.config().policy_digest == digest(rule("observe")));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(live.look());
  std::filesystem::remove(place.folder.path() / "p.yaml");
  const auto lost = look_twice(live);
  REQUIRE(lost);
  CHECK(place.lines(*lost) ==
        "DIR/x.yaml:4:26: cannot read DIR/p.yaml: No such file or directory\n");
  tests::replace(place.folder, "p.yaml", rule("warn"));
  const auto good = look_twice(live);
  REQUIRE(good);
  REQUIRE(good->governance);
  CHECK(good->governance->policy_digest == digest(rule("warn")));
}

TEST_CASE("the lists that a policy names are looked at, too: those of the last one that was read") {
  const auto text = [](std::string_view list) {
    return "version: 1\ngroups: {bench: {devices: " + std::string(list) +
           "}}\nrules: [{id: a, when: {group: bench}, deny: {message: no}}]\n";
  };
  const auto device = "hmac-sha256:0123abcd:" + std::string(64, 'a') + "\n";
  Place place;
  place.folder.write("list", device);
  place.folder.write("p.yaml", text("list"));
  place.started = load_config(place.folder.path() / "x.yaml").config;
  REQUIRE(place.started);
  LiveConfig live(*place.started);
  const auto devices = [&] { return live.config().filters.policy->groups[0].devices.size(); };
  CHECK(devices() == 1);
  CHECK(live.config().policy_digest == digest(text("list") + device));
  tests::replace(place.folder, "list", device + device);
  auto found = look_twice(live);
  REQUIRE(found);
  CHECK(found->governance);
  CHECK(live.config().policy_digest == digest(text("list") + device + device));
  CHECK(devices() == 2);
  // A fault that is mended in the list alone.
  tests::replace(place.folder, "p.yaml", text("other"));
  found = look_twice(live);
  REQUIRE(found);
  CHECK_FALSE(found->governance);
  CHECK(devices() == 2);
  tests::replace(place.folder, "other", device);
  found = look_twice(live);
  REQUIRE(found);
  CHECK(found->governance);
  CHECK(devices() == 1);
  // The old list is nobody's any more.
  tests::replace(place.folder, "list", "");
  for (int i = 0; i < 3; ++i) CHECK_FALSE(live.look());
}

TEST_CASE("a policy loaded by itself is held against the records' key, as one that is checked") {
  const Place place;
  LiveConfig live(*place.started);
  place.folder.write("audit.hmac_key", std::string(32, 'k'));
  tests::replace(place.folder, "p.yaml",
                 rule("enforce") + "exceptions: [{rule: on, device: \"hmac-sha256:0123abcd:" +
                     std::string(64, 'a') + "\", until: 9999-12-31, owner: me, reason: why}]\n");
  const auto found = look_twice(live);
  REQUIRE(found);
  CHECK(found->governance);
  CHECK(place.lines(*found).starts_with(
      "DIR/x.yaml:4:26: warning: the policy has devices hashed under key 0123abcd"));
}
