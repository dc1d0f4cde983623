#include "filters/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace filters {
namespace {

bool is_plain(char c) {  // ASCII that stands for itself in a JSON string
  return (c >= 0x20) & (c < 0x7F) & (c != '"') & (c != '\\');
}

// Eight at once, in a register. Exact: a byte's borrow reaches only those above one that is found.
bool are_plain(std::uint64_t eight) {
  constexpr std::uint64_t each = 0x0101010101010101;
  const auto less = [](std::uint64_t of, unsigned than) { return (of - each * than) & ~of; };
  const auto has = [&](unsigned char c) { return less(eight ^ (each * c), 1); };
  return ((eight | less(eight, 0x20) | has('"') | has('\\') | has(0x7F)) & (each * 0x80)) == 0;
}

template <class Word>
std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// How many plain ones `text` begins with; most are plain to the end, and many are short.
std::size_t plain_run(std::string_view text) {
  const char* const from = text.data();
  const auto size = text.size();
  std::size_t i = 0;
  if (size >= 8) {
    for (; i + 8 <= size && are_plain(load<std::uint64_t>(from + i)); i += 8) {
    }
    // The rest, with some of what has been looked at.
    if (i + 8 > size && are_plain(load<std::uint64_t>(from + size - 8))) return size;
  } else if (size >= 4) {
    const auto end = load<std::uint32_t>(from + size - 4);
    if (are_plain(load<std::uint32_t>(from) | end << 32)) return size;
  }
  while (i < size && is_plain(text[i])) ++i;
  return i;
}

// Bytes of the UTF-8 sequence of more than one byte that `text` begins with; 0 where it is none
// (RFC 3629 section 4).
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const auto first = byte(0);
  const auto second = byte(1);
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool fits = (first != 0xE0 || second >= 0xA0) && (first != 0xED || second < 0xA0);
    return fits && follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool fits = (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second < 0x90);
    return fits && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

struct Piece {
  std::array<char, 6> text;
  std::size_t size;  // of text
  std::size_t took;  // bytes of the source
};

Piece unicode_escape(unsigned code, std::size_t took) {
  constexpr char digits[] = "0123456789abcdef";
  return {{'\\', 'u', '0', '0', digits[code >> 4 & 15], digits[code & 15]}, 6, took};
}

// How the first character of `text`, which is not plain, is written.
Piece escaped(std::string_view text) {
  const auto code = static_cast<unsigned char>(text[0]);
  switch (code) {
    case '"':
      return {{'\\', '"'}, 2, 1};
    case '\\':
      return {{'\\', '\\'}, 2, 1};
    case '\n':
      return {{'\\', 'n'}, 2, 1};
    case '\r':
      return {{'\\', 'r'}, 2, 1};
    case '\t':
      return {{'\\', 't'}, 2, 1};
    default:
      break;
  }
  if (code < 0x80) return unicode_escape(code, 1);
  const auto size = utf8_sequence(text);
  if (size == 0) return {{'\xEF', '\xBF', '\xBD'}, 3, 1};
  // C1 controls: some terminals obey them.
  if (code == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)
    return unicode_escape(static_cast<unsigned char>(text[1]), 2);
  Piece piece{{}, size, size};
  std::memcpy(piece.text.data(), text.data(), size);
  return piece;
}

// A JSON string with its quotes, valid UTF-8 and no raw control characters.
bool is_json_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  while (true) {
    text.remove_prefix(plain_run(text));
    if (text.empty()) return true;
    std::size_t step = text[0] == '\\' && text.size() > 1 ? 2 : utf8_sequence(text);
    if (text[0] == '\\' && text.size() > 1) {
      if (text[1] == 'u') {
        const auto hex = text.substr(2, 4);
        if (hex.size() < 4 || hex.find_first_not_of("0123456789abcdefABCDEF") != hex.npos)
          return false;
        step = 6;
      } else if (std::string_view("\"\\/bfnrt").find(text[1]) == std::string_view::npos) {
        return false;
      }
    } else if (step == 2 && static_cast<unsigned char>(text[0]) == 0xC2 &&
               static_cast<unsigned char>(text[1]) < 0xA0) {
      return false;  // a C1 control
    }
    if (step == 0) return false;
    text.remove_prefix(step);
  }
}

std::size_t digits_at(std::string_view text, std::size_t i) {
  const auto start = i;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
  return i - start;
}

bool is_json_number(std::string_view text) {  // RFC 8259 section 6
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto whole = digits_at(text, i);
  if (whole == 0 || (whole > 1 && text[i] == '0')) return false;
  i += whole;
  if (i < text.size() && text[i] == '.') {
    const auto fraction = digits_at(text, i + 1);
    if (fraction == 0) return false;
    i += 1 + fraction;
  }
  if (i < text.size() && (text[i] | 0x20) == 'e') {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const auto exponent = digits_at(text, i);
    if (exponent == 0) return false;
    i += exponent;
  }
  return i == text.size();
}

void two_digits(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

JsonText::JsonText(std::pmr::memory_resource& memory, std::size_t expected)
    : memory_(memory),
      data_(static_cast<char*>(memory.allocate(expected, 1))),
      capacity_(expected) {}

void JsonText::grow(std::size_t more) {
  const auto capacity = std::max(size_ + more, 2 * capacity_);
  auto* const data = static_cast<char*>(memory_.allocate(capacity, 1));
  if (size_ > 0) std::memcpy(data, data_, size_);
  memory_.deallocate(data_, capacity_, 1);
  data_ = data;
  capacity_ = capacity;
}

void JsonText::open(char bracket) {
  room(2);
  separate();
  data_[size_++] = bracket;
}

void JsonText::close(char bracket) {
  room(1);
  data_[size_++] = bracket;
}

void JsonText::string_key(std::string_view name, std::size_t limit) {
  string(name, limit);
  close(':');
}

bool JsonText::string(std::string_view text, std::size_t limit) {
  room(most(text.size(), limit) + 1);
  separate();
  data_[size_++] = '"';
  while (!text.empty()) {
    const auto run = std::min(plain_run(text), limit);
    append(text.substr(0, run));
    text.remove_prefix(run);
    limit -= run;
    if (text.empty() || limit == 0) break;
    const auto piece = escaped(text);
    if (piece.size > limit) break;
    append({piece.text.data(), piece.size});
    text.remove_prefix(piece.took);
    limit -= piece.size;
  }
  data_[size_++] = '"';
  return text.empty();
}

bool JsonText::json(std::string_view text, std::size_t limit) {
  const bool whole = text.size() <= limit;
  const bool scalar = text == "true" || text == "false" || text == "null" || text == "{}" ||
                      (whole && (is_json_string(text) || is_json_number(text)));
  if (!whole || !scalar) {
    string(text, limit);
    return false;
  }
  room(text.size() + 1);
  separate();
  append(text);
  return true;
}

void JsonText::number(std::uint64_t value) {
  room(21);
  separate();
  char* const to = data_ + size_;
  size_ += static_cast<std::size_t>(std::to_chars(to, to + 20, value).ptr - to);
}

void JsonText::number(std::int64_t value) {
  room(21);
  separate();
  char* const to = data_ + size_;
  size_ += static_cast<std::size_t>(std::to_chars(to, to + 20, value).ptr - to);
}

void JsonText::boolean(bool value) {
  room(6);
  separate();
  append(value ? "true" : "false");
}

void JsonText::flag(std::string_view name, bool value) {
  room(name.size() + sizeof R"(,"":false)");
  separate();
  data_[size_++] = '"';
  append(name);
  append(value ? R"(":true)" : R"(":false)");
}

std::string_view quoted(std::string_view text, std::pmr::memory_resource& memory) {
  JsonText json(memory, text.size() + 2);
  json.string(text);
  return json.text();
}

std::array<char, 27> rfc3339(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto exact = floor<microseconds>(time);
  const auto day = floor<days>(exact);
  const year_month_day date(day);
  const auto of_day = static_cast<std::uint64_t>((exact - day).count());
  const auto seconds_of_day = static_cast<unsigned>(of_day / 1'000'000);
  const auto fraction = static_cast<unsigned>(of_day % 1'000'000);
  const auto year_number = static_cast<unsigned>(static_cast<int>(date.year()));
  std::array<char, 27> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
                            '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
  two_digits(&text[0], year_number / 100 % 100);
  two_digits(&text[2], year_number % 100);
  two_digits(&text[5], static_cast<unsigned>(date.month()));
  two_digits(&text[8], static_cast<unsigned>(date.day()));
  two_digits(&text[11], seconds_of_day / 3600);
  two_digits(&text[14], seconds_of_day / 60 % 60);
  two_digits(&text[17], seconds_of_day % 60);
  two_digits(&text[20], fraction / 10'000);
  two_digits(&text[22], fraction / 100 % 100);
  two_digits(&text[24], fraction % 100);
  return text;
}

}  // namespace filters
