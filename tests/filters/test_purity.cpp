// The chain must run anywhere: offline, in a fuzzer, in another server. So it may know the standard
// library, RapidJSON and yaml-cpp, nothing of sockets, clocks or threads, and nothing of the proxy.
#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

#include "tests/support/includes.hpp"

namespace {

bool allowed(std::string_view header) {
  if (header.starts_with("\"filters/") || header.starts_with("<rapidjson/") ||
      header.starts_with("<yaml-cpp/"))
    return true;
  constexpr std::string_view forbidden[] = {
      "<atomic>", "<condition_variable>", "<future>", "<iostream>",
      "<mutex>",  "<shared_mutex>",       "<thread>"};
  return tests::is_standard(header) && std::ranges::count(forbidden, header) == 0;
}

}  // namespace

TEST_CASE(
    "filters include the standard library, RapidJSON, yaml-cpp and each other, nothing else") {
  CHECK(allowed("<vector>"));
  for (const auto header : {"\"proxy/pool.hpp\"", "<boost/asio.hpp>", "<sys/socket.h>",
                            "<unistd.h>", "<openssl/ssl.h>", "<thread>"})
    CHECK_FALSE(allowed(header));
  const auto includes = tests::includes_under("filters");
  for (const auto& [file, header] : includes) {
    CAPTURE(file);
    CAPTURE(header);
    CHECK(allowed(header));
  }
  CHECK(includes.size() > 50);
}
