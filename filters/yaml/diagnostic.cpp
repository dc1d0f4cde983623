#include "filters/yaml/diagnostic.hpp"

#include <algorithm>

namespace filters {

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file.string();
  if (diagnostic.mark.line > 0)
    text +=
        ":" + std::to_string(diagnostic.mark.line) + ":" + std::to_string(diagnostic.mark.column);
  text += diagnostic.severity == Diagnostic::Severity::warning ? ": warning: " : ": ";
  text += diagnostic.what;
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text;
}

bool has_error(const std::vector<Diagnostic>& diagnostics) {
  return std::ranges::find(diagnostics, Diagnostic::Severity::error, &Diagnostic::severity) !=
         diagnostics.end();
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::ranges::stable_sort(diagnostics, [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
}

void Findings::error(Mark mark, std::string what) {
  diagnostics.push_back({Diagnostic::Severity::error, file, mark, std::move(what)});
}

void Findings::warn(Mark mark, std::string what) {
  diagnostics.push_back({Diagnostic::Severity::warning, file, mark, std::move(what)});
}

}  // namespace filters
