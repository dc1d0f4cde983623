#include "proxy/read_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace proxy {

FileText read_file(const std::filesystem::path& file, std::size_t most) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return {{}, std::strerror(EISDIR)};
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return {{}, std::strerror(errno != 0 ? errno : EIO)};
  FileText result;
  char piece[4096];
  while (in.read(piece, sizeof piece), in.gcount() > 0) {
    result.text.append(piece, static_cast<std::size_t>(in.gcount()));
    if (result.text.size() > most) return {{}, "longer than " + std::to_string(most) + " bytes"};
  }
  if (in.bad()) return {{}, std::strerror(errno != 0 ? errno : EIO)};
  return result;
}

}  // namespace proxy
