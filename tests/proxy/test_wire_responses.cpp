#include <doctest/doctest.h>

#include <string>

#include "proxy/wire.hpp"

namespace {

using proxy::Framing;
using proxy::ResponseParser;

struct Read {
  explicit Read(std::string whole, bool to_head = false)
      : text(std::move(whole)), response(arena), parser(to_head) {
    proxy::HeadScanner scanner(4096, 50);
    if (scanner.scan(text).rejected()) {
      fault = "the scanner refused it";
      return;
    }
    head = scanner.size();
    fault = parser.parse(std::string_view(text).substr(0, head), response);
  }

  std::string text;
  filters::Arena arena;
  filters::Response response;
  ResponseParser parser;
  std::size_t head = 0;
  std::string_view fault;
};

std::string answer(int status, std::string_view lines) {
  return "HTTP/1.1 " + std::to_string(status) + " Some Words\r\n" + std::string(lines) + "\r\n";
}

TEST_CASE("an answer is read into its parts") {
  const Read read("HTTP/1.1 404 Not So  Found\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc");
  CHECK(read.fault == "");
  CHECK(read.response.status == 404);
  CHECK(read.response.reason == "Not So  Found");
  CHECK(read.response.headers.find("x-a")->value == "b");
  CHECK(read.parser.framing() == Framing::length);
  CHECK(read.parser.length() == 3);
  CHECK(read.parser.keep_alive());
  CHECK(Read("HTTP/1.1 200 \r\n\r\n").fault == "");
}

TEST_CASE("how an answer ends is decided by its status, its fields and what it answers") {
  struct Case {
    int status;
    const char* lines;
    bool to_head;
    Framing framing;
    bool keep_alive;
  };
  const char* const chunked = "Transfer-Encoding: chunked\r\n";
  const char* const five = "Content-Length: 5\r\n";
  const Case cases[] = {
      {200, "", false, Framing::until_close, false},
      {200, "Connection: keep-alive\r\n", false, Framing::until_close, false},
      {200, five, false, Framing::length, true},
      {200, "Content-Length: 0\r\n", false, Framing::length, true},
      {200, "Content-Length: 5\r\nConnection: close\r\n", false, Framing::length, false},
      {200, chunked, false, Framing::chunked, true},
      {500, five, false, Framing::length, true},
      {540, five, false, Framing::length, true},
      {200, "", true, Framing::none, true},
      {200, five, true, Framing::none, true},
      {200, chunked, true, Framing::none, true},
      {204, "", false, Framing::none, true},
      {204, five, false, Framing::none, true},
      {204, chunked, false, Framing::none, true},
      {304, "", false, Framing::none, true},
      {304, five, false, Framing::none, true},
      {100, "", false, Framing::none, true},
      {103, "Link: x\r\n", false, Framing::none, true},
      {101, "Upgrade: x\r\n", false, Framing::none, true},
  };
  for (const auto& [status, lines, to_head, framing, keep_alive] : cases) {
    CAPTURE(status);
    CAPTURE(std::string(lines));
    Read read(answer(status, lines), to_head);
    CHECK(read.fault == "");
    CHECK(read.response.status == status);
    CHECK(read.parser.framing() == framing);
    CHECK(read.parser.keep_alive() == keep_alive);
    if (framing == Framing::none) CHECK(read.parser.next("HTTP/1.1").last);
  }
}

TEST_CASE("an answer that two readers could take for two is refused") {
  for (const char* lines :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: x\r\n", "Content-Length: -1\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: identity\r\n", "X : y\r\n", "Content_Length: 5\r\n", "X: a\x01\r\n",
        "X: y\r\n folded\r\n", "X: y\nZ: z\r\n"}) {
    for (const bool to_head : {false, true}) {
      CAPTURE(std::string(lines));
      CHECK(Read(answer(200, lines), to_head).fault != "");
    }
  }
  CHECK(Read(answer(100, "Content-Length: 5\r\n")).fault != "");
  CHECK(Read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").fault != "");
}

TEST_CASE("what is no answer is refused") {
  for (const char* text :
       {"HTTP/1.2 200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 a\x01b\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "200 OK\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n\r\n", "\r\n\r\n", "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n"}) {
    CAPTURE(std::string(text));
    CHECK(Read(text).fault != "");
  }
}

TEST_CASE("an answer of version 1.0 is closed after, unless it says otherwise") {
  const auto keeps = [](const char* connection) {
    Read read("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n" + std::string(connection) + "\r\n");
    REQUIRE(read.fault == "");
    return read.parser.keep_alive();
  };
  CHECK_FALSE(keeps(""));
  CHECK(keeps("Connection: keep-alive\r\n"));
  CHECK_FALSE(keeps("Connection: keep-alive, close\r\n"));
}

TEST_CASE("an answer until close hands on all that comes") {
  Read read(answer(200, ""));
  for (const std::string_view part : {"abc", "\r\n\r\n", "HTTP/1.1 200 OK"}) {
    const auto piece = read.parser.next(part);
    CHECK(piece.data == part);
    CHECK(piece.consumed == part.size());
    CHECK_FALSE(piece.last);
  }
}

TEST_CASE("hop-by-hop fields are those of RFC 9110 section 7.6.1 and its like") {
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer",
        "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"})
    CHECK(proxy::is_hop_by_hop(filters::field_id(name)));
  for (const char* name : {"Host", "Content-Length", "Authorization", "Date", "Via", "X-Own"})
    CHECK_FALSE(proxy::is_hop_by_hop(filters::field_id(name)));
}

TEST_CASE("a list is walked element by element, until somebody has enough") {
  const auto elements = [](std::string_view list) {
    std::string all;
    proxy::each_token(list, [&](std::string_view token) {
      all.append(token) += '|';
      return token != "stop";
    });
    return all;
  };
  CHECK(elements("") == "");
  CHECK(elements(" , ,\t,") == "");
  CHECK(elements("a") == "a|");
  CHECK(elements(" a , b,c\t,,d ") == "a|b|c|d|");
  CHECK(elements("a,stop,b") == "a|stop|");
}

}  // namespace
