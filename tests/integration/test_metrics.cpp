// Metrics through the running gateway: known traffic, and exactly what it adds.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

const std::string policy = R"(version: 1
groups: {here: {network: 127.0.0.0/8}, nobody: {network: 192.0.2.0/24}}
rules:
  - {id: on, mode: enforce, force: {alarm: true}}
  - {id: seen, forbid: [refer_friend]}
  - {id: old, mode: enforce, when: {app_version: "<4"}, deny: {message: no}}
)";

struct Under {
  TemporaryDirectory folder;
  GatewaySetup setup;

  explicit Under(const std::string& text = policy) {
    const auto file = folder.write("policy.yaml", text);
    setup.more = "filters: {policy: {file: \"" + file.string() + "\"}}\n";
  }
};

// What is stored has drifted; what is asked of /fail is not answered.
void answer(ScriptedUpstream::Peer& peer) {
  const std::string body = R"({"response":{"alarm":false}})";
  for (;;) {
    const auto asked = peer.request();
    if (asked.empty() || asked.find("/fail") != asked.npos) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  }
}

// What has changed, but for times, for what is so just now, and for when the disk was waited for.
Metrics gained(const Metrics& before, const Metrics& after) {
  Metrics gain;
  for (const auto& [name, value] : after) {
    const auto found = before.find(name);
    const auto more = value - (found == before.end() ? 0 : found->second);
    const auto family = name.substr(0, name.find('{'));
    if (family.starts_with("prefgate_audit_sync")) continue;
    if (more != 0 && (family.ends_with("_total") || family.ends_with("_count"))) gain[name] = more;
  }
  return gain;
}

std::string post(std::string_view version, std::string_view preferences) {
  return request("POST", path, app_fields,
                 R"({"locale":"en","device_token":"abc:def","device_type":"ios","platform":"ios",)"
                 R"("app_version":")" +
                     std::string(version) + R"(","notification_preferences":)" +
                     std::string(preferences) + "}");
}

std::string get(std::string query) {
  return request("GET", std::string(path) + "?" + std::move(query), app_fields);
}

void reload(RunningGateway& gateway, std::string_view said) {
  gateway.send(SIGHUP);
  while (gateway.process().line().find(said) == std::string::npos) {
  }
}

}  // namespace

TEST_CASE("every request adds to the metrics what came of it, and nothing else") {
  const Under under;
  const ScriptedUpstream upstream(answer);
  const RunningGateway gateway(upstream.url(), under.setup);
  auto misspelt = std::string(good_query);
  misspelt.replace(misspelt.find("platform="), 9, "platfrom=");

  auto client = gateway.client();
  const struct {
    std::string what, request;
    int status;
    Metrics gain;
  } cases[] = {
      {"all as the policy wants it",
       post("4.17", R"({"alarm":true})"),
       200,
       {{R"(prefgate_requests_total{method="POST",status="200",decision="forwarded"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.on",outcome="complied"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.seen",outcome="complied"})", 1},
        {R"(prefgate_policy_group_requests_total{group="here",outcome="compliant"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
      {"changed by one rule, and seen by another that observes",
       post("4.17", R"({"alarm":false,"refer_friend":true})"),
       200,
       {{R"(prefgate_requests_total{method="POST",status="200",decision="forwarded"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.on",outcome="changed"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.seen",outcome="would_change"})", 1},
        {R"(prefgate_rule_hits_total{rule="policy.on",mode="enforce"})", 1},
        {R"(prefgate_rule_hits_total{rule="policy.seen",mode="observe"})", 1},
        {R"(prefgate_policy_group_requests_total{group="here",outcome="not_compliant"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
      {"denied",
       post("3.0", R"({"alarm":true})"),
       403,
       {{R"(prefgate_requests_total{method="POST",status="403",decision="rejected"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.on",outcome="complied"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.seen",outcome="complied"})", 1},
        {R"(prefgate_policy_requests_total{rule="policy.old",outcome="denied"})", 1},
        {R"(prefgate_rule_hits_total{rule="policy.old",mode="enforce"})", 1},
        {R"(prefgate_policy_group_requests_total{group="here",outcome="not_compliant"})", 1}}},
      {"repaired, and what is stored has drifted",
       get(misspelt),
       200,
       {{R"(prefgate_requests_total{method="GET",status="200",decision="forwarded"})", 1},
        {R"(prefgate_rule_hits_total{rule="repair.alias",mode="enforce"})", 1},
        {R"(prefgate_policy_answers_total{rule="policy.on",outcome="drifted"})", 1},
        {R"(prefgate_policy_answers_total{rule="policy.seen",outcome="complied"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
      {"refused by the contract, for many fields",
       get("locale=en"),
       422,
       {{R"(prefgate_requests_total{method="GET",status="422",decision="rejected"})", 1},
        {R"(prefgate_rule_hits_total{rule="validate.required",mode="enforce"})", 1}}},
      {"without a token",
       request("GET", path),
       401,
       {{R"(prefgate_requests_total{method="GET",status="401",decision="rejected"})", 1},
        {R"(prefgate_rule_hits_total{rule="authenticate.bearer",mode="enforce"})", 1}}},
      {"another path, by a method that has no name here",
       request("PROPFIND", "/api/1/vehicles"),
       200,
       {{R"(prefgate_requests_total{method="other",status="200",decision="forwarded"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
      {"not answered by the upstream",
       request("POST", "/fail", {}, "x"),
       502,
       {{R"(prefgate_requests_total{method="POST",status="502",decision="forwarded"})", 1},
        {R"(prefgate_upstream_failures_total{kind="closed"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
      {"tried again, in vain",
       request("GET", "/fail"),
       502,
       {{R"(prefgate_requests_total{method="GET",status="502",decision="forwarded"})", 1},
        {R"(prefgate_upstream_failures_total{kind="closed"})", 1},
        {"prefgate_upstream_duration_seconds_count", 1}}},
  };
  auto before = scrape(gateway);
  double requests = 0;
  for (const auto& [what, sent, status, gain] : cases) {
    CAPTURE(what);
    CHECK(client.exchange(sent).status == status);
    const auto after = scrape_after(gateway, ++requests);
    auto expected = gain;
    expected["prefgate_audit_records_total"] = 1;
    expected["prefgate_request_duration_seconds_count"] = 1;
    CHECK(gained(before, after) == expected);
    before = after;
  }
  CHECK(before["prefgate_client_connections"] == 1);
}

TEST_CASE("a request that is sent twice has one retry, and no failure where that mends it") {
  // The first connection carries one exchange, and dies in the second.
  const ScriptedUpstream upstream([](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      peer.send(ScriptedUpstream::ok());
      if (peer.number() == 1) {
        peer.request();
        return;
      }
    }
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  CHECK(client.exchange(request("GET", "/")).status == 200);
  const auto before = scrape_after(gateway, 1);
  CHECK(before.at(R"(prefgate_upstream_connections{state="idle"})") == 1);
  CHECK(client.exchange(request("GET", "/")).status == 200);
  const auto gain = gained(before, scrape_after(gateway, 2));
  CHECK(gain.at("prefgate_upstream_retries_total") == 1);
  CHECK(gain.at("prefgate_upstream_duration_seconds_count") == 1);
  CHECK(sum_of(gain, "prefgate_upstream_failures_total") == 0);
}

TEST_CASE("counters never go back over a reload, and those of rules that stay go on") {
  const Under under;
  const auto second = under.folder.write("second.yaml", R"(version: 1
groups: {here: {network: 127.0.0.0/8}}
rules:
  - {id: fresh, force: {key_added: true}}
  - {id: on, force: {alarm: true}}
)");
  const ScriptedUpstream upstream(answer);
  RunningGateway gateway(upstream.url(), under.setup);
  auto client = gateway.client();
  const auto request_that_changes = post("4.17", R"({"alarm":false})");
  CHECK(client.exchange(request_that_changes).status == 200);
  const auto before = scrape_after(gateway, 1);

  auto config = read_file(gateway.config());
  const auto name = config.find("policy.yaml");
  gateway.folder().write("prefgate.yaml",
                         config.substr(0, name) + "second.yaml" + config.substr(name + 11));
  reload(gateway, "in force");
  const auto reloaded = scrape(gateway);
  CHECK(gained(before, reloaded) ==
        Metrics{{R"(prefgate_config_reloads_total{result="success"})", 1}});
  for (const auto& [series, value] : before) {
    CAPTURE(series);
    const bool gone = series.find("policy.seen") != series.npos ||
                      series.find("policy.old") != series.npos ||
                      series.find("nobody") != series.npos;
    CHECK((reloaded.count(series) == 0) == gone);
  }
  CHECK(reloaded.at(R"(prefgate_policy_requests_total{rule="policy.on",outcome="changed"})") == 1);

  gateway.folder().write("prefgate.yaml", "listen: [\n");
  reload(gateway, "not taken over");
  CHECK(gained(reloaded, scrape(gateway)) ==
        Metrics{{R"(prefgate_config_reloads_total{result="failure"})", 1}});

  CHECK(client.exchange(request_that_changes).status == 200);
  auto gain = gained(reloaded, scrape_after(gateway, 2));
  CHECK(gain[R"(prefgate_policy_requests_total{rule="policy.on",outcome="would_change"})"] == 1);
  CHECK(gain[R"(prefgate_policy_requests_total{rule="policy.fresh",outcome="would_change"})"] == 1);
  CHECK(gain[R"(prefgate_policy_group_requests_total{group="here",outcome="not_compliant"})"] == 1);
}

TEST_CASE("the sums are the same, however many workers share the work") {
  const Under under;
  auto setup = under.setup;
  setup.workers = 3;
  const ScriptedUpstream upstream(answer);
  const RunningGateway gateway(upstream.url(), setup);
  constexpr int clients = 12;
  for (int i = 0; i < clients; ++i)
    CHECK(gateway.client().exchange(post("4.17", R"({"alarm":false})")).status == 200);
  const auto metrics = scrape_after(gateway, clients);
  CHECK(metrics.at(R"(prefgate_policy_requests_total{rule="policy.on",outcome="changed"})") ==
        clients);
  CHECK(metrics.at("prefgate_request_duration_seconds_count") == clients);
}

TEST_CASE("Prometheus' own checker finds nothing wrong with the metrics") {
  const auto checker = project() / "build/tools/prometheus/usr/bin/promtool";
  REQUIRE_MESSAGE(std::filesystem::exists(checker), "run `tests/install tool`");
  const Under under;
  const ScriptedUpstream upstream(answer);
  const RunningGateway gateway(upstream.url(), under.setup);
  CHECK(gateway.client().exchange(post("4.17", R"({"alarm":false})")).status == 200);
  scrape_after(gateway, 1);
  const auto checked = run({checker, "check", "metrics"},
                           {.environment = {}, .folder = {}, .input = metrics_text(gateway)});
  CHECK(checked.status == 0);
  CHECK(checked.output + checked.errors == "");
}
