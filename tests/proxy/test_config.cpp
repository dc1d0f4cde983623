#include "proxy/config.hpp"

#include <doctest/doctest.h>

#include "tests/support/environment.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view smallest =
    "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: https://api.example}\n";

std::string lines_of(const LoadedConfig& loaded) {
  std::string lines;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    Diagnostic named = diagnostic;
    named.file = named.file.filename();
    lines += to_string(named) + "\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("the smallest config is a listener and an upstream, and every default is the page's") {
  const tests::TemporaryDirectory directory;
  const auto file = directory.write("prefgate.yaml", smallest);
  const LoadedConfig loaded = load_config(file);
  CHECK(lines_of(loaded) == "");
  REQUIRE(loaded.config.has_value());
  const Config& config = *loaded.config;
  CHECK(config.file == file);
  REQUIRE(config.listen.size() == 1);
  CHECK(config.listen[0].host == "127.0.0.1");
  CHECK(config.listen[0].port == 0);
  CHECK_FALSE(config.listen[0].tls.has_value());
  CHECK(config.workers >= 1);
  CHECK(config.upstream.tls);
  CHECK(config.upstream.host == "api.example");
  CHECK(config.upstream.port == 443);
  CHECK_FALSE(config.upstream.ca.has_value());
  CHECK(config.upstream.timeouts.connect == 2s);
  CHECK(config.upstream.timeouts.first_byte == 10s);
  CHECK(config.upstream.timeouts.idle == 30s);
  CHECK(config.upstream.timeouts.total == 30s);
  CHECK(config.upstream.pool.connections == 256);
  CHECK(config.upstream.pool.idle == 64);
  CHECK(config.upstream.pool.idle_timeout == 25s);
  CHECK(config.upstream.pool.waiting == 1024);
  CHECK(config.limits.head == 16 * 1024);
  CHECK(config.limits.fields == 100);
  CHECK(config.limits.target == 8 * 1024);
  CHECK(config.limits.body == 64 * 1024);
  CHECK(config.limits.connections == 20'000);
  CHECK(config.limits.handshake == 5s);
  CHECK(config.limits.request == 15s);
  CHECK(config.limits.answer == 60s);
  CHECK(config.limits.idle == 60s);
  CHECK(config.limits.queue == 1s);
  CHECK(config.limits.requests_per_connection == 100'000);
  CHECK(config.forward_other_paths);
  using filters::Mode;
  CHECK(config.filters.authenticate == Mode::enforce);
  CHECK(config.filters.repair.alias == Mode::enforce);
  CHECK(config.filters.repair.nearest == Mode::enforce);
  CHECK(config.filters.repair.value == Mode::enforce);
  CHECK(config.filters.repair.type == Mode::enforce);
  CHECK(config.filters.repair.invisible == Mode::enforce);
  CHECK(config.filters.repair.placement == Mode::warn);
  CHECK(config.filters.repair.encoding == Mode::enforce);
  CHECK(config.filters.validate.all == Mode::enforce);
  CHECK(config.filters.validate.unknown_parameters == Mode::observe);
  CHECK(config.filters.validate.unknown_preferences == Mode::observe);
  CHECK(config.filters.rewrite.parameter_names == filters::ParameterNames::canonical);
  CHECK(config.filters.rewrite.set.empty());
  CHECK(config.filters.rewrite.remove.empty());
  CHECK(config.audit.directory == directory.path() / "audit");
  CHECK_FALSE(config.audit.hmac_key.has_value());
  CHECK_FALSE(config.audit.signing_key.has_value());
  CHECK(config.audit.on_full == OnFull::reject);
  CHECK(config.log.level == "info");
  CHECK(config.log.format == LogFormat::text);
}

TEST_CASE("every key is read") {
  const tests::TemporaryDirectory directory;
  const auto file = directory.write("etc/prefgate.yaml", R"(
listen:
  - address: 127.0.0.1:8443
    tls: {certificate: certs/a.pem, private_key: ../a.key, client_ca: /etc/ca.pem}
  - {address: "[::1]:8080"}
workers: 3
upstream:
  url: https://127.0.0.1:9443
  ca: ca.pem
  timeouts: {connect: 1s, first_byte: 2s, idle: 3s, total: 4min}
  pool: {connections: 5, idle: 4, idle_timeout: 500ms, waiting: 0}
limits: {head: 8KiB, fields: 50, target: 1KiB, body: 1MiB, connections: 10, handshake: 1s, request: 2s,
         answer: 5s, idle: 3s, queue: 6s, requests_per_connection: 7}
other_paths: reject
contract: builtin
filters:
  authenticate: {mode: warn}
  repair: {alias: off, nearest: observe, value: warn, type: off, invisible: observe, placement: enforce,
           encoding: warn}
  validate: {mode: observe, unknown_parameters: enforce, unknown_preferences: warn}
  rewrite: {parameter_names: documented, headers: {set: {X-Fleet: north depot, X-Two: "2"}, remove: [X-App-State]}}
audit: {directory: ./var/audit, level: request, hmac_key: keys/audit.hmac, signing_key: keys/audit.pem,
        on_full: drop, durability: batch}
log: {level: debug, format: json}
)");
  const LoadedConfig loaded = load_config(file);
  CHECK(lines_of(loaded) == "");
  REQUIRE(loaded.config.has_value());
  const Config& config = *loaded.config;
  REQUIRE(config.listen.size() == 2);
  REQUIRE(config.listen[0].tls.has_value());
  CHECK(config.listen[0].tls->certificate == directory.path() / "etc/certs/a.pem");
  CHECK(config.listen[0].tls->private_key == directory.path() / "a.key");
  CHECK(config.listen[0].tls->client_ca == "/etc/ca.pem");
  CHECK(config.listen[1].host == "::1");
  CHECK(config.listen[1].port == 8080);
  CHECK(config.workers == 3);
  CHECK(config.upstream.host == "127.0.0.1");
  CHECK(config.upstream.port == 9443);
  CHECK(config.upstream.authority == "127.0.0.1:9443");
  CHECK(config.upstream.ca == directory.path() / "etc/ca.pem");
  CHECK(config.upstream.timeouts.connect == 1s);
  CHECK(config.upstream.timeouts.first_byte == 2s);
  CHECK(config.upstream.timeouts.idle == 3s);
  CHECK(config.upstream.timeouts.total == 4min);
  CHECK(config.upstream.pool.connections == 5);
  CHECK(config.upstream.pool.idle == 4);
  CHECK(config.upstream.pool.idle_timeout == 500ms);
  CHECK(config.upstream.pool.waiting == 0);
  CHECK(config.limits.head == 8 * 1024);
  CHECK(config.limits.fields == 50);
  CHECK(config.limits.target == 1024);
  CHECK(config.limits.body == 1024 * 1024);
  CHECK(config.limits.connections == 10);
  CHECK(config.limits.handshake == 1s);
  CHECK(config.limits.request == 2s);
  CHECK(config.limits.answer == 5s);
  CHECK(config.limits.idle == 3s);
  CHECK(config.limits.queue == 6s);
  CHECK(config.limits.requests_per_connection == 7);
  CHECK_FALSE(config.forward_other_paths);
  using filters::Mode;
  CHECK(config.filters.authenticate == Mode::warn);
  CHECK(config.filters.repair.alias == Mode::off);
  CHECK(config.filters.repair.nearest == Mode::observe);
  CHECK(config.filters.repair.value == Mode::warn);
  CHECK(config.filters.repair.type == Mode::off);
  CHECK(config.filters.repair.invisible == Mode::observe);
  CHECK(config.filters.repair.placement == Mode::enforce);
  CHECK(config.filters.repair.encoding == Mode::warn);
  CHECK(config.filters.validate.all == Mode::observe);
  CHECK(config.filters.validate.unknown_parameters == Mode::enforce);
  CHECK(config.filters.validate.unknown_preferences == Mode::warn);
  CHECK(config.filters.rewrite.parameter_names == filters::ParameterNames::documented);
  const std::vector<std::pair<std::string, std::string>> set{{"X-Fleet", "north depot"},
                                                             {"X-Two", "2"}};
  CHECK(config.filters.rewrite.set == set);
  CHECK(config.filters.rewrite.remove == std::vector<std::string>{"X-App-State"});
  CHECK(config.audit.directory == directory.path() / "etc/var/audit");
  CHECK(config.audit.hmac_key == directory.path() / "etc/keys/audit.hmac");
  CHECK(config.audit.signing_key == directory.path() / "etc/keys/audit.pem");
  CHECK(config.audit.on_full == OnFull::drop);
  CHECK(config.log.level == "debug");
  CHECK(config.log.format == LogFormat::json);
  CHECK(config.where.at("listen[0].tls.private_key").line == 4);
  CHECK(config.where.at("listen[0].tls.private_key").column == 50);
}

TEST_CASE("a default that a smaller neighbour overtakes gives way in silence") {
  const tests::TemporaryDirectory directory;
  const LoadedConfig loaded = load_config(
      directory.write("a.yaml", std::string(smallest) + "limits: {head: 1KiB, connections: 1}\n"));
  CHECK(lines_of(loaded) == "");
  REQUIRE(loaded.config.has_value());
  CHECK(loaded.config->limits.target == 1024);
  CHECK(loaded.config->workers == 1);
}

TEST_CASE("a contract is read from a file beside the configuration, and its faults are its own") {
  const tests::TemporaryDirectory directory;
  const std::string config = std::string(smallest) + "contract: api.yaml\n";
  const auto file = directory.write("a.yaml", config);
  CHECK(lines_of(load_config(file)) == "a.yaml:3:11: cannot read " +
                                           (directory.path() / "api.yaml").string() +
                                           ": No such file or directory\n");

  directory.write("api.yaml", R"(openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /api/1/subscriptions:
    get: {parameters: [{name: device_token, in: query, schema: {type: string, x-secret: true}}]}
)");
  const LoadedConfig loaded = load_config(file);
  CHECK(lines_of(loaded) == "");
  REQUIRE(loaded.config.has_value());
  CHECK(loaded.config->contract->endpoints()[0].path() == "/api/1/subscriptions");

  directory.write("api.yaml", "openapi: 3.1.0\npaths: {}\ninfos: {}\n");
  const LoadedConfig bad = load_config(directory.write("a.yaml", config + "colour: red\n"));
  CHECK(lines_of(bad) ==
        "a.yaml:4:1: unknown key `colour`\n"
        "api.yaml:2:8: expected at least one path\n"
        "api.yaml:3:1: unknown key `infos` (did you mean `info`?)\n");
  CHECK_FALSE(bad.config.has_value());
}

TEST_CASE("clear text off loopback is a warning on either side, and no more") {
  const tests::TemporaryDirectory directory;
  const LoadedConfig loaded = load_config(directory.write("a.yaml", R"(
listen:
  - address: 0.0.0.0:8080
  - address: 0.0.0.0:8443
    tls: {certificate: a.pem, private_key: a.key}
upstream: {url: http://api.example}
)"));
  CHECK(lines_of(loaded) ==
        "a.yaml:3:14: warning: clear text, and not on loopback: tokens can be read on the way\n"
        "a.yaml:6:17: warning: clear text, and not to loopback: tokens can be read on the way\n");
  CHECK(loaded.config.has_value());
}

TEST_CASE("environment variables are filled in, and never shown") {
  const tests::TemporaryDirectory directory;
  const tests::EnvironmentVariable host("PREFGATE_TEST_HOST", "api.example");
  const tests::EnvironmentVariable level("PREFGATE_TEST_LEVEL", "verbose-secret");
  const tests::EnvironmentVariable size("PREFGATE_TEST_SIZE", "32KiB");
  const tests::EnvironmentVariable cores("PREFGATE_TEST_WORKERS", "auto");
  const tests::EnvironmentVariable missing("PREFGATE_TEST_MISSING", nullptr);
  const std::string good =
      "listen: [{address: \"127.0.0.1:0\"}]\n"
      "upstream: {url: \"https://${PREFGATE_TEST_HOST}:1${PREFGATE_TEST_EMPTY}0\"}\n"
      "limits: {body: \"${PREFGATE_TEST_SIZE}\"}\n"
      "workers: ${PREFGATE_TEST_WORKERS}\n"
      "filters: {rewrite: {headers: {set: {X-A: \"$${B} $C ${PREFGATE_TEST_HOST}\"}}}}\n";
  const tests::EnvironmentVariable empty("PREFGATE_TEST_EMPTY", "");
  const LoadedConfig loaded = load_config(directory.write("good.yaml", good));
  CHECK(lines_of(loaded) == "");
  REQUIRE(loaded.config.has_value());
  CHECK(loaded.config->upstream.authority == "api.example:10");
  CHECK(loaded.config->limits.body == 32 * 1024);
  CHECK(loaded.config->filters.rewrite.set[0].second == "${B} $C api.example");

  const LoadedConfig bad = load_config(directory.write("bad.yaml", R"(
listen: [{address: "127.0.0.1:0"}]
upstream: {url: "https://${PREFGATE_TEST_MISSING}"}
log: {level: "${PREFGATE_TEST_LEVEL}"}
audit: {directory: "${unclosed", hmac_key: "${}"}
limits: {body: "${PREFGATE_TEST_EMPTY}", head: "${1A}"}
)"));
  CHECK(lines_of(bad) ==
        "bad.yaml:3:17: environment variable `PREFGATE_TEST_MISSING` is not set\n"
        "bad.yaml:4:14: expected one of trace, debug, info, warn, error, off, got "
        "`${PREFGATE_TEST_LEVEL}`\n"
        "bad.yaml:5:20: expected `${NAME}`, an environment variable; a plain `${` is written "
        "`$${`\n"
        "bad.yaml:5:44: expected `${NAME}`, an environment variable; a plain `${` is written "
        "`$${`\n"
        "bad.yaml:6:16: expected a size such as 64KiB, got an empty text\n"
        "bad.yaml:6:48: expected `${NAME}`, an environment variable; a plain `${` is written "
        "`$${`\n");
  CHECK_FALSE(bad.config.has_value());
}

TEST_CASE("a file that cannot be read is one diagnostic, and said to be unreadable") {
  const tests::TemporaryDirectory directory;
  struct Case {
    std::filesystem::path file;
    std::string line;
  };
  const Case cases[] = {
      {directory.path() / "none.yaml", "none.yaml: cannot read: No such file or directory\n"},
      {directory.path(), directory.path().filename().string() + ": cannot read: Is a directory\n"},
      {directory.write("big.yaml", "#" + std::string(1024 * 1024, 'x')),
       "big.yaml: cannot read: longer than 1048576 bytes\n"},
  };
  for (const auto& [file, line] : cases) {
    const LoadedConfig loaded = load_config(file);
    CHECK(lines_of(loaded) == line);
    CHECK(loaded.unreadable);
    CHECK_FALSE(loaded.config.has_value());
  }
  const std::string exact = std::string(smallest) + "#";
  const LoadedConfig most = load_config(
      directory.write("most.yaml", exact + std::string(1024 * 1024 - exact.size(), 'x')));
  CHECK(most.config.has_value());
}

TEST_CASE("ten planted faults give ten lines in one run") {
  const tests::TemporaryDirectory directory;
  const LoadedConfig loaded = load_config(directory.write("prefgate.yaml", R"(listen:
  - adress: 127.0.0.1:8080
    tls: {certificate: a.pem, private_key: a.key}
upstream:
  url: https://user:secret@api.example
  timeouts: {connect: 2}
  pool: {idle: 400}
limits:
  body: fast
  head: 4GiB
  body: 1KiB
audit: {level: ful, on_ful: drop}
contract: []
)"));
  CHECK(
      lines_of(loaded) ==
      "prefgate.yaml:2:5: unknown key `adress` (did you mean `address`?)\n"
      "prefgate.yaml:5:8: the URL must not hold a user name or password\n"
      "prefgate.yaml:6:23: expected a time such as 30s, got `2`: give a unit (ms, s, min, h, d)\n"
      "prefgate.yaml:7:16: never reached: `connections` is 256\n"
      "prefgate.yaml:9:9: expected a size such as 64KiB, got `fast`\n"
      "prefgate.yaml:10:9: expected 256B to 1MiB, got `4GiB`\n"
      "prefgate.yaml:11:3: key `body` is given twice, first on line 9\n"
      "prefgate.yaml:12:16: expected one of none, metadata, request, full, got `ful` (did you mean "
      "`full`?)\n"
      "prefgate.yaml:12:21: unknown key `on_ful` (did you mean `on_full`?)\n"
      "prefgate.yaml:13:11: expected builtin or a file name, got a list\n");
  CHECK_FALSE(loaded.config.has_value());
}
