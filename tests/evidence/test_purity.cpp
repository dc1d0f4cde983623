// The evidence must be checkable by whoever doubts the gateway: so its code knows nothing of it but
// the records' files. The standard library, OpenSSL, zstd and POSIX's files, nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

#include "tests/support/includes.hpp"

namespace {

bool allowed(std::string_view header) {
  if (header.starts_with("\"proxy/evidence/") || header.starts_with("<openssl/")) return true;
  constexpr std::string_view files[] = {"<fcntl.h>",         "<sys/stat.h>", "<sys/types.h>",
                                        "<unistd.h>",        "<stdlib.h>",   "<zstd.h>",
                                        "<intel-ipsec-mb.h>"};
  if (std::ranges::count(files, header) > 0) return true;
  return tests::is_standard(header);
}

}  // namespace

TEST_CASE(
    "the evidence includes the standard library, OpenSSL, zstd, Multi-Buffer Crypto, files and "
    "itself, nothing else") {
  CHECK(allowed("<vector>"));
  for (const auto header : {"\"proxy/pool.hpp\"", "\"filters/arena.hpp\"", "<boost/asio.hpp>",
                            "<rapidjson/document.h>", "<sys/socket.h>", "<spdlog/spdlog.h>"})
    CHECK_FALSE(allowed(header));
  const auto includes = tests::includes_under("proxy/evidence");
  for (const auto& [file, header] : includes) {
    CAPTURE(file);
    CAPTURE(header);
    CHECK(allowed(header));
  }
  CHECK(includes.size() > 50);
}
