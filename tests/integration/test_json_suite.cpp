// The JSON suite (tests/support/json_suite.hpp) over the wire: one after the other into a running
// gateway, before an upstream that keeps every byte it gets. Nothing crashes, nothing invalid
// arrives, and nothing valid is kept back.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/json_suite.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

int status_of(Fate fate) {
  switch (fate) {
    case Fate::reject:
      return 400;
    case Fate::forbid:
      return 422;
    default:
      return 200;
  }
}

}  // namespace

TEST_CASE("of the JSON suite the upstream gets what is right, byte for byte, and nothing else") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();  // one connection: a body misread would show in the next answer
  std::vector<std::string> expected;
  for (const auto& [what, body, fate, why] : json_suite()) {
    CAPTURE(what);
    CAPTURE(why);
    const auto answer = client.exchange(request("POST", path, app_fields, body));
    CHECK(answer.status == status_of(fate));
    CHECK(answer.field("x-prefgate-origin") == (answer.status == 200 ? "upstream" : "gateway"));
    if (fate == Fate::accept) expected.push_back(body);
    if (fate == Fate::mend) expected.push_back(without_invisible(body));
  }
  const auto received = upstream.requests();
  REQUIRE(received.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto body = received[i].substr(received[i].find("\r\n\r\n") + 4);
    CAPTURE(expected[i].substr(0, 300));
    CHECK(body == expected[i]);
  }
  CHECK(gateway.records().size() == json_suite().size());
}
