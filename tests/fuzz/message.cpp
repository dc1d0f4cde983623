#include "tests/fuzz/message.hpp"

#include <algorithm>

namespace fuzz {
namespace {

bool is_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_plain(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t';
}

// The next line without its CR LF, taken off `rest`; nothing where there is none, or a CR or LF of
// its own in it. Other control bytes may be there: extensions and trailers are dropped on the way.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == rest.npos) return {};
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  if (line.find_first_of("\r\n") != line.npos) return {};
  return line;
}

std::optional<std::size_t> chunk_size(std::string_view line) {
  std::size_t size = 0, digits = 0;
  for (; digits < line.size(); ++digits) {
    const char c = filters::lower(line[digits]);
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    if (size >> 59 != 0) return {};
    size = size * 16 + static_cast<std::size_t>(digit);
  }
  line.remove_prefix(digits);
  const auto extension = line.find_first_not_of(" \t");
  const bool clean = line.empty() || (extension != line.npos && line[extension] == ';');
  if (digits == 0 || !clean) return {};
  return size;
}

}  // namespace

Scan scan_head(std::string_view input, Cuts cuts, std::size_t most, std::size_t fields) {
  proxy::HeadScanner scanner(most, fields);
  for (std::size_t arrived = 0; arrived < input.size();) {
    arrived += cuts.next(input.size() - arrived);
    const auto copy = std::make_unique<char[]>(arrived);
    std::ranges::copy(input.substr(0, arrived), copy.get());
    const auto verdict = scanner.scan({copy.get(), arrived});
    require(!verdict.rejected() || scanner.size() == 0, "a refused head has a size");
    if (verdict.rejected() || scanner.size() > 0) return {verdict.reason, scanner.size()};
  }
  return {};
}

std::optional<Body> read_chunked(std::string_view input) {
  Body body;
  auto rest = input;
  for (;;) {
    const auto line = take_line(rest);
    const auto size = line ? chunk_size(*line) : std::optional<std::size_t>{};
    if (!size) return {};
    if (*size == 0) break;
    if (rest.size() < *size || !rest.substr(*size).starts_with("\r\n")) return {};
    body.data.append(rest.substr(0, *size));
    rest.remove_prefix(*size + 2);
  }
  for (;;) {
    const auto line = take_line(rest);
    if (!line) return {};
    if (line->empty()) break;
    // Trailers go no further, so a folded one does no harm.
    const auto colon = line->find(':');
    const bool folded = line->front() == ' ' || line->front() == '\t';
    const bool field = colon != line->npos && colon > 0;
    if (!folded && !(field && std::ranges::all_of(line->substr(0, colon), is_token))) return {};
  }
  body.end = Body::End::complete;
  body.consumed = input.size() - rest.size();
  return body;
}

void check_fields(const filters::Headers& headers) {
  for (const auto& field : headers) {
    require(!field.name.empty() && std::ranges::all_of(field.name, is_token),
            "the name of a field is no token");
    require(std::ranges::all_of(field.value, is_plain), "a value holds a control byte");
    require(field.value.empty() || (field.value.front() != ' ' && field.value.back() != ' ' &&
                                    field.value.front() != '\t' && field.value.back() != '\t'),
            "a value has white space around it");
  }
}

}  // namespace fuzz
