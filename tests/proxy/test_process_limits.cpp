#include "proxy/process_limits.hpp"

#include <doctest/doctest.h>

using namespace proxy;

TEST_CASE("too few descriptors for what is configured are told with how many are needed") {
  Config config;
  config.workers = 2;
  config.limits.connections = 1'000;
  config.upstream.pool.connections = 100;
  CHECK(descriptor_shortage(config, 1'264) == "");
  CHECK(
      descriptor_shortage(config, 1'263) ==
      "the descriptor limit of 1263 is too low for limits.connections and upstream.pool: 1264 are "
      "needed; raise it (ulimit -n, LimitNOFILE=)");
  config.limits.connections = 1'001;
  CHECK_FALSE(descriptor_shortage(config, 1'264).empty());
}
