// A contract of one's own: another API is governed, over the wire, by the same binary.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

namespace {

constexpr std::string_view contract = R"(openapi: 3.1.0
info: {title: Subscriptions, version: "1"}
paths:
  /api/1/subscriptions:
    get:
      parameters:
        - {name: device_token, in: query, required: true, schema: {type: string, maxLength: 8, x-secret: true}}
        - {name: tier, in: query, schema: {type: string, enum: [basic, premium], x-aliases: [level]}}
)";

}  // namespace

TEST_CASE("a contract file governs its own path, and the built-in one's path passes through") {
  const TemporaryDirectory directory;
  const auto file = directory.write("api.yaml", contract);
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  GatewaySetup setup;
  setup.more = "contract: " + file.string() + "\n";
  RunningGateway gateway(upstream.url(), setup);
  const struct {
    std::string target;
    int status;
    std::string rules, arrives;  // as the upstream has to receive it; empty: it must not
  } cases[] = {
      {"/api/1/subscriptions?device_token=abc&tier=basic", 200, "",
       "/api/1/subscriptions?device_token=abc&tier=basic"},
      {"/api/1/subscriptions?deviceToken=abc&level=basic", 200, "repair.alias",
       "/api/1/subscriptions?device_token=abc&tier=basic"},
      {"/api/1/subscriptions?device_token=abc&teir=basic", 200, "repair.nearest",
       "/api/1/subscriptions?device_token=abc&tier=basic"},
      {"/api/1/subscriptions?tier=gold", 422, "validate.required,validate.enum", ""},
      {"/api/1/Subscriptions?device_token=abc", 400, "", ""},
      {"/api/1/notification_preferences?platfrom=ios", 200, "",
       "/api/1/notification_preferences?platfrom=ios"},
  };
  auto client = gateway.client();
  std::size_t arrived = 0;
  for (const auto& each : cases) {
    CAPTURE(each.target);
    const auto answer = client.exchange(request("GET", each.target, app_fields));
    CHECK(answer.status == each.status);
    CHECK(answer.field("x-prefgate-rules") == each.rules);
    const auto requests = upstream.requests();
    if (each.arrives.empty()) {
      CHECK(requests.size() == arrived);
      if (each.status == 400) client = gateway.client();  // a refused path ends the connection
      continue;
    }
    REQUIRE(requests.size() == ++arrived);
    CHECK(requests.back().starts_with("GET " + each.arrives + " HTTP/1.1\r\n"));
  }
  // POST is not of this contract.
  const auto answer = client.exchange(request("POST", "/api/1/subscriptions", app_fields, "{}"));
  CHECK(answer.status == 405);
  CHECK(answer.field("Allow") == "GET");
}
