// TemporaryDirectory: a folder of a test's own, gone with everything in it when the test ends.
// Never shared between tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tests {

class TemporaryDirectory {
 public:
  // Throws std::system_error where the system's folder for such things takes no new one.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file in it, making folders on the way, and returns its path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace tests
