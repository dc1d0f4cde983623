// AnswerReader: one HTTP/1.1 answer after the other, out of bytes that arrive in whatever pieces.
// It reads what a load generator needs (status, where the answer ends, whether the connection may
// go on) and is no judge of the rest. Owned by its connection and used again; never touches a
// socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace load {

class AnswerReader {
 public:
  enum class Outcome { more, done, garbled };

  // Forgets the last answer. `keep_body`: the body will be asked for.
  void begin(bool keep_body);
  // Further bytes. Behind the end there may be none: that is garbled. What was `done` or `garbled`
  // stays so until `begin`.
  Outcome take(std::string_view bytes);
  // The connection ended: `done` where that ends the answer, too.
  Outcome end_of_stream();

  int status() const { return status_; }
  bool keeps_alive() const { return keeps_alive_; }
  bool begun() const { return !head_.empty(); }
  std::string_view body() const { return body_; }  // as kept
  // The value of the first field of that name (lower case), or nothing.
  std::string_view field(std::string_view name) const;

 private:
  enum class Place {
    head,
    length,
    until_end,
    chunk_size,
    chunk,
    chunk_end,
    trailer,
    done,
    garbled
  };

  std::string_view take_head(std::string_view bytes);
  std::string_view take_length(std::string_view bytes);
  std::string_view take_chunk_size(std::string_view bytes);
  std::string_view take_trailer(std::string_view bytes);
  bool read_head();
  bool read_status_line(std::string_view line);
  void keep(std::string_view bytes);

  Place place_ = Place::head;
  bool keep_body_ = false;
  bool keeps_alive_ = true;
  int status_ = 0;
  std::uint64_t left_ = 0;  // of the body, or of a chunk
  std::string head_;        // with the empty line
  std::string line_;        // the beginning of a chunk's first line, or of a trailer's
  std::string body_;
};

}  // namespace load
