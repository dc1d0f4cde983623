// Whole runs, against the stand-in upstream, the gateway, and upstreams that misbehave.
#include "bench/load/run.hpp"

#include <doctest/doctest.h>

#include "proxy/read_file.hpp"
#include "tests/load/runs.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

TEST_CASE("as many requests arrive as were asked for, and all are answered") {
  const OwnerApi upstream;
  const auto ran = load_with({local(upstream.port()), "--rate", "500", "--duration", "1s"});
  INFO(ran.out);
  CHECK(ran.status == 0);
  CHECK(count(ran, "asked") == 500);
  CHECK(count(ran, "answered") == 500);
  CHECK(upstream.received() == 500);
  CHECK(ran.json["connections_opened"].GetUint64() == 64);
}

TEST_CASE("a ramp and steps arrive in full") {
  const OwnerApi upstream;
  for (const auto& [rates, expected] :
       {std::pair{"100..700", 400}, std::pair{"100,200,300", 200}}) {
    upstream.reset();
    const auto ran = load_with({local(upstream.port()), "--rate", rates, "--duration", "1s"});
    CHECK(ran.status == 0);
    CHECK(upstream.received() == expected);
  }
}

TEST_CASE("a closed loop sends as answers come, on no more connections than it may") {
  const OwnerApi upstream;
  const auto ran =
      load_with({local(upstream.port()), "--closed", "--connections", "3", "--duration", "300ms"});
  CHECK(ran.status == 0);
  CHECK(count(ran, "answered") > 0);
  CHECK(count(ran, "answered") == upstream.received());
  CHECK(count(ran, "connections_opened") == 3);
}

TEST_CASE("over TLS the server's certificate must be good for the name that is asked for") {
  const OwnerApi upstream;
  const auto ca = (development_certificates() / "ca.pem").string();
  const auto url = "https://localhost:" + std::to_string(upstream.tls_port());
  const auto ran = load_with({url, "--ca", ca, "--rate", "100", "--duration", "1s"});
  INFO(ran.out);
  CHECK(ran.status == 0);
  CHECK(upstream.received() == 100);
  const TemporaryDirectory folder;
  CHECK_THROWS_WITH_AS(
      load_with(
          {url, "--ca", (development_certificates() / "upstream.pem").string(), "--rate", "100"}),
      doctest::Contains("the certificate is not good"), std::runtime_error);
}

TEST_CASE("with new connections each request has one of its own, with a whole handshake") {
  const OwnerApi upstream;
  const auto ca = (development_certificates() / "ca.pem").string();
  const auto ran = load_with({"https://localhost:" + std::to_string(upstream.tls_port()), "--ca",
                              ca, "--new-connections", "--rate", "50", "--duration", "1s"});
  INFO(ran.out);
  CHECK(ran.status == 0);
  CHECK(upstream.received() == 50);
  CHECK(count(ran, "connections_opened") == 50);
  const auto log = upstream.log();
  for (const auto& entry : log["requests"].GetArray()) {
    CHECK_FALSE(entry["tls"]["resumed"].GetBool());
    CHECK(logged_field(entry, "Connection") == "close");
  }
}

TEST_CASE("a stall of 200 ms shows in the latency of all who were due meanwhile") {
  const OwnerApi upstream;
  upstream.next("delay=200ms");
  // On one connection 40 of the 400 are due in 200 ms; half of them wait 100 ms or more.
  const auto ran = load_with(
      {local(upstream.port()), "--connections", "1", "--rate", "200", "--duration", "2s"});
  CHECK(ran.status == 0);
  CHECK(count(ran, "answered") == 400);
  CHECK(latency(ran, "max") >= 200'000);
  CHECK(latency(ran, "p95") >= 95'000);
}

TEST_CASE(
    "through the gateway misspelt requests are mended, invalid ones refused, and the upstream "
    "has what was sent last") {
  const OwnerApi upstream;
  const RunningGateway gateway(local(upstream.port()));
  const auto ran = load_with({local(gateway.port()), "--rate", "500", "--duration", "1s",
                              "--misspelt", "30%", "--invalid", "10%", "--unknown", "10%",
                              "--devices", "50", "--verify", local(upstream.port())});
  INFO(ran.out);
  CHECK(ran.status == 0);
  CHECK(count(ran, "answered") == 500);
  CHECK(ran.json["statuses"]["422"].GetUint64() > 20);
  CHECK(ran.json["verified"]["devices"].GetUint64() > 5);
}

TEST_CASE("what a policy changes is seen at the upstream: wrong unless it is told of") {
  const OwnerApi upstream;
  GatewaySetup setup;
  const TemporaryDirectory folder;
  const auto policy = folder.write("policy.yaml", R"(version: 1
rules:
  - {id: a, mode: enforce, force: {alarm: true}, forbid: [refer_friend]}
)");
  setup.more = "filters: {policy: {file: \"" + policy.string() + "\"}}\n";
  const RunningGateway gateway(local(upstream.port()), setup);
  const std::vector<std::string> arguments{
      local(gateway.port()), "--rate", "200",     "--duration", "1s",
      "--devices",           "20",     "--posts", "100%",       "--verify",
      local(upstream.port())};
  const auto untold = load_with(arguments);
  CHECK(untold.status == 1);
  CHECK(untold.out.find("WRONG") != std::string::npos);
  auto told = arguments;
  for (const auto* each : {"--governed", "alarm=true", "--governed", "refer_friend=absent"})
    told.emplace_back(each);
  const auto ran = load_with(told);
  INFO(ran.out);
  CHECK(ran.status == 0);
}

TEST_CASE("answers that are not as expected are counted by kind, and end with 1") {
  const OwnerApi upstream;
  upstream.next("status=503", 7);
  const auto ran =
      load_with({local(upstream.port()), "--rate", "100", "--duration", "1s", "--misspelt", "0%",
                 "--invalid", "0%", "--unknown", "0%", "--posts", "0%"});
  CHECK(ran.status == 1);
  CHECK(ran.json["unexpected"]["good GET answered 503, not 200"].GetUint64() == 7);
  CHECK(ran.out.find("7 times: good GET answered 503, not 200") != std::string::npos);
}

TEST_CASE("every way to fail is told apart, and the run goes on") {
  struct Row {
    const char* orders;
    const char* failure;
  };
  const OwnerApi upstream;
  for (const auto& [orders, failure] :
       {Row{"cut=0", "closed without an answer"}, Row{"cut=30", "closed without an answer"},
        Row{"garbage", "answer was no HTTP"}}) {
    CAPTURE(orders);
    upstream.next(orders);
    const auto ran = load_with({local(upstream.port()), "--rate", "100", "--duration", "500ms"});
    CHECK(ran.status == 1);
    CHECK(count(ran, "answered") == 49);
    REQUIRE(ran.json["failures"].HasMember(failure));
    CHECK(ran.json["failures"][failure].GetUint64() == 1);
  }
  // Answered, and the connection closed, said or not: another one is opened.
  for (const auto* orders : {"close", "hang-up", "until-close", "chunked"}) {
    CAPTURE(orders);
    upstream.next(orders, 10);
    const auto ran = load_with(
        {local(upstream.port()), "--rate", "40", "--duration", "500ms", "--connections", "1"});
    INFO(ran.out);
    CHECK(ran.status == 0);
    CHECK(count(ran, "answered") == 20);
  }
}

TEST_CASE("what is not answered in time is given up, and what stood in line is not forgotten") {
  const ScriptedUpstream silent([](ScriptedUpstream::Peer& peer) { peer.wait_for_end(); });
  const auto ran = load_with({silent.url(), "--rate", "20", "--duration", "1s", "--connections",
                              "2", "--timeout", "1500ms"});
  CHECK(ran.status == 1);
  CHECK(count(ran, "asked") == 20);
  CHECK(count(ran, "answered") == 0);
  std::uint64_t failed = 0;
  for (const auto& each : ran.json["failures"].GetObject()) failed += each.value.GetUint64();
  CHECK(failed == 20);
  CHECK(latency(ran, "max") >= 1'500'000);
}

TEST_CASE("the highest rate is searched for, and each trial is shown") {
  const OwnerApi upstream;
  // A target that is down to one answer in 20 ms: 50 requests/s on one connection.
  upstream.next("delay=20ms", 100'000);
  const auto ran =
      load_with({local(upstream.port()), "--find-max", "--p99", "250ms", "--rate", "20",
                 "--duration", "500ms", "--connections", "1", "--timeout", "500ms"});
  INFO(ran.out);
  CHECK(ran.out.find("20/s: p50 ") != std::string::npos);
  CHECK(ran.out.find("does not hold") != std::string::npos);
  REQUIRE(ran.status == 0);
  CHECK(ran.json["asked_per_s"].GetDouble() < 100);
}

TEST_CASE("the program says on one line what keeps it from running, with the exit status") {
  const auto nobody = tests::run({binary("prefgate-load"), "http://127.0.0.1:1"});
  CHECK(nobody.status == 2);
  CHECK(
      nobody.errors ==
      "prefgate-load: cannot connect to http://127.0.0.1:1: Connection refused: is it running?\n");
  const auto unwritable =
      tests::run({binary("prefgate-load"), local(OwnerApi().port()), "--json", "/nowhere/r.json"});
  CHECK(unwritable.status == 2);
}

TEST_CASE("the token goes out with each request, and into no report") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const TemporaryDirectory folder;
  const auto token = folder.write("token", "very-secret\n").string();
  const auto page = (folder.path() / "page.html").string();
  const auto ran = load_with({upstream.url(), "--rate", "10", "--duration", "1s", "--connections",
                              "1", "--invalid", "0%", "--token", token, "--html", page});
  CHECK(ran.status == 0);
  REQUIRE(upstream.requests().size() == 10);
  for (const auto& each : upstream.requests())
    CHECK(each.find("\r\nAuthorization: Bearer very-secret\r\n") != std::string::npos);
  CHECK(ran.out.find("very-secret") == std::string::npos);
  const auto html = proxy::read_file(page, 1 << 20).text;
  CHECK(html.find("</svg>") != std::string::npos);
  CHECK(html.find("very-secret") == std::string::npos);
}

TEST_CASE("a run that was its own bottleneck reports nothing and ends with 3") {
  const OwnerApi upstream;
  std::istringstream in;
  std::ostringstream out, err;
  const auto url = local(upstream.port());
  const std::vector<const char*> words{"prefgate-load", url.c_str(), "--rate",   "100",
                                       "--duration",    "200ms",     "--warmup", "0s",
                                       "--late",        "0ms"};
  const auto options = load::parse_options(static_cast<int>(words.size()), words.data(), out, err);
  // Later than not at all is every one.
  CHECK(load::run(std::get<load::Options>(options), in, out, err) == 3);
  CHECK(out.str().empty());
  CHECK(err.str().find("prefgate-load itself was the bottleneck") != std::string::npos);
}

TEST_CASE("Ctrl-C ends a run early, and what it has been is reported") {
  const OwnerApi upstream;
  Process process({binary("prefgate-load"), local(upstream.port()), "--rate", "200", "--duration",
                   "10min", "--warmup", "0s", "--late", "1h", "--busy", "100%"});
  while (upstream.received() < 10) continue;
  process.send(SIGINT);
  CHECK(process.wait() == 0);
  CHECK(process.output().find("  achieved     ") != std::string::npos);
}
