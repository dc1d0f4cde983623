#include "proxy/listener.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <system_error>

namespace {

using proxy::check_address_is_free;
using proxy::open_listening_socket;

TEST_CASE("workers share an address, and another program's is refused by name") {
  std::uint16_t port = 0;
  const int first = open_listening_socket("127.0.0.1", port);
  REQUIRE(port != 0);
  const int second = open_listening_socket("127.0.0.1", port);
  const auto taken = "cannot listen on 127.0.0.1 port " + std::to_string(port);
  CHECK_THROWS_WITH_AS(check_address_is_free("127.0.0.1", port),
                       (taken + ": Address already in use").c_str(), std::system_error);
  ::close(first);
  ::close(second);
  CHECK_NOTHROW(check_address_is_free("127.0.0.1", port));
}

}  // namespace
