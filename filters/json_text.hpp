// JsonText: JSON being written, for the answers and records made here. Grows in the exchange's
// arena, never on the heap. Whatever bytes go in, what comes out is one line of valid UTF-8:
// control characters are escaped, bytes that are not UTF-8 become U+FFFD. Commas come by
// themselves; that brackets match is the caller's care.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>

namespace filters {

class JsonText {
 public:
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  // `expected` bytes are set aside at once.
  JsonText(std::pmr::memory_resource& memory, std::size_t expected);
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  void begin_object() { open('{'); }
  void begin_array() { open('['); }
  void end_object() { close('}'); }
  void end_array() { close(']'); }

  // A name of our own: nothing in it needs an escape.
  void key(std::string_view name) {
    plain(name);  // leaves room for the colon
    data_[size_++] = ':';
  }
  // Any name.
  void string_key(std::string_view name, std::size_t limit);
  // A string value, at most `limit` bytes between its quotes. False where it had to be cut.
  bool string(std::string_view text, std::size_t limit = unlimited);
  // A string of which the caller knows that nothing in it needs an escape.
  void plain(std::string_view text) {
    room(text.size() + 4);
    separate();
    data_[size_++] = '"';
    append(text);
    data_[size_++] = '"';
  }
  void number(std::uint64_t value);
  void number(std::int64_t value);
  void boolean(bool value);
  // A key of which the caller knows that nothing in it needs an escape, and a boolean: what a
  // record has by the hundred.
  void flag(std::string_view name, bool value);
  // A value that is JSON text already. Where it is longer than `limit`, neither a scalar nor `{}`,
  // or no JSON, it is written as a string that holds (the first `limit` bytes of) that text; false
  // then.
  bool json(std::string_view text, std::size_t limit);
  // The most `string` and `json` write for a text and limit, a comma aside.
  static constexpr std::size_t most(std::size_t size, std::size_t limit) {
    return (6 * size < limit ? 6 * size : limit) + 2;
  }

  // Valid until the next call that writes.
  std::string_view text() const { return {data_, size_}; }

 private:
  void open(char bracket);
  void close(char bracket);
  // A comma, where one is due; room for it must be there. What stands last tells: a value never
  // ends in '{', '[' or ':', because a string ends in its quote.
  void separate() {
    if (size_ == 0) return;
    const char last = data_[size_ - 1];
    if (last != '{' && last != '[' && last != ':') data_[size_++] = ',';
  }
  void room(std::size_t more) {
    if (more > capacity_ - size_) grow(more);
  }
  void grow(std::size_t more);
  // Here, because most texts are constants: then it is a few moves and not a call.
  void append(std::string_view text) {
    if (!text.empty()) std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
  }

  std::pmr::memory_resource& memory_;
  char* data_;
  std::size_t size_ = 0;
  std::size_t capacity_;
};

// `text` as a JSON string.
std::string_view quoted(std::string_view text, std::pmr::memory_resource& memory);

// "2026-11-22T19:02:44.123456Z" (RFC 3339, UTC); no locale, no time zone data.
std::array<char, 27> rfc3339(std::chrono::system_clock::time_point time);

}  // namespace filters
