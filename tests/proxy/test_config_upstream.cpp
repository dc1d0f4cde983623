// Of the section `upstream`: its addresses, who knows them, and when one is left out. What is
// faulty there is in test_config_faults.cpp.
#include <doctest/doctest.h>

#include "proxy/config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;
using namespace std::chrono_literals;

namespace {

LoadedConfig loaded(const std::string& upstream) {
  const tests::TemporaryDirectory folder;
  return load_config(folder.write(
      "x.yaml", "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {" + upstream + "}\n"));
}

}  // namespace

TEST_CASE(
    "unless told otherwise the upstream's addresses are those of its name, as the system knows "
    "them") {
  const auto found = loaded("url: https://api.example");
  REQUIRE(found.config);
  const auto& upstream = found.config->upstream;
  CHECK(upstream.addresses.empty());
  CHECK_FALSE(upstream.resolver.has_value());
  CHECK(upstream.ejection.failures == 5);
  CHECK(upstream.ejection.time == 30s);
  CHECK(upstream.ejection.most_time == 5min);
  CHECK(upstream.ejection.answers == FailedAnswers::server);
}

TEST_CASE("with addresses the name stays that of the URL") {
  const auto found = loaded(
      "url: https://api.example:9443, addresses: [127.0.0.1:9443, \"[0:0::1]:9444\"], "
      "ejection: {failures: 2, time: 1s, most_time: 1min, answers: gateway}");
  REQUIRE(found.config);
  const auto& upstream = found.config->upstream;
  const std::vector<Endpoint> addresses{{"127.0.0.1", 9443}, {"::1", 9444}};
  CHECK(upstream.addresses == addresses);
  CHECK(upstream.host == "api.example");
  CHECK(upstream.authority == "api.example:9443");
  CHECK(upstream.ejection.failures == 2);
  CHECK(upstream.ejection.time == 1s);
  CHECK(upstream.ejection.most_time == 1min);
  CHECK(upstream.ejection.answers == FailedAnswers::gateway);
}

TEST_CASE("a resolver may be named") {
  const auto found = loaded("url: https://api.example, resolver: \"[::1]:5353\"");
  REQUIRE(found.config);
  CHECK(found.config->upstream.resolver == Endpoint{"::1", 5353});
  CHECK_FALSE(loaded("url: https://api.example, resolver: system").config->upstream.resolver);
}

TEST_CASE("a first ejection is no longer than the longest, though it be by default") {
  const auto found = loaded("url: https://api.example, ejection: {most_time: 10s}");
  REQUIRE(found.config);
  CHECK(found.config->upstream.ejection.time == 10s);
}

TEST_CASE("clear text is warned of by where connections go") {
  const std::string addresses = ":2:48: warning: clear text, and not to loopback";
  const std::string url = ":2:17: warning: clear text, and not to loopback";
  const struct {
    std::string upstream, warning;
  } cases[] = {
      {"url: http://127.0.0.1", ""},
      {"url: http://api.example", url},
      {"url: http://10.0.0.1", url},
      {"url: http://api.example, addresses: [127.0.0.1:1]", ""},
      {"url: http://127.0.0.1:1, addresses: [127.0.0.1:1, 10.0.0.1:1]", addresses},
      {"url: https://10.0.0.1", ""},
  };
  for (const auto& [upstream, warning] : cases) {
    CAPTURE(upstream);
    const auto found = loaded(upstream);
    REQUIRE(found.config);
    REQUIRE(found.diagnostics.size() == (warning.empty() ? 0 : 1));
    if (warning.empty()) continue;
    CHECK(to_string(found.diagnostics[0]).find("x.yaml" + warning) != std::string::npos);
  }
}
