// The evidence must be checkable by whoever doubts the gateway: so its code knows nothing of it but
// the records' files. The standard library, OpenSSL and POSIX's files, nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

bool allowed(std::string_view header) {
  if (header.starts_with("\"proxy/evidence/") || header.starts_with("<openssl/")) return true;
  constexpr std::string_view files[] = {"<fcntl.h>", "<sys/stat.h>", "<sys/types.h>", "<unistd.h>",
                                        "<stdlib.h>"};
  if (std::ranges::count(files, header) > 0) return true;
  // The standard library's own have neither a directory nor an extension.
  return header.starts_with('<') && header.find_first_of("/.") == header.npos;
}

}  // namespace

TEST_CASE("the evidence includes the standard library, OpenSSL, files and itself, nothing else") {
  CHECK(allowed("<vector>"));
  for (const auto header : {"\"proxy/pool.hpp\"", "\"filters/arena.hpp\"", "<boost/asio.hpp>",
                            "<rapidjson/document.h>", "<sys/socket.h>", "<spdlog/spdlog.h>"})
    CHECK_FALSE(allowed(header));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("proxy/evidence")) {
    ++files;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      constexpr std::string_view include = "#include ";
      if (!line.starts_with(include)) continue;
      const auto header = std::string_view(line).substr(include.size());
      CAPTURE(entry.path().string());
      CAPTURE(line);
      CHECK(allowed(header.substr(0, header.find(' '))));
    }
  }
  CHECK(files > 20);  // run from the root of the project
}
