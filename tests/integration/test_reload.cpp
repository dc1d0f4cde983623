// Another policy under load, without a restart: no exchange is lost, each is recorded under the
// policy that decided it, and under that one alone.
#include <doctest/doctest.h>

#include <map>

#include "proxy/keyed_hash.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/kubernetes.hpp"
#include "tests/support/load.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string rule(std::string_view mode) {
  return "version: 1\nrules: [{id: on, mode: " + std::string(mode) + ", force: {alarm: true}}]\n";
}

std::string digest(const std::string& policy) {
  return "sha256:" + proxy::sha256_hex(policy);
}

// A disk that is busy for a while must not refuse what these tests count.
GatewaySetup under(const std::filesystem::path& policy) {
  return {.audit = "{on_full: block}",
          .more = "filters: {policy: {file: \"" + policy.string() + "\"}}\n",
          .workers = 2};
}

// What the upstream got, by request id.
std::map<std::string, bool> alarms(const ScriptedUpstream& upstream) {
  std::map<std::string, bool> alarms;
  for (const auto& request : upstream.requests()) {
    auto at = request.find("X-Request-Id: ");
    if (at == request.npos) at = request.find("x-request-id: ");
    REQUIRE(at != request.npos);
    at += 14;
    const auto id = request.substr(at, request.find('\r', at) - at);
    alarms[id] = request.find(R"("alarm":true)") != request.npos;
  }
  return alarms;
}

// Every exchange of the load is there, under the one digest or the other, and did what that policy
// says; each connection went from the old to the new, and not back.
void check_records(RunningGateway& gateway, const ScriptedUpstream& upstream, std::size_t count,
                   const std::string& before, const std::string& after) {
  const auto records = gateway.records();
  const auto arrived = alarms(upstream);
  CHECK(records.size() == count);
  CHECK(arrived.size() == count);
  std::map<std::string, std::size_t> seen;
  std::size_t wrong = 0;
  std::map<char, bool> changed;
  for (const auto& record : records) {
    const auto id = record.text("id");
    const auto policy = record.text("policy");
    ++seen[policy];
    const bool is_new = policy == after;
    const auto found = arrived.find(id);
    const bool acted = record.has("edits");
    if (found == arrived.end() || found->second != is_new || acted != is_new) ++wrong;
    if (record.has("findings") == is_new) ++wrong;  // what `observe` would have done
    if (changed[id.front()] && !is_new) ++wrong;
    changed[id.front()] |= is_new;
  }
  CHECK(wrong == 0);
  CHECK(seen.size() == 2);
  CHECK(seen[before] > 0);
  CHECK(seen[after] > 0);
}

}  // namespace

TEST_CASE("SIGHUP under load: observe becomes enforce, and no exchange is lost or half of each") {
  const TemporaryDirectory folder;
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), under(folder.write("policy.yaml", rule("observe"))));
  auto idle = gateway.client();
  CHECK(idle.exchange(post("x.1")).field("x-prefgate-rules") == "");
  Load load(gateway);
  load.wait_for_more(200);
  replace(folder, "policy.yaml", rule("enforce"));
  gateway.send(SIGHUP);
  const auto line = gateway.wait_for("SIGHUP: in force");
  CHECK(line.ends_with(digest(rule("enforce"))));
  // It is in force everywhere when the log says so: on a connection that was idle, too.
  CHECK(idle.exchange(post("y.1")).field("x-prefgate-rules") == "policy.on");
  load.wait_for_more(200);
  load.stop();
  CHECK_MESSAGE(load.faults() == 0, gateway.printed());
  check_records(gateway, upstream, load.answered() + 2, digest(rule("observe")),
                digest(rule("enforce")));
}

TEST_CASE("a policy that Kubernetes swaps under load is taken without a signal") {
  ConfigMap map({{"policy.yaml", rule("observe")}});
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), under(map.file("policy.yaml")));
  Load load(gateway);
  load.wait_for_more(200);
  map.publish({{"policy.yaml", rule("enforce")}});
  const auto line = gateway.wait_for("a file of the policy has changed: in force");
  CHECK(line.ends_with(digest(rule("enforce"))));
  load.wait_for_more(200);
  load.stop();
  CHECK_MESSAGE(load.faults() == 0, gateway.printed());
  check_records(gateway, upstream, load.answered(), digest(rule("observe")),
                digest(rule("enforce")));
}

TEST_CASE("a faulty policy is not taken, its fault is logged with its place, a good one is taken") {
  const TemporaryDirectory folder;
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), under(folder.write("policy.yaml", rule("observe"))));
  auto client = gateway.client();
  const auto send_one = [&] { CHECK(client.exchange(post("x.1")).status == 200); };
  replace(folder, "policy.yaml", "version: 1\nrules: [{id: on, frce: {alarm: true}}]\n");
  gateway.wait_for((folder.path() / "policy.yaml").string() + ":2:18: unknown key `frce`");
  gateway.wait_for("not taken over, what was in force stays");
  send_one();
  gateway.send(SIGHUP);
  gateway.wait_for((folder.path() / "policy.yaml").string() + ":2:18: unknown key `frce`");
  gateway.wait_for("SIGHUP: not taken over");
  send_one();
  replace(folder, "policy.yaml", rule("enforce"));
  gateway.wait_for("a file of the policy has changed: in force");
  send_one();
  const auto records = gateway.records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].text("policy") == digest(rule("observe")));
  CHECK(records[1].text("policy") == digest(rule("observe")));
  CHECK(records[2].text("policy") == digest(rule("enforce")));
}

TEST_CASE("SIGHUP takes over what governs, and names what waits for a restart") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  const auto other = request("GET", "/api/1/vehicles", app_fields);
  CHECK(client.exchange(other).status == 200);
  auto text = read_file(gateway.config());
  text.replace(text.find("limits: {}"), 10, "limits: {body: 1KiB}");
  text.replace(text.find("audit: {}"), 9, "audit: {keep: 7d}");
  gateway.folder().write("prefgate.yaml", text + "other_paths: reject\n");
  gateway.send(SIGHUP);
  gateway.wait_for("SIGHUP: `audit` differs from what was started with, and waits for a restart");
  gateway.wait_for("SIGHUP: in force, without a policy");
  CHECK(client.exchange(other).status == 404);
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(client.exchange(request("POST", path, app_fields, app_body(105))).status == 413);
}

TEST_CASE("SIGHUP takes over how much a record tells") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  auto text = read_file(gateway.config());
  for (const auto* level : {"{}", "{level: metadata}", "{level: none}", "{level: full}"}) {
    gateway.folder().write("prefgate.yaml",
                           std::string(text).replace(text.find("audit: {}") + 7, 2, level));
    gateway.send(SIGHUP);
    gateway.wait_for("SIGHUP: in force");
    CHECK(client.exchange(good_post()).status == 200);
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 3);
  CHECK_FALSE(records[0].has("level"));
  CHECK(records[0].has("preferences"));
  CHECK(records[1].text("level") == "metadata");
  CHECK_FALSE(records[1].has("preferences"));
  CHECK(records[2].text("level") == "full");
  CHECK(gateway.printed().find("waits for a restart") == std::string::npos);
}

TEST_CASE("SIGHUP while it stops, and many at once, are no harm") {
  Gate gate;
  ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    while (!peer.request().empty()) {
      gate.wait();
      peer.send(ScriptedUpstream::ok());
    }
  });
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  for (int i = 0; i < 20; ++i) gateway.send(SIGHUP);
  gateway.wait_for("SIGHUP: in force");
  client.send(good_get());
  upstream.wait_for_requests(1);
  gateway.send(SIGTERM);
  gateway.wait_for("finishing what is in flight");
  gateway.send(SIGHUP);
  gate.open();
  CHECK(client.receive().status == 200);
  CHECK(gateway.wait() == 0);
}
