// What an audit has recorded, sent again.
#include "bench/load/replay.hpp"

#include <doctest/doctest.h>

#include "tests/load/runs.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"

using namespace tests;

TEST_CASE("a replay sends what is recorded, of the same devices, and sees what is decided now") {
  const OwnerApi upstream;
  const TemporaryDirectory folder;
  RunningGateway first(local(upstream.port()));
  REQUIRE(load_with({local(first.port()), "--rate", "100", "--duration", "1s", "--invalid", "10%",
                     "--devices", "5"})
              .status == 0);
  first.stop();
  const auto audit = (first.folder().path() / "audit").string();
  upstream.reset();

  const RunningGateway same(local(upstream.port()));
  const auto again = load_with({local(same.port()), "--replay", audit, "--speed", "10"});
  INFO(again.out);
  CHECK(again.status == 0);
  CHECK(count(again, "answered") == upstream.received());
  CHECK(count(again, "answered") < 100);
  CHECK(again.out.find("refused before the policy") != std::string::npos);
  // A tenth of the second that it took.
  CHECK(again.json["asked_per_s"].GetDouble() > 200);

  GatewaySetup setup;
  const auto policy = folder.write("policy.yaml", R"(version: 1
rules:
  - {id: no-posts, mode: enforce, when: {method: [POST]}, deny: {status: 403, message: no}}
)");
  setup.more = "filters: {policy: {file: \"" + policy.string() + "\"}}\n";
  const RunningGateway other(local(upstream.port()), setup);
  const auto denied = load_with({local(other.port()), "--replay", audit, "--speed", "10"});
  CHECK(denied.status == 1);
  CHECK(denied.out.find("was 200 (forwarded), is 403 (rejected) (as record ") != std::string::npos);
}

TEST_CASE("a directory without records cannot be replayed") {
  const OwnerApi upstream;
  const TemporaryDirectory empty;
  CHECK_THROWS_WITH_AS(load_with({local(upstream.port()), "--replay", empty.path()}),
                       doctest::Contains("holds no records"), std::runtime_error);
}
