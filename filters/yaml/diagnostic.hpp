// Diagnostic: a fault or a warning of a file that people write, a configuration, a contract, with
// the place it stands at. Findings: all of one file, collected while it is read, so that one run
// names them all. Used at load time, by one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace filters {

// A place in a file, from 1; the column counts bytes. Line 0: the whole file.
struct Mark {
  int line = 0;
  int column = 0;
};

struct Diagnostic {
  enum class Severity : std::uint8_t { warning, error } severity = Severity::error;
  std::filesystem::path file;
  Mark mark;
  std::string what;
};
// "prefgate.yaml:3:5: unknown key `adress` (did you mean `address`?)"; of a warning,
// "prefgate.yaml:3:5: warning: ...". One line, and nothing that a terminal obeys.
std::string to_string(const Diagnostic& diagnostic);

bool has_error(const std::vector<Diagnostic>& diagnostics);
// The order in which a reader of the file meets them; what concerns the whole file comes first.
void sort_by_place(std::vector<Diagnostic>& diagnostics);

struct Findings {
  using Environment = char* (*)(const char* name);

  std::filesystem::path file;
  Environment environment = nullptr;  // given: ${NAME} in a text stands for its value there
  std::vector<Diagnostic> diagnostics = {};
  // Where each value that was asked for stands: "audit.directory", "listen[0].tls.certificate".
  std::map<std::string, Mark> where = {};

  void error(Mark mark, std::string what);
  void warn(Mark mark, std::string what);
};

}  // namespace filters
