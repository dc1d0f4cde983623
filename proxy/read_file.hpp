// read_file: a whole file as text, with a cap. For start-up and commands, never for the request
// path: it blocks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace proxy {

struct FileText {
  std::string text;
  std::string fault;  // why it could not be read, without the file's name; empty: it was
};

// Takes pipes too ("/dev/stdin"), but no folder, and no more than `most` bytes.
FileText read_file(const std::filesystem::path& file, std::size_t most);

}  // namespace proxy
