#include "tests/support/wire_rows.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace tests {
namespace {

using Names = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view end_mark = "\\<end>";

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error("a row in tests/conformance cannot be read: " + std::string(what));
}

template <class T>
T number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) fail(text);
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string bytes_of(std::string_view text, const Names& names);

// What stands in \<...>: a name, or TEXT*N.
std::string expanded(std::string_view text, const Names& names) {
  const auto star = text.rfind('*');
  if (star == text.npos) {
    const auto found = names.find(text);
    if (found == names.end()) fail(text);
    return found->second;
  }
  const auto piece = bytes_of(text.substr(0, star), names);
  std::string all;
  for (auto left = number<int>(text.substr(star + 1), 10); left > 0; --left) all += piece;
  return all;
}

std::string bytes_of(std::string_view text, const Names& names) {
  std::string bytes;
  while (!text.empty()) {
    if (text[0] != '\\') {
      const auto plain = text.substr(0, text.find('\\'));
      bytes += plain;
      text.remove_prefix(plain.size());
      continue;
    }
    const char kind = text.size() > 1 ? text[1] : '\0';
    std::size_t used = 2;
    if (kind == 'x') {
      bytes += static_cast<char>(number<unsigned char>(text.substr(2, 2), 16));
      used = 4;
    } else if (kind == '<') {
      used = text.find('>') + 1;
      if (used == 0) fail(text);
      bytes += expanded(text.substr(2, used - 3), names);
    } else {
      const auto at = std::string_view("rnt\\").find(kind);
      if (at == std::string_view::npos) fail(text);
      bytes += "\r\n\t\\"[at];
    }
    text.remove_prefix(used);
  }
  return bytes;
}

WireRow read_row(std::string_view line, const Names& names) {
  const auto first = line.find('|');
  const auto second = line.find("| ", first + 1);
  if (second == line.npos) fail(line);
  WireRow row;
  std::istringstream outcome{std::string(line.substr(0, first))};
  for (std::string word; outcome >> word;) {
    if (word == "cut")
      row.cut = true;
    else if (word != "-")
      row.statuses.push_back(number<int>(word, 10));
  }
  row.what = trimmed(line.substr(first + 1, second - first - 1));
  auto bytes = line.substr(second + 2);
  row.ends = bytes.ends_with(end_mark);
  if (row.ends) bytes.remove_suffix(end_mark.size());
  row.bytes = bytes_of(bytes, names);
  return row;
}

}  // namespace

std::vector<WireRow> wire_rows(std::string_view name) {
  std::ifstream file(std::filesystem::path("tests/conformance") / name);
  if (!file) fail(name);
  std::vector<WireRow> rows;
  Names names;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
    } else if (line[0] >= 'A' && line[0] <= 'Z') {
      const auto equals = line.find(" = ");
      if (equals == line.npos) fail(line);
      names[line.substr(0, equals)] = bytes_of(std::string_view(line).substr(equals + 3), names);
    } else {
      rows.push_back(read_row(line, names));
      rows.back().section = section;
    }
  }
  return rows;
}

}  // namespace tests
