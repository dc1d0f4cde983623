#include "proxy/wire_writer.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using proxy::Framing;
using proxy::ResponseForm;

struct Fixture {
  Fixture() {
    exchange.request.method_name = "GET";
    exchange.request.path = "/p%20q";
    exchange.request.authority = "shop.example:8443";
    exchange.request_id = "id-1";
  }
  std::string request(Framing framing = Framing::none, std::uint64_t length = 0) {
    std::string text;
    proxy::write_request_head(exchange, via, framing, length, text);
    return text;
  }
  void field(std::string_view name, std::string_view value) {
    exchange.request.headers.append(name, value);
  }

  filters::Arena arena;
  filters::Exchange exchange{arena};
  proxy::Via via{"192.0.2.1", "https", "upstream.example"};
};

const std::string added =
    "Via: 1.1 prefgate\r\n"
    "Forwarded: for=192.0.2.1;proto=https;host=\"shop.example:8443\"\r\n"
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    "X-Forwarded-Host: shop.example:8443\r\nx-request-id: id-1\r\n";
const std::string start = "GET /p%20q HTTP/1.1\r\nHost: upstream.example\r\n";

TEST_CASE_FIXTURE(Fixture, "a request head: line, Host, fields as they came, what the proxy adds") {
  field("X-Own", "a  b");
  field("authorization", "Bearer x");
  field("EMPTY", "");
  CHECK(request() ==
        start + "X-Own: a  b\r\nauthorization: Bearer x\r\nEMPTY: \r\n" + added + "\r\n");
}

TEST_CASE_FIXTURE(Fixture, "the query is the outgoing one, and an empty one is still there") {
  exchange.request.has_query = true;
  CHECK(request().starts_with("GET /p%20q? HTTP/1.1\r\n"));
  exchange.request.query = "a=1";
  exchange.outgoing_query = "b=2";
  CHECK(request().starts_with("GET /p%20q?b=2 HTTP/1.1\r\n"));
  exchange.request.has_query = false;
  CHECK(request().starts_with("GET /p%20q HTTP/1.1\r\n"));
}

TEST_CASE_FIXTURE(Fixture, "a query that was emptied goes with its question mark") {
  exchange.request.has_query = true;
  exchange.request.query = "a=1";
  CHECK(request().starts_with("GET /p%20q HTTP/1.1\r\n"));
}

TEST_CASE_FIXTURE(Fixture, "the body's framing is the last field") {
  CHECK(request(Framing::length, 0).ends_with("\r\nContent-Length: 0\r\n\r\n"));
  CHECK(request(Framing::length, 18446744073709551615U)
            .ends_with("\r\nContent-Length: 18446744073709551615\r\n\r\n"));
  CHECK(request(Framing::chunked).ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_CASE_FIXTURE(Fixture, "fields of the client's hop, and those it may not say, stay behind") {
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Host", "Content-Length", "Expect",
        "Forwarded", "X-Forwarded-For", "X-FORWARDED-Anything", "X-Real-IP", "X-Request-Id",
        "x-prefgate-origin"})
    field(name, "spoofed");
  CHECK(request() == start + added + "\r\n");
}

TEST_CASE_FIXTURE(Fixture, "fields named in any Connection field stay behind, in any case") {
  field("Connection", "close, X-One");
  field("x-one", "1");
  field("X-Two", "2");
  field("X-Three", "3");
  field("connection", "\tx-TWO ,");
  CHECK(request() == start + "X-Three: 3\r\n" + added + "\r\n");
}

TEST_CASE_FIXTURE(Fixture,
                  "an IPv6 client and a request without a host are told as RFC 7239 has it") {
  via.client_address = "2001:db8::1";
  exchange.request.authority = "";
  CHECK(request() == start +
                         "Via: 1.1 prefgate\r\nForwarded: for=\"[2001:db8::1]\";proto=https\r\n"
                         "X-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: https\r\n"
                         "x-request-id: id-1\r\n\r\n");
}

std::string response(int status, const ResponseForm& form,
                     std::initializer_list<std::pair<const char*, const char*>> fields = {}) {
  filters::Arena arena;
  filters::Response response(arena);
  response.status = status;
  response.reason = "Fine";
  for (const auto& [name, value] : fields) response.headers.append(name, value);
  std::string text;
  proxy::write_response_head(response, form, text);
  return text;
}

TEST_CASE("a response head in each of its forms") {
  const ResponseForm five{.length = 5, .date = "D"};
  CHECK(response(200, five) == "HTTP/1.1 200 Fine\r\nDate: D\r\nContent-Length: 5\r\n\r\n");
  CHECK(response(200, five, {{"date", "own"}, {"X-A", "b"}}) ==
        "HTTP/1.1 200 Fine\r\ndate: own\r\nX-A: b\r\nContent-Length: 5\r\n\r\n");
  CHECK(response(200, {.framing = Framing::chunked, .date = "D"}) ==
        "HTTP/1.1 200 Fine\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(response(200, {.framing = Framing::until_close, .close = true, .date = "D"}) ==
        "HTTP/1.1 200 Fine\r\nDate: D\r\nConnection: close\r\n\r\n");
  CHECK(response(200, {.length = 1, .say_keep_alive = true, .date = "D"}) ==
        "HTTP/1.1 200 Fine\r\nDate: D\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
  CHECK(response(200, {.length = 1, .close = true, .say_keep_alive = true, .date = "D"}) ==
        "HTTP/1.1 200 Fine\r\nDate: D\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
}

TEST_CASE("the upstream's hop stays behind: its own fields and those it names") {
  CHECK(response(200, {.length = 5, .date = "D"},
                 {{"Connection", "X-Hop, close"},
                  {"x-hop", "1"},
                  {"Keep-Alive", "timeout=5"},
                  {"Transfer-Encoding", "chunked"},
                  {"Upgrade", "h2c"},
                  {"Content-Length", "77"},
                  {"X-Kept", "2"}}) ==
        "HTTP/1.1 200 Fine\r\nX-Kept: 2\r\nDate: D\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("the length of a body that does not follow is passed on, but for 204") {
  const ResponseForm none{.framing = Framing::none, .date = "D"};
  CHECK(response(304, none, {{"Content-Length", "77"}}) ==
        "HTTP/1.1 304 Fine\r\nContent-Length: 77\r\nDate: D\r\n\r\n");
  CHECK(response(204, none, {{"Content-Length", "0"}}) == "HTTP/1.1 204 Fine\r\nDate: D\r\n\r\n");
}

TEST_CASE("a chunk carries its size, and nothing is no chunk") {
  std::string text;
  proxy::write_chunk("", text);
  CHECK(text == "");
  proxy::write_chunk("hello", text);
  proxy::write_chunk(std::string(0x1a2b, 'x'), text);
  CHECK(text == "5\r\nhello\r\n1a2b\r\n" + std::string(0x1a2b, 'x') + "\r\n");
  CHECK(proxy::last_chunk == "0\r\n\r\n");
}

}  // namespace
