// A folder as Kubernetes mounts a ConfigMap: each file is a link into `..data`, itself a link to a
// folder that holds one version of them all; a new version is one rename of that link. And a file
// that is replaced by rename, as careful editors and scripts do it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/temporary_directory.hpp"

namespace tests {

class ConfigMap {
 public:
  using Files = std::map<std::string, std::string>;

  explicit ConfigMap(const Files& files) {
    publish(files);
    for (const auto& [name, text] : files)
      std::filesystem::create_symlink(std::filesystem::path("..data") / name,
                                      folder_.path() / name);
  }
  // Another version of all files, at once.
  void publish(const Files& files) {
    const auto version = "..version" + std::to_string(++versions_);
    for (const auto& [name, text] : files)
      folder_.write(std::filesystem::path(version) / name, text);
    std::filesystem::create_symlink(version, folder_.path() / "..data_tmp");
    std::filesystem::rename(folder_.path() / "..data_tmp", folder_.path() / "..data");
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

 private:
  TemporaryDirectory folder_;
  int versions_ = 0;
};

// At every moment the file is the old one or the new one, whole.
inline void replace(const TemporaryDirectory& folder, const std::string& name,
                    std::string_view text) {
  std::filesystem::rename(folder.write(name + ".new", text), folder.path() / name);
}

}  // namespace tests
