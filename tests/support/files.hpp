// Small things to do with files, and what a call throws. Tests only; on the test's thread.
#pragma once

#include <sys/stat.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tests {

// All of it. Throws where it cannot be opened.
inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Its permissions: 0600, say.
inline unsigned mode_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) throw std::runtime_error("no file " + file.string());
  return status.st_mode & 0777U;
}

// What `act` throws says; empty where it throws nothing.
inline std::string message_of(auto&& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace tests
