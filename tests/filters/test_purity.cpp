// The chain must run anywhere: offline, in a fuzzer, in another server. So it may know the standard
// library and RapidJSON, nothing of sockets, clocks or threads, and nothing of the proxy.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

TEST_CASE("filters include the standard library, RapidJSON and each other, nothing else") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("filters")) {
    const auto extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    ++files;
    std::ifstream in(entry.path());
    const std::regex allowed(R"(#include (<[a-z0-9_]+>|<rapidjson/.*>|"filters/.*")\s*)");
    const std::regex forbidden(
        R"(#include <(thread|mutex|atomic|condition_variable|iostream|unistd.*|sys.*)>\s*)");
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("#include")) continue;
      CAPTURE(entry.path().string());
      CAPTURE(line);
      CHECK(std::regex_match(line, allowed));
      CHECK_FALSE(std::regex_match(line, forbidden));
    }
  }
  CHECK(files > 20);  // run from the root of the project
}
