// Every committed input through its target: the corpora, and what was once found.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/fuzz/targets.hpp"

namespace {

namespace fs = std::filesystem;

// Files run.
std::size_t replay(const fuzz::Target& target, const fs::path& folder) {
  std::set<fs::path> files;  // in one order everywhere
  if (fs::exists(folder))
    for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  for (const auto& file : files) {
    INFO("input: ", file.string());
    std::ifstream in(file, std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(in), {});
    CHECK(in.good());
    CHECK_NOTHROW(target.run(input));
  }
  return files.size();
}

}  // namespace

TEST_CASE("every input of the corpora keeps its target's properties") {
  const fs::path fuzz = PREFGATE_FUZZ_FOLDER;
  for (const auto& target : fuzz::targets) {
    CAPTURE(target.name);
    CHECK(replay(target, fuzz / "corpus" / target.name) > 0);
  }
}

TEST_CASE("every input that once broke a property now keeps it") {
  const fs::path fuzz = PREFGATE_FUZZ_FOLDER;
  for (const auto& target : fuzz::targets) replay(target, fuzz / "former" / target.name);
}

TEST_CASE("every folder of inputs belongs to a target") {
  std::set<std::string> names;
  for (const auto& target : fuzz::targets) names.emplace(target.name);
  for (const auto* kind : {"corpus", "former"})
    for (const auto& entry : fs::directory_iterator(fs::path(PREFGATE_FUZZ_FOLDER) / kind))
      CHECK_MESSAGE(names.contains(entry.path().filename().string()), entry.path().string());
}
