// What a folder's sources include: for the tests that keep a library pure. Run from the root of the
// project.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct Include {
  std::string file, header;  // "<vector>", with its brackets or quotes
};

inline std::vector<Include> includes_under(const std::filesystem::path& folder) {
  std::vector<Include> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      constexpr std::string_view include = "#include ";
      if (!line.starts_with(include)) continue;
      const auto header = std::string_view(line).substr(include.size());
      found.push_back({entry.path().string(), std::string(header.substr(0, header.find(' ')))});
    }
  }
  return found;
}

// The standard library's own have neither a directory nor an extension.
inline bool is_standard(std::string_view header) {
  return header.starts_with('<') && header.find_first_of("/.") == header.npos;
}

}  // namespace tests
