#include "proxy/authority.hpp"

#include <doctest/doctest.h>

#include <string>

using proxy::valid_authority;

TEST_CASE("a host is a name or an address, and at most a port") {
  for (const auto* each : {"localhost", "LOCALHOST", "owner-api.example.com", "example.com.",
                           "local_host", "127.0.0.1", "localhost:80", "localhost:",
                           "localhost:65535", "[::1]", "[::1]:8080", "[::ffff:1.2.3.4]"}) {
    CAPTURE(each);
    CHECK(valid_authority(each));
  }
}

TEST_CASE("what could be read as two hosts, or as none, is no host") {
  for (const auto* each :
       {"", ":", ":80", "a b", "a/b", "a?b", "a#b", "me@a", "a,b", "a\\b", "http://a", "a%2eb",
        "a;b", "a\tb", "a\xC3\xA4", "::1", "[::1]x", "[::1]:x"}) {
    CAPTURE(each);
    CHECK_FALSE(valid_authority(each));
  }
  CHECK_FALSE(valid_authority(std::string("a\0b", 3)));
}

TEST_CASE("former bugs: ports that are none, and brackets without an address") {
  for (const auto* each : {"a:http", "a:80:81", "a:65536", "a:-1", "a:+1", "a: 1", "a:8 0", "[::1",
                           "::1]", "[]", "[", "]", "[]:80", "a[b]", "[a]b", "[::1]]"}) {
    CAPTURE(each);
    CHECK_FALSE(valid_authority(each));
  }
}
