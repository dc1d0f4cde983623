// The section `admin`.
#include <doctest/doctest.h>

#include "proxy/config.hpp"
#include "proxy/keyed_hash.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

constexpr std::string_view listener = "listen: [{address: \"127.0.0.1:8080\"}]\n";
constexpr std::string_view upstream = "upstream: {url: https://api.example}\n";

LoadedConfig loaded(const std::string& text) {
  const tests::TemporaryDirectory folder;
  return load_config(folder.write("x.yaml", std::string(listener) + std::string(upstream) + text));
}

std::string lines(const LoadedConfig& config) {
  std::string text;
  for (const auto& each : config.diagnostics) {
    const auto line = to_string(each);
    text += line.substr(line.find("x.yaml:") + 7) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("operators find a gateway on port 9901 of loopback, unless told otherwise") {
  const struct {
    std::string text, host;
    std::uint16_t port;
  } cases[] = {
      {"", "127.0.0.1", 9901},
      {"admin: {}\n", "127.0.0.1", 9901},
      {"admin: {address: \"127.0.0.1:0\"}\n", "127.0.0.1", 0},
      {"admin: {address: \"[::1]:9000\"}\n", "::1", 9000},
      {"admin: {address: none}\n", "", 9901},
  };
  for (const auto& [text, host, port] : cases) {
    CAPTURE(text);
    const auto found = loaded(text);
    CHECK(lines(found) == "");
    REQUIRE(found.config);
    CHECK(found.config->admin.host == host);
    CHECK(found.config->admin.port == port);
  }
}

TEST_CASE("faults of admin") {
  const std::string expected =
      "expected an address such as 127.0.0.1:9901 or \"[::1]:9901\", or none, got ";
  const struct {
    std::string text, lines;
  } cases[] = {
      {"admin: none\n", "3:8: expected a map of keys, got `none`\n"},
      {"admin: {address: 9901}\n", "3:18: " + expected + "`9901`\n"},
      {"admin: {address: localhost:9901}\n", "3:18: " + expected + "`localhost:9901`\n"},
      {"admin: {address: \"\"}\n", "3:18: " + expected + "an empty text\n"},
      {"admin: {address: [none]}\n", "3:18: " + expected + "a list\n"},
      {"admin: {adress: none}\n", "3:9: unknown key `adress` (did you mean `address`?)\n"},
      {"admin: {address: \"127.0.0.1:8080\"}\n", "3:18: a listener has this address\n"},
      {"admin: {address: \"0.0.0.0:9901\"}\n",
       "3:18: warning: clear text, and not on loopback: anybody who gets there can read what the "
       "gateway counts\n"},
  };
  for (const auto& [text, expected_lines] : cases) {
    CAPTURE(text);
    CHECK(lines(loaded(text)) == expected_lines);
  }
}

TEST_CASE("a configuration knows the digests of its own text and of the contract's") {
  const auto text = std::string(listener) + std::string(upstream);
  const auto found = loaded("");
  REQUIRE(found.config);
  CHECK(found.config->digest == "sha256:" + sha256_hex(text));
  CHECK(found.config->contract_digest.size() == 7 + 64);
  CHECK(found.config->contract_digest != found.config->digest);
}
