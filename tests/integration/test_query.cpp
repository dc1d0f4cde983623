// Looking into the audit of a gateway that runs: `audit query` and `audit tail -f` as an auditor
// has them, beside the one who writes.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::vector<std::string> audit(const RunningGateway& gateway, const char* command,
                               const std::vector<std::string>& more) {
  std::vector<std::string> words{binary("prefgate"), "audit", command,
                                 gateway.folder().path() / "audit"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string good_with_id(const std::string& id) {
  return good_get({"x-request-id: " + id});
}

// The id of the record, as `audit tail --format json` prints it.
bool is_record_of(const std::string& line, const std::string& id) {
  return line.find("\"id\":\"" + id + "\"") != std::string::npos;
}

}  // namespace

TEST_CASE("tail -f shows what is recorded as it comes, across a restart, and ends with 0") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  for (const auto* id : {"one", "two", "three"})
    REQUIRE(client.exchange(good_with_id(id)).status == 200);
  REQUIRE(gateway.stop() == 0);
  gateway.start();

  Process all(audit(gateway, "tail", {"-f", "-n", "2", "--format", "json"}));
  Process refused(audit(gateway, "tail", {"-f", "--status", "4xx", "--format", "json"}));
  CHECK(is_record_of(all.line(), "two"));
  CHECK(is_record_of(all.line(), "three"));
  {
    auto again = gateway.client();
    REQUIRE(again.exchange(good_with_id("four")).status == 200);
    REQUIRE(again.exchange(request("GET", path, {"x-request-id: five"})).status == 401);
  }
  CHECK(is_record_of(all.line(), "four"));
  CHECK(is_record_of(all.line(), "five"));
  CHECK(is_record_of(refused.line(), "five"));
  REQUIRE(gateway.stop() == 0);
  gateway.start();
  {
    auto again = gateway.client();
    REQUIRE(again.exchange(good_with_id("six")).status == 200);
  }
  CHECK(is_record_of(all.line(), "six"));
  CHECK(all.stop() == 0);
  refused.send(SIGINT);
  CHECK(refused.wait() == 0);
  CHECK(all.errors().empty());
}

TEST_CASE("tail -f waits for an audit that is not there yet") {
  const TemporaryDirectory folder;
  Process tail({binary("prefgate"), "audit", "tail", folder.path() / "audit", "-f"});
  (void)folder.write("audit/records-000000000000.jsonl",
                     R"({"seq":0,"time":"2026-11-22T10:00:00.000000Z"})"
                     "\n");
  CHECK(tail.line().starts_with("time "));
  CHECK(tail.line().starts_with("2026-11-22T10:00:00.000Z  0 "));
  CHECK(tail.stop() == 0);
}

TEST_CASE("one token as bearer and device token has two hashes, and the device's finds it") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto same = good_with_id("same");
  same.replace(same.find("abc%3Adef"), 9, "test-bearer-token");
  REQUIRE(gateway.client().exchange(same).status == 200);
  REQUIRE(gateway.client().exchange(good_with_id("other")).status == 200);
  const auto records = gateway.records();
  REQUIRE(records.size() == 2);
  const auto bearer = records[0].text("bearer_token");
  const auto device = records[0].text("device_token");
  CHECK(bearer == records[1].text("bearer_token"));
  CHECK(bearer != device);
  CHECK(bearer.substr(0, 21) == device.substr(0, 21));  // under one key
  Process::Options options;
  options.input = "test-bearer-token";
  const auto found = run(audit(gateway, "query", {"--device", "-", "--format", "json"}), options);
  CHECK(is_record_of(found.output, "same"));
  CHECK_FALSE(is_record_of(found.output, "other"));
  CHECK(run(audit(gateway, "query", {"--device", bearer})).status == 1);
}

TEST_CASE("query finds a device by its token, which it does not show") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  {
    auto client = gateway.client();
    REQUIRE(client.exchange(good_with_id("one")).status == 200);
    auto other = good_with_id("two");
    other.replace(other.find("abc%3Adef"), 9, "another");
    REQUIRE(client.exchange(other).status == 200);
    REQUIRE(client.exchange(request("GET", path)).status == 401);
  }
  CHECK(gateway.stop() == 0);
  const auto query = [&](const std::vector<std::string>& more, const std::string& input = "") {
    Process::Options options;
    options.input = input;
    return run(audit(gateway, "query", more), options);
  };
  const auto found = query({"--device", "-", "--format", "json"}, "abc:def\n");
  CHECK(found.status == 0);
  CHECK(is_record_of(found.output, "one"));
  CHECK_FALSE(is_record_of(found.output, "two"));
  CHECK((found.output + found.errors).find("abc:def") == std::string::npos);
  CHECK(query({"--device", "-"}, "nobody").status == 1);

  const auto records = read_file(gateway.folder().path() / "audit/records-000000000000.jsonl");
  CHECK(query({"--format", "json"}).output == records);
  CHECK(query({"--since", "1h", "--format", "json"}).output == records);
  CHECK(query({"--until", "1h"}).status == 1);
  CHECK(query({"--decision", "rejected"}).output.find("  no_bearer_token\n") != std::string::npos);
}
