#include "bench/load/answer_reader.hpp"

#include <algorithm>
#include <charconv>

namespace load {
namespace {

constexpr std::size_t most_head = 64 * 1024;
constexpr std::size_t most_line = 8 * 1024;
constexpr std::string_view line_end = "\r\n";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Is `word` (lower case) one of a comma-separated list?
bool lists(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (same(trimmed(text.substr(0, comma)), word)) return true;
    if (comma == text.npos) return false;
    text.remove_prefix(comma + 1);
  }
  return false;
}

template <class Number>
bool parse(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// Calls `take(name, value)` for each field of a head, behind its first line.
template <class Take>
void each_field(std::string_view head, Take take) {
  head.remove_prefix(head.find(line_end) + 2);
  for (;;) {
    const auto line = head.substr(0, head.find(line_end));
    if (line.empty()) return;
    const auto colon = line.find(':');
    if (colon != line.npos) take(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    head.remove_prefix(line.size() + 2);
  }
}

}  // namespace

void AnswerReader::begin(bool keep_body) {
  place_ = Place::head;
  keep_body_ = keep_body;
  head_.clear();
  line_.clear();
  body_.clear();
}

AnswerReader::Outcome AnswerReader::take(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (place_) {
      case Place::head:
        bytes = take_head(bytes);
        break;
      case Place::length:
      case Place::chunk:
        bytes = take_length(bytes);
        break;
      case Place::until_end:
        keep(bytes);
        return Outcome::more;
      case Place::chunk_size:
      case Place::chunk_end:
        bytes = take_chunk_size(bytes);
        break;
      case Place::trailer:
        bytes = take_trailer(bytes);
        break;
      case Place::done:
        place_ = Place::garbled;
        return Outcome::garbled;
      case Place::garbled:
        return Outcome::garbled;
    }
  }
  if (place_ == Place::done) return Outcome::done;
  return place_ == Place::garbled ? Outcome::garbled : Outcome::more;
}

AnswerReader::Outcome AnswerReader::end_of_stream() {
  place_ = place_ == Place::until_end || place_ == Place::done ? Place::done : Place::garbled;
  return place_ == Place::done ? Outcome::done : Outcome::garbled;
}

std::string_view AnswerReader::field(std::string_view name) const {
  std::string_view found;
  if (head_.ends_with("\r\n\r\n"))
    each_field(head_, [&](std::string_view each, std::string_view value) {
      if (found.data() == nullptr && same(each, name)) found = value;
    });
  return found;
}

// The head may end in these bytes: then what is behind it is left.
std::string_view AnswerReader::take_head(std::string_view bytes) {
  const auto known = head_.size();
  head_.append(bytes);
  const auto end = head_.find("\r\n\r\n", known < 3 ? 0 : known - 3);
  if (end == head_.npos) {
    if (head_.size() > most_head) place_ = Place::garbled;
    return {};
  }
  bytes.remove_prefix(end + 4 - known);
  head_.resize(end + 4);
  if (!read_head()) place_ = Place::garbled;
  return bytes;
}

bool AnswerReader::read_status_line(std::string_view line) {
  // HTTP/1.1 200 OK
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  keeps_alive_ = line[7] != '0';
  return parse(line.substr(9, 3), status_) && status_ >= 100 &&
         (line.size() == 12 || line[12] == ' ');
}

bool AnswerReader::read_head() {
  const std::string_view head(head_);
  if (!read_status_line(head.substr(0, head.find(line_end)))) return false;
  if (status_ < 200) {  // RFC 9110, 15.2: the answer is still to come
    head_.clear();
    return status_ != 101;
  }
  bool good = true, chunked = false, has_length = false;
  each_field(head, [&](std::string_view name, std::string_view value) {
    if (same(name, "content-length")) {
      good = good && !has_length && parse(value, left_);
      has_length = true;
    } else if (same(name, "transfer-encoding")) {
      chunked = same(value, "chunked");
      good = good && chunked;
    } else if (same(name, "connection")) {
      if (lists(value, "close")) keeps_alive_ = false;
      if (lists(value, "keep-alive")) keeps_alive_ = true;
    }
  });
  if (status_ == 204 || status_ == 304 || (has_length && left_ == 0 && !chunked)) {
    place_ = Place::done;
  } else if (chunked) {
    place_ = Place::chunk_size;
  } else if (has_length) {
    place_ = Place::length;
  } else {
    place_ = Place::until_end;
    keeps_alive_ = false;
  }
  return good && !(chunked && has_length);
}

void AnswerReader::keep(std::string_view bytes) {
  if (keep_body_) body_.append(bytes);
}

std::string_view AnswerReader::take_length(std::string_view bytes) {
  const auto part = bytes.substr(0, left_);
  keep(part);
  left_ -= part.size();
  if (left_ == 0) place_ = place_ == Place::chunk ? Place::chunk_end : Place::done;
  return bytes.substr(part.size());
}

// A chunk's first line, or the line end behind the last one's data.
std::string_view AnswerReader::take_chunk_size(std::string_view bytes) {
  const auto end = bytes.find('\n');
  line_.append(bytes.substr(0, end));
  if (line_.size() > most_line) place_ = Place::garbled;
  if (end == bytes.npos || place_ == Place::garbled) return {};
  const bool ended = line_.ends_with('\r');
  if (ended) line_.pop_back();
  if (place_ == Place::chunk_end) {
    place_ = ended && line_.empty() ? Place::chunk_size : Place::garbled;
  } else if (ended &&
             parse(trimmed(std::string_view(line_).substr(0, line_.find(';'))), left_, 16)) {
    place_ = left_ == 0 ? Place::trailer : Place::chunk;
  } else {
    place_ = Place::garbled;
  }
  line_.clear();
  return bytes.substr(end + 1);
}

// Lines behind the last chunk, up to an empty one.
std::string_view AnswerReader::take_trailer(std::string_view bytes) {
  const auto end = bytes.find('\n');
  line_.append(bytes.substr(0, end));
  if (line_.size() > most_line) place_ = Place::garbled;
  if (end == bytes.npos || place_ == Place::garbled) return {};
  if (line_ == "\r") place_ = Place::done;
  line_.clear();
  return bytes.substr(end + 1);
}

}  // namespace load
