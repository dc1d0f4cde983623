// What operators read, page by page, of vitals that a test has made.
#include "proxy/admin_pages.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "tests/support/audit.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/policy.hpp"

using namespace proxy;

namespace {

Governing governing(const std::string& policy = {}) {
  Config config;
  config.digest = "sha256:c";
  config.contract_digest = "sha256:o";
  if (!policy.empty()) config.filters.policy = tests::with_policy(policy).policy;
  if (!policy.empty()) config.policy_digest = "sha256:p";
  return std::make_shared<const Governance>(config);
}

// A gateway that has just been started.
struct Started {
  tests::TemporaryDirectory folder;
  Config config;
  std::atomic<bool> disk_is_full{false};
  AuditWriter audit{settings()};
  std::atomic<std::size_t> clients{3};
  std::array<Meter, 2> meters{Meter(0), Meter(1)};
  Vitals vitals{config, audit, clients};

  explicit Started(const std::string& policy = {}) {
    config.audit.directory = folder.path() / "audit";
    config.upstream.authority = "api.example";
    vitals.adopt(config.upstream);
    vitals.adopt(governing(policy));
    for (const auto& meter : meters) vitals.meters.push_back(&meter);
  }
  AuditSettings settings() {
    auto all = tests::settings_for(folder);
    all.write = [this](int file, const char* text, std::size_t size) -> ssize_t {
      errno = ENOSPC;
      return disk_is_full ? -1 : ::write(file, text, size);
    };
    return all;
  }
  AdminPage::Content page(std::string_view path) const {
    for (const auto& each : admin_pages(vitals))
      if (each.path == path) return each.render();
    throw std::runtime_error("no such page");
  }
  rapidjson::Document status() const {
    rapidjson::Document json;
    json.Parse(page("/status").body.c_str());
    REQUIRE(json.IsObject());
    return json;
  }
  bool has_line(const std::string& line) const {
    const auto text = "\n" + page("/metrics").body;
    return text.find("\n" + line + "\n") != text.npos;
  }
};

}  // namespace

TEST_CASE("a gateway lives from its start, and is ready between starting and draining") {
  Started gateway;
  const struct {
    Phase phase;
    int status;
    std::string words, state;
  } cases[] = {{Phase::starting, 503, "starting\n", "starting"},
               {Phase::ready, 200, "ready\n", "ready"},
               {Phase::draining, 503, "draining\n", "draining"}};
  for (const auto& [phase, status, words, state] : cases) {
    CAPTURE(words);
    gateway.vitals.enter(phase);
    CHECK(gateway.page("/readyz").status == status);
    CHECK(gateway.page("/readyz").body == words);
    CHECK(gateway.page("/livez").status == 200);
    CHECK(gateway.page("/livez").body == "ok\n");
    CHECK(gateway.status()["state"].GetString() == state);
  }
}

// Former bug: the status was `ready` while `/readyz` said 503.
TEST_CASE("a gateway that can record nothing and may forward nothing unrecorded is not ready") {
  for (const auto on_full : {OnFull::reject, OnFull::drop}) {
    Started gateway;
    gateway.config.audit.durability = Durability::request;
    gateway.config.audit.on_full = on_full;
    gateway.vitals.enter(Phase::ready);
    gateway.disk_is_full = true;
    tests::put(gateway.audit.ring(0), R"({"i":0})");
    tests::wait_until([&] { return gateway.audit.failing(); });
    const bool refuses = on_full == OnFull::reject;
    CHECK(gateway.page("/readyz").status == (refuses ? 503 : 200));
    CHECK(gateway.page("/readyz").body ==
          (refuses ? "refusing: records cannot be written\n" : "ready\n"));
    CHECK(gateway.status()["state"].GetString() == std::string(refuses ? "refusing" : "ready"));
    gateway.vitals.enter(Phase::draining);
    CHECK(gateway.status()["state"].GetString() == std::string("draining"));
    gateway.disk_is_full = false;
  }
}

TEST_CASE("the status tells what is in force, and how the last reload went") {
  Started gateway;
  auto status = gateway.status();
  CHECK(status["workers"].GetInt() == 2);
  CHECK(status["client_connections"].GetInt() == 3);
  CHECK(status["in_force"]["config"].GetString() == std::string("sha256:c"));
  CHECK(status["in_force"]["contract"].GetString() == std::string("sha256:o"));
  CHECK(status["in_force"]["policy"].IsNull());
  CHECK(status["upstream"]["authority"].GetString() == std::string("api.example"));
  CHECK(status["audit"]["directory"].GetString() == gateway.config.audit.directory.string());
  CHECK(status["audit"]["last_error"].IsNull());
  CHECK(status["last_reload"].IsNull());

  gateway.vitals.adopt(governing("version: 1\nrules: [{id: a, force: {alarm: true}}]\n"));
  gateway.vitals.reloaded({std::chrono::system_clock::time_point{}, true, "SIGHUP"});
  gateway.meters[0].show({.idle = 1, .open = 4, .waiting = 2});
  gateway.meters[1].show({.idle = 1, .open = 1, .waiting = 0});
  status = gateway.status();
  CHECK(status["in_force"]["policy"].GetString() == std::string("sha256:p"));
  CHECK(status["upstream"]["idle"].GetInt() == 2);
  CHECK(status["upstream"]["in_use"].GetInt() == 3);
  CHECK(status["upstream"]["waiting"].GetInt() == 2);
  CHECK(status["last_reload"]["time"].GetString() == std::string("1970-01-01T00:00:00.000000Z"));
  CHECK(status["last_reload"]["what"].GetString() == std::string("SIGHUP"));
  CHECK(status["last_reload"]["result"].GetString() == std::string("success"));

  gateway.vitals.reloaded({std::chrono::system_clock::time_point{}, false, "SIGHUP"});
  CHECK(gateway.status()["last_reload"]["result"].GetString() == std::string("failure"));
  CHECK(gateway.has_line(R"(prefgate_config_reloads_total{result="success"} 1)"));
  CHECK(gateway.has_line(R"(prefgate_config_reloads_total{result="failure"} 1)"));
}

TEST_CASE("metrics add up what the workers have counted") {
  Started gateway;
  tests::TestExchange exchange("POST", "");
  exchange->journal.write({.rule = "repair.alias"});
  filters::Outcome outcome;
  outcome.decision = filters::Decision::forwarded;
  outcome.status = 204;
  outcome.retried = true;
  outcome.duration = std::chrono::microseconds{1'500'000};
  outcome.upstream_duration = std::chrono::microseconds{300};
  for (auto& meter : gateway.meters) {
    meter.count(*exchange, outcome);
    meter.count_upstream(outcome);
    meter.count_failure(FailureKind::closed);
    meter.count_ejection();
    meter.show({.idle = 1, .open = 2, .waiting = 3});
  }
  for (const std::string line : {
           R"(prefgate_requests_total{method="POST",status="204",decision="forwarded"} 2)",
           R"(prefgate_request_duration_seconds_bucket{le="1"} 0)",
           R"(prefgate_request_duration_seconds_bucket{le="2.5"} 2)",
           R"(prefgate_request_duration_seconds_bucket{le="+Inf"} 2)",
           R"(prefgate_request_duration_seconds_count 2)",
           R"(prefgate_request_duration_seconds_sum 3)",
           R"(prefgate_upstream_duration_seconds_bucket{le="0.0005"} 2)",
           R"(prefgate_rule_hits_total{rule="repair.alias",mode="enforce"} 2)",
           R"(prefgate_rule_hits_total{rule="repair.alias",mode="observe"} 0)",
           R"(prefgate_upstream_failures_total{kind="closed"} 2)",
           R"(prefgate_upstream_failures_total{kind="resolve"} 0)",
           R"(prefgate_upstream_retries_total 2)",
           R"(prefgate_upstream_ejections_total 2)",
           R"(prefgate_upstream_lookups_total{result="success"} 0)",
           R"(prefgate_upstream_lookups_total{result="failure"} 0)",
           R"(prefgate_upstream_connections{state="idle"} 2)",
           R"(prefgate_upstream_connections{state="in_use"} 2)",
           R"(prefgate_upstream_waiting_requests 6)",
           R"(prefgate_client_connections 3)",
           R"(prefgate_audit_records_total 0)",
       }) {
    CAPTURE(line);
    CHECK(gateway.has_line(line));
  }
  CHECK(gateway.page("/metrics").body.find("policy_") == std::string::npos);
}

TEST_CASE("the status has each address of the upstream, as all workers find it") {
  Started gateway;
  CHECK(gateway.status()["upstream"]["addresses"].Empty());
  std::vector<std::shared_ptr<Address>> mine;
  for (const char* host : {"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.3"})
    mine.push_back(std::make_shared<Address>(Endpoint{host, 1}));
  gateway.meters[0].show({mine[0], mine[1]});
  gateway.meters[1].show({mine[2], mine[3]});
  mine[0]->in_flight.set(2);
  mine[2]->in_flight.set(3);
  mine[2]->ejected_until.set(UINT64_MAX);
  mine[3]->ejected_until.set(1);  // over
  const auto status = gateway.status();
  const auto& addresses = status["upstream"]["addresses"];
  REQUIRE(addresses.Size() == 3);
  const struct {
    std::string address, state;
    int requests, ejected_by;
  } expected[] = {{"10.0.0.1:1", "ejected", 5, 1},
                  {"10.0.0.2:1", "usable", 0, 0},
                  {"10.0.0.3:1", "usable", 0, 0}};
  for (rapidjson::SizeType i = 0; i < 3; ++i) {
    CHECK(addresses[i]["address"].GetString() == expected[i].address);
    CHECK(addresses[i]["state"].GetString() == expected[i].state);
    CHECK(addresses[i]["requests"].GetInt() == expected[i].requests);
    CHECK(addresses[i]["ejected_by_workers"].GetInt() == expected[i].ejected_by);
  }
}

TEST_CASE("of the rings the fullest is shown") {
  Started gateway;
  CHECK(gateway.has_line("prefgate_audit_backlog_ratio 0"));
  std::array<AuditRing, 2> rings{AuditRing(64), AuditRing(128)};
  for (const auto& ring : rings) gateway.vitals.rings.push_back(&ring);
  tests::put(rings[1], std::string(32 - AuditRing::framing, 'x'));
  CHECK(gateway.has_line("prefgate_audit_backlog_ratio 0.25"));
  tests::put(rings[0], std::string(32 - AuditRing::framing, 'x'));
  CHECK(gateway.has_line("prefgate_audit_backlog_ratio 0.5"));
}

TEST_CASE("of a policy there is a line for each rule and outcome from the start") {
  Started gateway(
      "version: 1\ngroups: {here: {network: 10.0.0.0/8}}\n"
      "rules: [{id: a, force: {alarm: true}}, {id: b, mode: \"off\", force: {alarm: true}}]\n");
  const auto count = [&](const filters::Compliance& compliance) {
    gateway.vitals.governance()->tally->count(0, compliance);
  };
  filters::Arena arena;
  filters::Compliance compliance(arena);
  compliance.request.push_back({0, filters::RuleOutcome::would_change});
  compliance.answer.push_back({0, true});
  compliance.groups.push_back(0);
  count(compliance);
  for (const std::string line : {
           R"(prefgate_rule_hits_total{rule="policy.a",mode="observe"} 1)",
           R"(prefgate_rule_hits_total{rule="policy.a",mode="enforce"} 0)",
           R"(prefgate_policy_requests_total{rule="policy.a",outcome="would_change"} 1)",
           R"(prefgate_policy_requests_total{rule="policy.a",outcome="complied"} 0)",
           R"(prefgate_policy_requests_total{rule="policy.a",outcome="excepted"} 0)",
           R"(prefgate_policy_answers_total{rule="policy.a",outcome="complied"} 0)",
           R"(prefgate_policy_answers_total{rule="policy.a",outcome="drifted"} 1)",
           R"(prefgate_policy_group_requests_total{group="here",outcome="compliant"} 0)",
           R"(prefgate_policy_group_requests_total{group="here",outcome="not_compliant"} 1)",
       }) {
    CAPTURE(line);
    CHECK(gateway.has_line(line));
  }
  CHECK(gateway.page("/metrics").body.find("policy.b") == std::string::npos);
}
