// The house rules that a reader would have to check by eye, checked on the tree. What filters/ may
// include is in tests/filters/test_purity.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;
  std::vector<std::string> lines;
};

// Run from the root of the project.
std::vector<Source> sources(std::initializer_list<const char*> rooms) {
  std::vector<Source> all;
  for (const char* room : rooms)
    for (const auto& entry : fs::recursive_directory_iterator(room)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      Source source{entry.path().string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      all.push_back(std::move(source));
    }
  REQUIRE(all.size() > 20);
  return all;
}

std::vector<Source> everything() {
  return sources({"filters", "proxy", "tests", "bench"});
}

// As many characters as a terminal shows: bytes that continue one do not count.
std::size_t width(std::string_view line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST_CASE("nothing of the product knows of tests and benches") {
  for (const auto& [path, lines] : sources({"filters", "proxy"}))
    for (const auto& line : lines) {
      CAPTURE(path);
      CAPTURE(line);
      CHECK_FALSE(line.starts_with("#include \"tests/"));
      CHECK_FALSE(line.starts_with("#include \"bench/"));
    }
}

TEST_CASE("no file is longer than 330 lines") {
  for (const auto& [path, lines] : everything()) {
    CAPTURE(path);
    CHECK(lines.size() <= 330);
  }
}

TEST_CASE("no line of the product is wider than 100 columns") {
  for (const auto& [path, lines] : sources({"filters", "proxy"}))
    for (const auto& line : lines) {
      CAPTURE(path);
      CAPTURE(line);
      CHECK(width(line) <= 100);
    }
}

TEST_CASE("a header opens with a comment that says what it is, then #pragma once") {
  for (const auto& [path, lines] : everything()) {
    if (!path.ends_with(".hpp")) continue;
    CAPTURE(path);
    const auto body = std::ranges::find_if(
        lines, [](const std::string& line) { return !line.starts_with("//"); });
    CHECK(body != lines.begin());
    REQUIRE(body != lines.end());
    CHECK(*body == "#pragma once");
  }
}

TEST_CASE("no type has a name that says nothing, and nothing is left to do") {
  for (const auto& [path, lines] : everything())
    for (const auto& line : lines) {
      CAPTURE(path);
      CAPTURE(line);
      const std::string_view text(line);
      const auto type = text.starts_with("class ") || text.starts_with("struct ");
      const auto name = text.substr(0, text.find_first_of(":{;"));
      for (const auto* empty : {"Manager", "Helper", "Util", "Impl"})
        CHECK_FALSE((type && name.find(empty) != name.npos));
      // In two pieces, for this file's own sake.
      for (const auto* left : {"TO"
                               "DO",
                               "FIX"
                               "ME"})
        CHECK(text.find(left) == text.npos);
    }
}

TEST_CASE("the README's tables have every field of a record") {
  std::string tables;
  std::ifstream readme("README.md");
  for (std::string line; std::getline(readme, line);)
    if (line.starts_with('|')) tables += line + '\n';
  const std::regex field(
      R"re((?:key|plain|text|number|boolean|write_[a-z]+|pair|\?|:) ?[({]?"([a-z_.]+)")re");
  // Of an entry of the journal: told of where the README tells of JSON Patch.
  const std::set<std::string> of_entries{"rule",   "mode",    "in",        "op",
                                         "from",   "path",    "secret",    "value",
                                         "before", "message", "suggestion"};
  std::size_t fields = 0;
  for (const auto& [path, lines] : sources({"filters"})) {
    if (!path.starts_with("filters/record")) continue;
    for (const auto& line : lines)
      for (std::sregex_iterator name(line.begin(), line.end(), field), end; name != end; ++name) {
        CAPTURE((*name)[1].str());
        if (of_entries.contains((*name)[1].str())) continue;
        CHECK(tables.find('`' + (*name)[1].str() + '`') != tables.npos);
        ++fields;
      }
  }
  CHECK(fields > 40);
}

}  // namespace
