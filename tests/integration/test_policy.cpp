// A policy over the wire: what it forces arrives, what it denies does not, and the record says what
// was there before.
#include <doctest/doctest.h>

#include "proxy/keyed_hash.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

namespace {

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

// A gateway under the policy, which stands in the folder.
GatewaySetup under(const TemporaryDirectory& folder, std::string_view policy) {
  GatewaySetup setup;
  setup.more =
      "filters: {policy: {file: \"" + folder.write("policy.yaml", policy).string() + "\"}}\n";
  return setup;
}

std::string post(const std::string& body) {
  return request("POST", path, app_fields, body);
}

std::string json(const rapidjson::Value& value, const char* name) {
  const auto found = value.FindMember(name);
  if (found == value.MemberEnd()) return "(none)";
  return found->value.IsBool() ? (found->value.GetBool() ? "true" : "false")
                               : found->value.GetString();
}

}  // namespace

TEST_CASE("alarm: false under force: {alarm: true} arrives as true, every other byte as it came") {
  const TemporaryDirectory folder;
  const std::string policy =
      "version: 1\nrules:\n  - {id: alarm-always-on, mode: enforce, force: {alarm: true}}\n";
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), under(folder, policy));
  auto body = app_body(105, true);
  const auto at = body.find("\"alarm\": ") + 9;
  body.replace(at, body.find_first_of(",\n", at) - at, "false");
  auto expected = body;
  expected.replace(at, 5, "true");

  const auto answer = gateway.client().exchange(post(body));
  CHECK(answer.status == 200);
  CHECK(answer.field("x-prefgate-rules") == "policy.alarm-always-on");
  REQUIRE(upstream.requests().size() == 1);
  CHECK(body_of(upstream.requests()[0]) == expected);

  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].text("policy") == "sha256:" + proxy::sha256_hex(policy));
  const auto& edits = records[0].json["edits"];
  REQUIRE(edits.Size() == 1);
  CHECK(json(edits[0], "rule") == "policy.alarm-always-on");
  CHECK(json(edits[0], "path") == "/notification_preferences/alarm");
  CHECK(json(edits[0], "before") == "false");
  CHECK(json(edits[0], "value") == "true");
  CHECK(json(records[0].json["preferences"], "alarm") == "true");
}

TEST_CASE("what is denied never reaches the upstream, and the client is told why") {
  const TemporaryDirectory folder;
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(
      upstream.url(),
      under(folder,
            "version: 1\ngroups: {here: {network: 127.0.0.0/8}}\nrules:\n"
            "  - {id: too-old, mode: enforce, when: {app_version: \"<4.17\", group: here}, "
            "deny: {status: 410, message: please update the app}}\n"));
  auto client = gateway.client();
  auto old = std::string(good_body);
  old.replace(old.find("4.17.0"), 6, "4.16.9");
  const auto denied = client.exchange(post(old));
  CHECK(denied.status == 410);
  CHECK(denied.field("x-prefgate-origin") == "gateway");
  CHECK(denied.body.starts_with(
      R"({"response":null,"error":"denied by policy: please update the app")"));
  CHECK(upstream.requests().empty());
  CHECK(client.exchange(post(std::string(good_body))).status == 200);
  const auto records = gateway.records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].text("decision") == "rejected");
  CHECK(records[0].text("reason") == "policy");
  CHECK(records[0].text("detail") == "please update the app");
  CHECK(json(records[0].json["violations"][0], "rule") == "policy.too-old");
  CHECK(records[1].text("decision") == "forwarded");
}

TEST_CASE("a client is in a group by its certificate's names") {
  const TemporaryDirectory folder;
  const auto certificates = development_certificates();
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  auto setup = under(folder,
                     "version: 1\ngroups: {dev: {client_san: [\"*.depot.example\"]}}\nrules:\n"
                     "  - {id: mine, when: {group: dev}, mode: warn, deny: {message: no}}\n");
  setup.client_certificates = true;
  RunningGateway gateway(upstream.url(), setup);
  const Tls shown{.certificate = certificates / "client.pem",
                  .private_key = certificates / "client.key"};
  CHECK(Client(gateway.tls_port(), shown).exchange(good_post()).field("x-prefgate-rules") ==
        "policy.mine");
  CHECK(gateway.client().exchange(good_post()).field("x-prefgate-rules") == "");
}

TEST_CASE("a device's hash is taken from a record, and excepts that device and no other") {
  const TemporaryDirectory folder;
  const std::string rule =
      "version: 1\nrules:\n  - {id: on, mode: enforce, force: {alarm: true}}\n";
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), under(folder, rule));
  auto mine = std::string(good_body);
  mine.replace(mine.find("true"), 4, "false");
  CHECK(gateway.client().exchange(post(mine)).field("x-prefgate-rules") == "policy.on");
  const auto device = gateway.records().at(0).text("device_token");
  folder.write("policy.yaml", rule + "exceptions:\n  - {rule: on, device: \"" + device +
                                  "\", until: 9999-12-31, owner: ops, reason: test bench}\n");

  gateway.start();
  CHECK(gateway.client().exchange(post(mine)).field("x-prefgate-rules") == "");
  CHECK(body_of(upstream.requests().back()) == mine);
  auto other = mine;
  other.replace(other.find("abc:def"), 7, "abc:xyz");
  CHECK(gateway.client().exchange(post(other)).field("x-prefgate-rules") == "policy.on");
  const auto records = gateway.records();
  REQUIRE(records.size() == 3);
  CHECK(json(records[1].json["findings"][0], "message") ==
        "does not act: exception of ops until 9999-12-31: test bench");
}

TEST_CASE("a gateway does not start under a policy that contradicts itself") {
  const TemporaryDirectory folder;
  const auto setup = under(folder,
                           "version: 1\nrules:\n"
                           "  - {id: a, mode: enforce, force: {alarm: true}}\n"
                           "  - {id: b, mode: enforce, forbid: [\"al*\"]}\n");
  const auto file = folder.write(
      "prefgate.yaml",
      "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: \"http://127.0.0.1:9\"}\n" +
          setup.more);
  Process process({"/bin/sh", "-c", R"(exec "$0" serve -c "$1" 2>&1)", binary("prefgate").string(),
                   file.string()});
  CHECK(process.wait(milliseconds{60'000}) == 1);
  CHECK(process.output().find("contradicts rule `a` (line 3)") != std::string::npos);
}
