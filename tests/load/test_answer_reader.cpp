// Answers, in whatever pieces they arrive.
#include "bench/load/answer_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace load;
using Outcome = AnswerReader::Outcome;

namespace {

struct Row {
  const char* name;
  std::string bytes;
  int status;
  std::string body;
  bool keeps_alive;
};

const std::vector<Row> good_answers{
    {"with a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true},
    {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
    {"without a phrase", "HTTP/1.1 422\r\ncontent-length:2\r\n\r\n{}", 422, "{}", true},
    {"without a body by its status", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
    {"not modified, with a length that tells of no body",
     "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n", 304, "", true},
    {"chunked",
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n",
     200, "wikipedia", true},
    {"chunked, with extensions and trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA ; a=b\r\n0123456789\r\n0;x\r\nx: y\r\n"
     "z: w\r\n\r\n",
     200, "0123456789", true},
    {"closing", "HTTP/1.1 503 x\r\nconnection: foo, Close\r\ncontent-length: 1\r\n\r\n!", 503, "!",
     false},
    {"of the older version", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n!", 200, "!", false},
    {"of the older version, kept alive",
     "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\n!", 200, "!", true},
    {"behind others that only announce it",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nlink: y\r\n\r\nHTTP/1.1 200 OK\r\n"
     "content-length: 2\r\n\r\nok",
     200, "ok", true},
};

const std::vector<std::pair<const char*, std::string>> garbled{
    {"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"},
    {"another version", "HTTP/2 200\r\n\r\n"},
    {"a status that is none", "HTTP/1.1 2x0 OK\r\n\r\n"},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
    {"two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx"},
    {"a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: 1x\r\n\r\nx"},
    {"length and chunks",
     "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"another encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"},
    {"a chunk without a size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n;\r\n"},
    {"a chunk longer than it says",
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n"},
    {"another protocol", "HTTP/1.1 101 Switching\r\n\r\n"},
    {"more than one answer", "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n"},
};

// The last outcome, of all pieces that there are.
Outcome take(AnswerReader& reader, std::initializer_list<std::string_view> pieces) {
  auto outcome = Outcome::more;
  for (const auto piece : pieces) {
    if (!piece.empty()) outcome = reader.take(piece);
    if (outcome == Outcome::garbled) break;
  }
  return outcome;
}

}  // namespace

TEST_CASE("an answer is read alike wherever it is cut, and by a reader that has read others") {
  AnswerReader reader;
  for (const auto& row : good_answers) {
    CAPTURE(row.name);
    const std::string_view bytes(row.bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      reader.begin(true);
      if (cut < bytes.size() && cut > 0)
        REQUIRE(reader.take(bytes.substr(0, cut)) == Outcome::more);
      else if (cut == bytes.size())
        REQUIRE(reader.take(bytes) == Outcome::done);
      if (cut < bytes.size()) REQUIRE(reader.take(bytes.substr(cut)) == Outcome::done);
      CHECK(reader.status() == row.status);
      CHECK(reader.body() == row.body);
      CHECK(reader.keeps_alive() == row.keeps_alive);
    }
    reader.begin(true);
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
      REQUIRE(reader.take(bytes.substr(i, 1)) == Outcome::more);
    CHECK(reader.take(bytes.substr(bytes.size() - 1)) == Outcome::done);
    CHECK(reader.body() == row.body);
  }
}

TEST_CASE("what is no answer is garbled wherever it is cut, and stays so") {
  for (const auto& [name, text] : garbled) {
    CAPTURE(name);
    const std::string_view bytes(text);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      CAPTURE(cut);
      AnswerReader reader;
      reader.begin(false);
      CHECK(take(reader, {bytes.substr(0, cut), bytes.substr(cut)}) == Outcome::garbled);
      CHECK(reader.take("HTTP/1.1 204 x\r\n\r\n") == Outcome::garbled);
    }
  }
}

TEST_CASE("without a length an answer lasts until the connection ends") {
  AnswerReader reader;
  reader.begin(true);
  CHECK(reader.take("HTTP/1.1 200 OK\r\n\r\nall ") == Outcome::more);
  CHECK(reader.take("there is") == Outcome::more);
  CHECK(reader.end_of_stream() == Outcome::done);
  CHECK(reader.body() == "all there is");
  CHECK_FALSE(reader.keeps_alive());
}

TEST_CASE("an answer that the end cuts short is garbled") {
  for (const auto* text : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab",
                           "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"}) {
    CAPTURE(text);
    AnswerReader reader;
    reader.begin(false);
    if (*text != '\0') CHECK(reader.take(text) == Outcome::more);
    CHECK(reader.end_of_stream() == Outcome::garbled);
  }
}

TEST_CASE("fields are found by name, in any case, the first of several") {
  AnswerReader reader;
  reader.begin(false);
  CHECK(reader.take("HTTP/1.1 200 OK\r\nX-Prefgate-Origin:  gateway \r\nx-prefgate-origin: b\r\n"
                    "content-length: 2\r\n\r\n{}") == Outcome::done);
  CHECK(reader.field("x-prefgate-origin") == "gateway");
  CHECK(reader.field("x-prefgate") == "");
  CHECK(reader.body() == "");  // not asked for
}

TEST_CASE("a head without an end is given up") {
  AnswerReader reader;
  reader.begin(false);
  CHECK(reader.take("HTTP/1.1 200 OK\r\n") == Outcome::more);
  auto outcome = Outcome::more;
  for (int i = 0; i < 1000 && outcome == Outcome::more; ++i)
    outcome = reader.take("x: " + std::string(100, 'y') + "\r\n");
  CHECK(outcome == Outcome::garbled);
}
