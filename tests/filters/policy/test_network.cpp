#include "filters/policy/network.hpp"

#include <doctest/doctest.h>

using namespace filters;

namespace {

Network network(std::string_view text) {
  std::string fault;
  const auto found = parse_network(text, fault);
  CAPTURE(text);
  REQUIRE_MESSAGE(found, fault);
  return *found;
}

}  // namespace

TEST_CASE("addresses of both versions are read, and IPv4 is its mapped form") {
  CHECK(parse_address("192.0.2.7") == parse_address("::ffff:192.0.2.7"));
  CHECK(parse_address("192.0.2.7") == parse_address("::FFFF:c000:207"));
  CHECK(parse_address("::1") == parse_address("0:0:0:0:0:0:0:1"));
  CHECK(parse_address("2001:db8::") == parse_address("2001:0db8:0::0"));
  CHECK(parse_address("fe80::1%eth0") == parse_address("fe80::1"));
  CHECK(parse_address("::") == Address{});
  CHECK(parse_address("1:2:3:4:5:6:7::") == parse_address("1:2:3:4:5:6:7:0"));
}

TEST_CASE("what is no address is none") {
  for (const std::string_view text : {"",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "256.1.1.1",
                                      "01.2.3.4",
                                      "1.2.3.4 ",
                                      "a.b.c.d",
                                      ":",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "12345::",
                                      "g::",
                                      "1:",
                                      ":1",
                                      "::1.2.3",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "1.2.3.4::"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("a network holds the addresses that begin as it does") {
  const struct {
    std::string_view network, address;
    bool inside;
  } cases[] = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.1.2.0/23", "10.1.3.255", true},
      {"10.1.2.0/23", "10.1.4.0", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"0.0.0.0/0", "255.1.1.1", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "10.1.1.1", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::", false},
      {"::1", "::1", true},
      {"2001:db8:8000::/33", "2001:db8:7fff::1", false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.network);
    CAPTURE(each.address);
    CHECK(network(each.network).contains(*parse_address(each.address)) == each.inside);
  }
}

TEST_CASE("networks overlap where one holds the other") {
  CHECK(network("10.0.0.0/8").overlaps(network("10.1.0.0/16")));
  CHECK(network("10.1.0.0/16").overlaps(network("10.0.0.0/8")));
  CHECK(network("::/0").overlaps(network("10.1.0.0/16")));
  CHECK_FALSE(network("10.0.0.0/9").overlaps(network("10.128.0.0/9")));
}

TEST_CASE("a network that is not written right is refused with what to write") {
  const struct {
    std::string_view text, fault;
  } cases[] = {
      {"10.0.0.0/33", "expected a network"},
      {"10.0.0.0/", "expected a network"},
      {"10.0.0.0/08", "expected a network"},
      {"depot", "expected a network"},
      {"::/129", "expected a network"},
      {"fe80::1%eth0", "expected a network"},
      {"10.1.2.3/8", "the address has bits outside of /8: give the network's first address"},
      {"2001:db8::1/32", "the address has bits outside of /32"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    std::string fault;
    CHECK_FALSE(parse_network(each.text, fault));
    CHECK(fault.starts_with(each.fault));
  }
}
