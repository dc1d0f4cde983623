#include "filters/secret_hash.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace filters;

TEST_CASE("a digest is read as it is written in records") {
  const auto found = parse_secret_digest(
      "hmac-sha256:61b4c855:928196bfe870a0fce3b07e894caf0551085add3637bbf030f71995a085a05344");
  REQUIRE(found);
  CHECK(found->key_id == "61b4c855");
  CHECK(found->digest.front() == 0x92);
  CHECK(found->digest.back() == 0x44);
}

TEST_CASE("anything else is no digest") {
  const std::string hex(64, 'a');
  for (const auto& text : std::vector<std::string>{
           "", "hmac-sha256:61b4c855:", "hmac-sha256:61b4c855:" + hex + "a",
           "hmac-sha256:61b4c855:" + hex.substr(1), "hmac-sha256:61b4c85:a" + hex,
           "hmac-sha512:61b4c855:" + hex, "hmac-sha256:61B4C855:" + hex,
           "hmac-sha256:61b4c855-" + hex, "hmac-sha256:61b4c855:" + hex.substr(1) + "g"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_secret_digest(text));
  }
}
