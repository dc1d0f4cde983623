// What is in the audit at each level, through the binary: who asks and what came of it at all of
// them, values at some, a token at none.
#include <doctest/doctest.h>

#include "proxy/keyed_hash.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

constexpr std::string_view bearer = "test-bearer-token", device = "abc:def";
// An upstream that repeats what it was sent, and has stored what the policy would not allow.
const std::string stored =
    R"({"txid":"test-bearer-token","response":{"alarm":false,"abc:def":true,"token":"abc:def"}})";
const std::string governed =
    R"({"txid":"test-bearer-token","response":{"alarm":true,"abc:def":true,"token":"abc:def"}})";

ScriptedUpstream::Script answering() {
  return [](Peer& peer) {
    while (!peer.request().empty())
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(stored.size()) + "\r\n\r\n" + stored);
  };
}

struct Under {
  TemporaryDirectory folder;
  GatewaySetup setup;

  Under(const std::string& audit, const std::string& answers) {
    const auto policy = folder.write(
        "policy.yaml",
        "version: 1\nrules:\n  - {id: on, mode: enforce, force: {alarm: true}}\n"
        "  - {id: old, mode: enforce, when: {app_version: \"<4\"}, deny: {message: no}}\n");
    setup.audit = audit;
    setup.more =
        "filters: {policy: {file: \"" + policy.string() + "\", answers: " + answers + "}}\n";
  }
};

std::string everything_in(const std::filesystem::path& folder) {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) text += read_file(entry.path());
  return text;
}

void send_traffic(const RunningGateway& gateway) {
  auto client = gateway.client();
  CHECK(client.exchange(good_get()).status == 200);
  CHECK(client.exchange(good_post()).status == 200);
  CHECK(client.exchange(request("GET", path)).status == 401);
  CHECK(client.exchange(request("GET", "/api/1/vehicles", app_fields)).status == 200);
}

}  // namespace

TEST_CASE("each level records what it says, and none of them a token") {
  for (const std::string durability : {"batch", "request"})
    for (const std::string answers : {"observe", "governed"})
      for (const std::string level : {"metadata", "request", "full"}) {
        CAPTURE(durability);
        CAPTURE(answers);
        CAPTURE(level);
        const Under under("{level: " + level + ", durability: " + durability + "}", answers);
        const ScriptedUpstream upstream(answering());
        RunningGateway gateway(upstream.url(), under.setup);
        send_traffic(gateway);
        const auto records = gateway.records();
        const auto text = everything_in(gateway.folder().path() / "audit");
        CHECK(text.find(bearer) == text.npos);
        CHECK(text.find(device) == text.npos);
        REQUIRE(records.size() == 4);
        const bool values = level != "metadata", answer = level == "full";
        for (const auto& record : records) {
          CHECK(record.text("level") == (level == "request" ? "" : level));
          CHECK_FALSE(record.text("decision").empty());
        }
        CHECK(records[0].text("device_token").starts_with("hmac-sha256:"));
        CHECK(records[0].has("fields") == values);
        CHECK(records[1].has("preferences") == values);
        const bool observed = answers == "observe";
        const auto* const list = observed ? "findings" : "edits";
        REQUIRE(records[0].has(list));
        const auto& drift = records[0].json[list][0];
        CHECK(std::string_view(drift["rule"].GetString()) == "policy.on");
        CHECK(std::string_view(drift["path"].GetString()) == "/response/alarm");
        CHECK(drift.HasMember("value") == values);
        CHECK(drift.HasMember("before") == values);
        for (const int governed_one : {0, 1}) {
          const auto& record = records[static_cast<std::size_t>(governed_one)];
          const auto& shown = observed || governed_one == 1 ? stored : governed;
          CHECK(record.text("answer.digest") ==
                (answer ? "sha256:" + proxy::sha256_hex(shown) : ""));
          REQUIRE(record.has("answer.preferences") == answer);
          if (!answer) continue;
          const auto& preferences = record.json["answer.preferences"];
          REQUIRE(preferences.MemberCount() == 1);
          CHECK(preferences["alarm"].GetBool() == (shown == governed));
        }
        for (const int other : {2, 3})
          CHECK_FALSE(records[static_cast<std::size_t>(other)].has("answer.digest"));
      }
}

TEST_CASE("at level none nothing is recorded, and check says what that means") {
  for (const std::string durability : {"batch", "request"}) {
    const Under under("{level: none, durability: " + durability + "}", "governed");
    const ScriptedUpstream upstream(answering());
    RunningGateway gateway(upstream.url(), under.setup);
    send_traffic(gateway);
    CHECK(gateway.records().empty());
    const auto checked = run({binary("prefgate"), "check", "-c", gateway.config()});
    CHECK(checked.status == 0);
    CHECK(
        (checked.output + checked.errors)
            .find("warning: no record: exchanges that `levels` does not name leave no evidence") !=
        std::string::npos);
  }
}

TEST_CASE("a path has its own level, and rules raise it for the exchanges in which they acted") {
  const Under under(
      "{level: metadata, levels: [{path: " + std::string(path) +
          ", level: none}, {rule: policy.old, level: request}, "
          "{rule: policy.o*, level: full}, {rule: validate.required, level: metadata}]}",
      "governed");
  const ScriptedUpstream upstream(answering());
  RunningGateway gateway(upstream.url(), under.setup);
  auto old = good_get();
  old.replace(old.find("4.17.0"), 6, "3.17.0");
  {
    auto client = gateway.client();
    CHECK(client.exchange(request("POST", path, app_fields, "{}")).status == 422);
    CHECK(client.exchange(good_get()).status == 200);   // the stored alarm is off
    CHECK(client.exchange(good_post()).status == 200);  // the sent one is on
    CHECK(client.exchange(old).status == 403);
    CHECK(client.exchange(request("GET", path)).status == 401);  // not a rule's doing
    CHECK(client.exchange(request("GET", "/api/1/vehicles", app_fields)).status == 200);
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == 4);
  const struct {
    std::int64_t status;
    std::string level, path;
  } expected[] = {{422, "metadata", std::string(path)},
                  {200, "full", std::string(path)},
                  {403, "full", std::string(path)},
                  {200, "metadata", "/api/1/vehicles"}};
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(i);
    CHECK(records[i].number("http.response.status_code") == expected[i].status);
    CHECK(records[i].text("level") == expected[i].level);
    CHECK(records[i].text("url.path") == expected[i].path);
  }
  CHECK(records[1].has("answer.preferences"));
}

TEST_CASE("of an answer longer than limits.body, or empty, there is the digest and no more") {
  const std::string longer = R"({"response":{"alarm":true}})" + std::string(2000, ' ');
  const struct {
    std::string body, answers;
  } cases[] = {{longer, "observe"}, {longer, "governed"}, {"", "observe"}, {"", "governed"}};
  for (const auto& [body, answers] : cases) {
    Under under("{level: full}", answers);
    under.setup.limits = "{body: 1KiB}";
    const auto answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body;
    const ScriptedUpstream upstream(ScriptedUpstream::once(answer));
    RunningGateway gateway(upstream.url(), under.setup);
    CHECK(gateway.client().exchange(good_get()).body == body);
    const auto records = gateway.records();
    REQUIRE(records.size() == 1);
    CHECK(records[0].text("answer.digest") == "sha256:" + proxy::sha256_hex(body));
    CHECK_FALSE(records[0].has("answer.preferences"));
  }
}

TEST_CASE("records of every level are found by a query; a replay tells those that it leaves out") {
  const Under under("{level: metadata, levels: [{rule: policy.*, level: full}]}", "observe");
  const ScriptedUpstream upstream(answering());
  RunningGateway gateway(upstream.url(), under.setup);
  send_traffic(gateway);
  CHECK(gateway.records().size() == 4);
  const std::string audit = gateway.folder().path() / "audit";
  const auto found =
      run({binary("prefgate"), "audit", "query", audit, "--rule", "policy.on", "--format", "json"});
  CHECK(found.status == 0);
  CHECK(found.output.find(R"("level":"full")") != std::string::npos);
  CHECK(std::ranges::count(found.output, '\n') == 1);
  CHECK(run({binary("prefgate"), "audit", "query", audit, "--decision", "forwarded"}).status == 0);
  const std::string policy = under.folder.path() / "policy.yaml";
  const auto replayed = run(
      {binary("prefgate"), "policy", "diff", "--from", policy, "--to", policy, "--audit", audit});
  CAPTURE(replayed.output);
  CHECK(replayed.output.starts_with("1 exchange of 4 records replayed"));
  CHECK(replayed.output.find("left out: 1 exchange recorded at level `metadata`, without the "
                             "preferences\n") != std::string::npos);
}

TEST_CASE("former bug: at level full an answer without a body has a digest, too: that of nothing") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok("")));
  for (const std::string durability : {"batch", "request"}) {
    CAPTURE(durability);
    RunningGateway gateway(upstream.url(),
                           {.audit = "{level: full, durability: " + durability + "}"});
    CHECK(gateway.client().exchange(good_get()).status == 200);
    CHECK(gateway.client().exchange(request("GET", path)).status == 401);
    const auto records = gateway.records();
    REQUIRE(records.size() == 2);
    CHECK(records[0].text("answer.digest") == "sha256:" + proxy::sha256_hex(""));
    CHECK_FALSE(records[0].has("answer.preferences"));
    CHECK_FALSE(records[1].has("answer.digest"));  // the gateway's own
  }
}
