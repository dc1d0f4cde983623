// Where a message ends: its length, its chunks, in every way they can arrive.
#include <random>

#include "tests/support/read_request.hpp"

namespace {

using proxy::Framing;
using tests::bad;
using tests::get;
using tests::ok;
using Read = tests::ReadRequest;

TEST_CASE("a request has one length or none") {
  for (const char* line : {"Content-Length: 0", "Content-Length: 5", "content-length:5",
                           "Content-Length: 123456789012345678", "Transfer-Encoding: chunked",
                           "transfer-encoding: CHUNKED", "Content-Length: 007"})
    ok(get(std::string(line) + "\r\n"));
  for (const char* lines : {"Content-Length: -1",
                            "Content-Length: +1",
                            "Content-Length: 1 2",
                            "Content-Length: 0x1",
                            "Content-Length: 1e3",
                            "Content-Length: ",
                            "Content-Length: 5, 5",
                            "Content-Length: 5,",
                            "Content-Length: 1234567890123456789",
                            "Content-Length: 99999999999999999999999",
                            "Content-Length: 5\r\nContent-Length: 5",
                            "Content-Length: 5\r\nContent-Length: 6",
                            "Content-Length: 5\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: chunked\r\nContent-Length: 5",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: gzip, chunked",
                            "Transfer-Encoding: chunked, gzip",
                            "Transfer-Encoding: chunked, chunked",
                            "Transfer-Encoding: identity",
                            "Transfer-Encoding: xchunked",
                            "Transfer-Encoding: ",
                            "Transfer-Encoding: chunked;x=y",
                            "Transfer-Encoding: \"chunked\"",
                            "Transfer-Encoding: \x0B"
                            "chunked",
                            "Transfer-Encoding : chunked"})
    bad(get(std::string(lines) + "\r\n"));
  bad("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("a body is announced by a length above zero, or by chunks") {
  const auto read = [](std::string_view lines) {
    const Read one(get(lines));
    REQUIRE(one.good);
    return std::make_tuple(one.request.has_body, one.request.length_given, one.parser.framing());
  };
  CHECK(read("") == std::make_tuple(false, false, Framing::none));
  CHECK(read("Content-Length: 0\r\n") == std::make_tuple(false, true, Framing::length));
  CHECK(read("Content-Length: 1\r\n") == std::make_tuple(true, true, Framing::length));
  CHECK(read("Transfer-Encoding: chunked\r\n") == std::make_tuple(true, true, Framing::chunked));
}

// What came of reading a body from `input`, which arrives in pieces that end at `arrivals`.
struct Body {
  std::string data;
  std::size_t used = 0;
  bool last = false;
  bool bad = false;
};

template <class Parser>
Body read_body(Parser& parser, std::string_view input, std::vector<std::size_t> arrivals) {
  Body body;
  arrivals.push_back(input.size());
  for (const auto arrived : arrivals) {
    for (;;) {
      const auto piece = parser.next(input.substr(body.used, arrived - body.used));
      REQUIRE(piece.consumed <= arrived - body.used);
      REQUIRE((piece.data.empty() ||
               (piece.data.data() >= input.data() + body.used && piece.data.end() <= input.end())));
      body.used += piece.consumed;
      body.data += piece.data;
      body.last = piece.last;
      body.bad = piece.bad;
      if (piece.last || piece.bad) return body;
      if (piece.consumed == 0) break;
    }
  }
  return body;
}

Body read_chunks(std::string_view input, const std::vector<std::size_t>& arrivals = {}) {
  Read read(get("Transfer-Encoding: chunked\r\n"));
  REQUIRE(read.good);
  return read_body(read.parser, input, arrivals);
}

void same_for_every_split(std::string_view input, const Body& expected) {
  const auto check = [&](const std::vector<std::size_t>& arrivals) {
    const auto body = read_chunks(input, arrivals);
    REQUIRE(body.last == expected.last);
    REQUIRE(body.bad == expected.bad);
    if (!expected.last) return;
    REQUIRE(body.data == expected.data);
    REQUIRE(body.used == expected.used);
  };
  std::vector<std::size_t> each_byte;
  for (std::size_t first = 0; first < input.size(); ++first) {
    each_byte.push_back(first);
    for (auto second = first; second < input.size(); ++second) check({first, second});
  }
  check(each_byte);
}

TEST_CASE("chunks are joined, whatever their size, extensions and trailers") {
  struct Case {
    std::string_view input, data;
  };
  const Case cases[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"00005\r\nhello\r\n000\r\n\r\n", "hello"},
      {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"5;name=value\r\nhello\r\n0;x\r\n\r\n", "hello"},
      {"5;name=\"quo;ted\"\r\nhello\r\n0\r\n\r\n", "hello"},
      // Trailers are read and dropped.
      {"2\r\nhi\r\n0\r\nX-Trailer: x\r\nY: z\r\n\r\n", "hi"},
      {"0\r\nAuthorization: Bearer x\r\n\r\n", ""},
  };
  for (const auto& [input, data] : cases) {
    CAPTURE(input);
    const auto body = read_chunks(input);
    CHECK(body.last);
    CHECK_FALSE(body.bad);
    CHECK(body.data == data);
    CHECK(body.used == input.size());
    same_for_every_split(input, body);
    // What follows belongs to the next message.
    const auto pipelined = read_chunks(std::string(input) + "GET / HTTP/1.1\r\n");
    CHECK(pipelined.last);
    CHECK(pipelined.used == input.size());
  }
}

TEST_CASE("chunks that are not valid are refused, wherever they are split") {
  for (const std::string_view input :
       {"\r\n0\r\n\r\n", "x\r\nhello\r\n", "-5\r\nhello\r\n", "+5\r\nhello\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", "5 5\r\nhello\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n", "10000000000000000\r\nx", "FFFFFFFFFFFFFFFFF\r\nx",
        ";x\r\nhello\r\n", "5;\x01\r\nhello\r\n", "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
        "5\r\nhello\r\n0\r\n: x\r\n\r\n", "5\r\nhello\r\nx\r\n\r\n", "5\rhello\r\n0\r\n\r\n",
        "0\r\nContent-Length: 5\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(input);
    const auto body = read_chunks(input);
    CHECK(body.bad);
    CHECK_FALSE(body.last);
    same_for_every_split(input, body);
  }
}

TEST_CASE("a bare LF never ends a chunk's line") {
  for (const std::string_view input :
       {"5\nhello\n0\n\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
        "5;x\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n"}) {
    CAPTURE(input);
    const auto body = read_chunks(input);
    CHECK_FALSE(body.last);
  }
}

TEST_CASE("chunks of random sizes in random pieces come out as they were") {
  std::mt19937 random(62);
  for (int round = 0; round < 300; ++round) {
    std::string data, input;
    for (auto chunks = random() % 6; chunks > 0; --chunks) {
      const std::string chunk(1 + random() % 3000, static_cast<char>('a' + random() % 26));
      char size[20];
      std::snprintf(size, sizeof size, random() % 2 ? "%zx\r\n" : "%zX\r\n", chunk.size());
      input += size + chunk + "\r\n";
      data += chunk;
    }
    input += "0\r\n\r\n";
    std::vector<std::size_t> arrivals;
    for (std::size_t at = 0; at < input.size(); at += 1 + random() % 500) arrivals.push_back(at);
    const auto body = read_chunks(input, arrivals);
    REQUIRE(body.last);
    REQUIRE(body.data == data);
  }
}

TEST_CASE("a body of known length ends with its last byte") {
  for (std::size_t split = 0; split <= 8; ++split) {
    Read read(get("Content-Length: 5\r\n"));
    REQUIRE(read.good);
    const auto body = read_body(read.parser, "helloGET", {split});
    CHECK(body.last);
    CHECK(body.data == "hello");
    CHECK(body.used == 5);
  }
}

TEST_CASE("a message without a body is complete at once, and takes nothing") {
  for (const char* lines : {"", "Content-Length: 0\r\n"}) {
    Read read(get(lines));
    REQUIRE(read.good);
    const auto body = read_body(read.parser, "GET", {});
    CHECK(body.last);
    CHECK(body.used == 0);
    CHECK(read.parser.next("").last);
  }
}

}  // namespace

TEST_CASE("former bugs: a control byte in a quoted chunk extension was taken for its text") {
  for (const std::string_view input :
       {"3; a=\"\nc\"\r\nabc\r\n000\r\n\r\n", "3 ; a=\"b;\n\\\"c\"\r\nabc\r\n0\r\n\r\n",
        "0;a=\"\n\"\r\n\r\n", "0 ; a=\"\x01\"\r\n\r\n", "3;a=\"\r\"\r\nabc\r\n0\r\n\r\n",
        "3;a=\"\x7F\"\r\nabc\r\n0\r\n\r\n"}) {
    CAPTURE(input);
    const auto body = read_chunks(input);
    CHECK(body.bad);
    CHECK_FALSE(body.last);
    same_for_every_split(input, body);
  }
}

TEST_CASE("former bugs: data that looks like a folded line was refused where it was cut there") {
  for (const auto& [input, data] : std::initializer_list<std::pair<const char*, const char*>>{
           {"4\r\n n:e\r\n0\r\n\r\n", " n:e"},
           {"1\r\n\n\r\n0\r\n\r\n", "\n"},
           {"2\r\n\t\n\r\n0\r\n\r\n", "\t\n"}}) {
    CAPTURE(input);
    const auto body = read_chunks(input);
    CHECK(body.last);
    CHECK(body.data == data);
    same_for_every_split(input, body);
  }
}
