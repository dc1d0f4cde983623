// The chain must run anywhere: offline, in a fuzzer, in another server. So it may know the standard
// library, RapidJSON and yaml-cpp, nothing of sockets, clocks or threads, and nothing of the proxy.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

bool allowed(std::string_view header) {
  if (header.starts_with("\"filters/") || header.starts_with("<rapidjson/") ||
      header.starts_with("<yaml-cpp/"))
    return true;
  constexpr std::string_view forbidden[] = {
      "<atomic>", "<condition_variable>", "<future>", "<iostream>",
      "<mutex>",  "<shared_mutex>",       "<thread>"};
  // The standard library's own have neither a directory nor an extension.
  return header.starts_with('<') && header.find_first_of("/.") == header.npos &&
         std::ranges::count(forbidden, header) == 0;
}

}  // namespace

TEST_CASE(
    "filters include the standard library, RapidJSON, yaml-cpp and each other, nothing else") {
  CHECK(allowed("<vector>"));
  for (const auto header : {"\"proxy/pool.hpp\"", "<boost/asio.hpp>", "<sys/socket.h>",
                            "<unistd.h>", "<openssl/ssl.h>", "<thread>"})
    CHECK_FALSE(allowed(header));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("filters")) {
    const auto extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
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
