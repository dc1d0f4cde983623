// Answer: what the stand-in says to one request, before it goes on the wire, and the vendor's words
// for each status. Owned and reused by a session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace owner_api {

struct Answer {
  int status = 200;
  std::string fields;           // further ones, each "name: value\r\n"
  std::string body;             // JSON where it isn't empty
  std::uint64_t generated = 0;  // instead of `body`: so many bytes made on the fly
  bool is_generated = false;
  bool chunked = false;
  bool until_close = false;

  void clear();
};

// {"response":null,"error":...,"error_description":...} with a fresh txid.
void refuse(Answer& answer, int status, std::string_view error, std::string_view messages = {});
// The answer the vendor is known to give with that status (success where it is a 2xx).
void answer_with_status(Answer& answer, int status);
// Byte `offset` onwards of a generated body: one period of a fixed pattern, longer than any write.
std::string_view generated_bytes(std::uint64_t offset, std::uint64_t most);
// The first line and fields up to the empty line, appended to `out`.
void append_head(std::string& out, const Answer& answer, bool keep_alive, int version);

}  // namespace owner_api
