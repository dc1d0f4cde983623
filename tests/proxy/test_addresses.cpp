#include "proxy/addresses.hpp"

#include <doctest/doctest.h>

using namespace proxy;

TEST_CASE("an endpoint is a numeric address and a port") {
  struct Case {
    std::string_view text, host;
    std::uint16_t port;
  };
  const Case good[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080}, {"0.0.0.0:0", "0.0.0.0", 0},
      {"[::1]:8443", "::1", 8443},           {"[::]:65535", "::", 65535},
      {"[0:0:0:0:0:0:0:1]:1", "::1", 1},
  };
  for (const auto& [text, host, port] : good) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->host == host);
    CHECK(endpoint->port == port);
    const auto again = parse_endpoint(format_endpoint(endpoint->host, endpoint->port));
    REQUIRE(again.has_value());
    CHECK(again->host == host);
    CHECK(again->port == port);
  }
  CHECK(format_endpoint("127.0.0.1", 80) == "127.0.0.1:80");
  CHECK(format_endpoint("::1", 80) == "[::1]:80");
  for (const char* bad : {"",
                          ":",
                          "127.0.0.1",
                          "127.0.0.1:",
                          ":8080",
                          "127.0.0.1:65536",
                          "127.0.0.1:-1",
                          "127.0.0.1:8o80",
                          "127.0.0.1: 80",
                          "localhost:8080",
                          "256.0.0.1:80",
                          "127.1:80",
                          "::1:80",
                          "[::1]",
                          "[::1]8080",
                          "[::1",
                          "[127.0.0.1]:80",
                          "[]:80",
                          "[fe80::1%lo]:80",
                          "*:80",
                          "http://127.0.0.1:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_endpoint(bad).has_value());
  }
}

TEST_CASE("loopback is what stays on this machine") {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"})
    CHECK_MESSAGE(is_loopback(host), host);
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example", "", "127"})
    CHECK_MESSAGE(!is_loopback(host), host);
}

TEST_CASE("an origin is scheme, host and perhaps a port") {
  struct Case {
    std::string_view url;
    bool tls;
    std::string_view host;
    std::uint16_t port;
    std::string_view authority;
  };
  const Case good[] = {
      {"https://api.example", true, "api.example", 443, "api.example"},
      {"https://api.example/", true, "api.example", 443, "api.example"},
      {"HTTPS://API.Example:8443", true, "api.example", 8443, "API.Example:8443"},
      {"http://127.0.0.1", false, "127.0.0.1", 80, "127.0.0.1"},
      {"http://[::1]:9000/", false, "::1", 9000, "[::1]:9000"},
      {"http://my_host-1.example:1", false, "my_host-1.example", 1, "my_host-1.example:1"},
      {"http://1.2.3.4.example", false, "1.2.3.4.example", 80, "1.2.3.4.example"},
  };
  for (const auto& [url, tls, host, port, authority] : good) {
    CAPTURE(url);
    std::string_view fault;
    const auto origin = parse_origin(url, fault);
    REQUIRE(origin.has_value());
    CHECK(origin->tls == tls);
    CHECK(origin->host == host);
    CHECK(origin->port == port);
    CHECK(origin->authority == authority);
  }
}

TEST_CASE("what is no origin is refused with a reason that repeats none of it") {
  constexpr std::string_view no_url =
      "expected a URL such as https://api.example or http://127.0.0.1:8080";
  constexpr std::string_view no_host = "the URL has no valid host";
  constexpr std::string_view no_port = "the URL's port must be 1 to 65535";
  struct Case {
    std::string_view url, fault;
  };
  const std::string long_label = "https://" + std::string(64, 'a') + ".example";
  const Case cases[] = {
      {"", no_url},
      {"api.example", no_url},
      {"//api.example", no_url},
      {"ftp://api.example", no_url},
      {"https:/api.example", no_url},
      {"https://", no_host},
      {"https:///x", "the URL must not have a path: requests keep their own"},
      {"https://user:secret@api.example", "the URL must not hold a user name or password"},
      {"https://api.example/api", "the URL must not have a path: requests keep their own"},
      {"https://api.example//", "the URL must not have a path: requests keep their own"},
      {"https://api.example?x", "the URL must not have a query or fragment"},
      {"https://api.example/#x", "the URL must not have a query or fragment"},
      {"https://api.example:", no_port},
      {"https://api.example:0", no_port},
      {"https://api.example:65536", no_port},
      {"https://api.example:x", no_port},
      {"https://api..example", no_host},
      {"https://.example", no_host},
      {"https://api.example.", no_host},
      {"https://-api.example", no_host},
      {"https://api example", no_host},
      {"https://1.2.3", no_host},
      {"https://1.2.3.256", no_host},
      {"https://::1", no_host},
      {"https://[::1", no_host},
      {"https://[::1]x", no_host},
      {"https://[api.example]", no_host},
      {long_label, no_host},
  };
  for (const auto& [url, expected] : cases) {
    CAPTURE(url);
    std::string_view fault;
    CHECK_FALSE(parse_origin(url, fault).has_value());
    CHECK(fault == expected);
  }
}

TEST_CASE("field names are tokens, field values have no control characters and no edges of space") {
  for (const char* name : {"a", "X-Fleet", "x_1", "!#$%&'*+-.^_`|~"})
    CHECK_MESSAGE(is_field_name(name), name);
  for (const char* name : {"", "a b", "a:", "a\n", "\xC3\xA4", "(a)", "a\t", "\""})
    CHECK_MESSAGE(!is_field_name(name), name);
  for (const char* value : {"", "a", "a b\tc", "\xC3\xA4", "\"x\""})
    CHECK_MESSAGE(is_field_value(value), value);
  for (const char* value : {" a", "a ", "\ta", "a\r\nb", "a\x01", "\x7F"})
    CHECK_MESSAGE(!is_field_value(value), value);
}
