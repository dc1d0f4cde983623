// Bytes that two readers could take for two different messages, and bytes that are no HTTP, over
// the wire: refused, the connection closed, recorded, and never forwarded. Beside each family stand
// the nearest messages that are right: they get through, so the table can fail.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

struct Case {
  std::string what;
  std::string bytes;
  int status = 400;
};

const std::string nul(1, '\0');

// A request to another path, which is streamed: its framing alone decides.
std::string with(const std::string& fields, const std::string& body = {},
                 const std::string& first_line = "POST /api/1/x HTTP/1.1") {
  return first_line + "\r\nHost: localhost\r\n" + fields + "\r\n" + body;
}

std::string line(const std::string& first_line) {
  return first_line + "\r\nHost: localhost\r\n\r\n";
}

std::string chunked(const std::string& body, const std::string& coding = "chunked") {
  return with("Transfer-Encoding: " + coding + "\r\n", body);
}

// Governed, so that the body is read to its end before anything is forwarded.
std::string governed_chunked(const std::string& body) {
  return with(
      "Authorization: Bearer t\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n",
      body, "POST " + std::string(path) + " HTTP/1.1");
}

std::vector<Case> lengths() {
  const std::string five = "Content-Length: 5\r\n";
  return {
      {"the same length twice", with(five + five, "hello")},
      {"two lengths", with(five + "Content-Length: 6\r\n", "hello")},
      {"two lengths in one field", with("Content-Length: 5, 6\r\n", "hello")},
      {"the same length joined by a comma", with("Content-Length: 5, 5\r\n", "hello")},
      {"a signed length", with("Content-Length: +5\r\n", "hello")},
      {"a negative length", with("Content-Length: -5\r\n", "hello")},
      {"a hexadecimal length", with("Content-Length: 0x5\r\n", "hello")},
      {"hexadecimal digits", with("Content-Length: a\r\n", "hellohello")},
      {"a length with a fraction", with("Content-Length: 5.0\r\n", "hello")},
      {"a length with a space inside", with("Content-Length: 5 5\r\n", "hello")},
      {"an empty length", with("Content-Length: \r\n")},
      {"a length beyond 64 bits", with("Content-Length: 18446744073709551621\r\n", "hello")},
      {"a length of twenty digits", with("Content-Length: 99999999999999999999\r\n", "hello")},
      {"a length with a byte above ASCII", with("Content-Length: 5\xB2\r\n", "hello")},
      {"a length and chunked", with(five + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunked and a length", with("Transfer-Encoding: chunked\r\n" + five, "0\r\n\r\n")},
  };
}

std::vector<Case> codings() {
  return {
      {"chunked twice in one field", chunked("0\r\n\r\n", "chunked, chunked")},
      {"chunked in two fields",
       with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"gzip alone", chunked("0\r\n\r\n", "gzip")},
      {"gzip, then chunked", chunked("0\r\n\r\n", "gzip, chunked")},
      {"chunked, then gzip", chunked("0\r\n\r\n", "chunked, gzip")},
      {"chunked, then identity", chunked("0\r\n\r\n", "chunked, identity")},
      {"identity", chunked("0\r\n\r\n", "identity")},
      {"something that ends in chunked", chunked("0\r\n\r\n", "xchunked")},
      {"chunked with a parameter", chunked("0\r\n\r\n", "chunked;q=1")},
      {"chunked in quotes", chunked("0\r\n\r\n", "\"chunked\"")},
      {"chunked after a vertical tab", chunked("0\r\n\r\n", "\vchunked")},
      {"an empty coding", chunked("0\r\n\r\n", "")},
      {"a coding in HTTP/1.0",
       with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "POST /api/1/x HTTP/1.0")},
  };
}

std::vector<Case> chunks() {
  const std::string end = "0\r\n\r\n";
  return {
      {"no size", governed_chunked("\r\n" + end)},
      {"a size in letters", governed_chunked("xyz\r\n" + end)},
      {"a size with 0x", governed_chunked("0x5\r\nhello\r\n" + end)},
      {"a signed size", governed_chunked("+5\r\nhello\r\n" + end)},
      {"a negative size", governed_chunked("-5\r\nhello\r\n" + end)},
      {"a space before the size", governed_chunked(" 5\r\nhello\r\n" + end)},
      {"a size beyond 64 bits", governed_chunked("10000000000000005\r\nhello\r\n" + end)},
      {"no line end after the data", governed_chunked("5\r\nhello" + end)},
      {"data longer than its size", governed_chunked("4\r\nhello\r\n" + end)},
      {"a bare LF after the size", governed_chunked("5\nhello\r\n" + end)},
      {"a bare CR after the size", governed_chunked("5\rhello\r\n" + end)},
      {"a bare LF after the data", governed_chunked("5\r\nhello\n" + end)},
      {"a NUL after the size", governed_chunked("5" + nul + "\r\nhello\r\n" + end)},
      {"an extension that never ends", governed_chunked("5;" + std::string(70'000, 'x'))},
      {"sizes of a hundred thousand zeros", governed_chunked(std::string(100'000, '0'))},
      {"a trailer that is no field", governed_chunked("0\r\nno colon\r\n\r\n")},
      {"trailers without end", governed_chunked("0\r\na: " + std::string(70'000, 'x'))},
  };
}

std::vector<Case> lines() {
  const std::string host = "Host: localhost\r\n";
  const std::string get = "GET /api/1/x HTTP/1.1\r\n";
  return {
      {"bare LF throughout", "GET /api/1/x HTTP/1.1\nHost: localhost\n\n"},
      {"bare LF after the request line", "GET /api/1/x HTTP/1.1\n" + host + "\r\n"},
      {"bare LF after a field", get + "A: b\n" + host + "\r\n"},
      {"bare LF at the end", get + host + "\n"},
      {"bare CR in the request line", "GET /api/1/x\r HTTP/1.1\r\n" + host + "\r\n"},
      {"bare CR in a value", get + host + "A: b\rc\r\n\r\n"},
      {"bare CR before CR LF", get + host + "A: b\r\r\n\r\n"},
      {"a folded field", get + host + "A: b\r\n c\r\n\r\n"},
      {"a field folded with a tab", get + host + "A: b\r\n\tc\r\n\r\n"},
      {"a first field that is folded", get + " A: b\r\n" + host + "\r\n"},
      {"a space before the colon", get + host + "Content-Length : 5\r\n\r\n"},
      {"a tab before the colon", get + host + "A\t: b\r\n\r\n"},
      {"a space in a name", get + host + "A b: c\r\n\r\n"},
      {"an empty name", get + host + ": b\r\n\r\n"},
      {"no colon", get + host + "nothing\r\n\r\n"},
      {"a NUL in a name", get + host + "A" + nul + ": b\r\n\r\n"},
      {"a NUL in a value", get + host + "A: b" + nul + "c\r\n\r\n"},
      {"a control byte in a name", get + host + "A\x01: b\r\n\r\n"},
      {"a control byte in a value", get + host + "A: b\x01\r\n\r\n"},
      {"DEL in a value", get + host + "A: b\x7F\r\n\r\n"},
      {"a byte above ASCII in a name", get + host + "\xC3\xA4: b\r\n\r\n"},
      {"parentheses in a name", get + host + "A(b): c\r\n\r\n"},
      {"a field that shadows Content-Length", get + host + "content_length: 5\r\n\r\n"},
      {"a field that shadows Transfer-Encoding", get + host + "Transfer_Encoding: chunked\r\n\r\n"},
      {"a field that shadows X-Forwarded-For", get + host + "x_forwarded_for: 1.2.3.4\r\n\r\n"},
      {"a field that shadows Authorization by half", get + host + "X-Forwarded_For: 1\r\n\r\n"},
  };
}

std::vector<Case> request_lines() {
  return {
      {"two spaces before the target", line("GET  /api/1/x HTTP/1.1")},
      {"two spaces after the target", line("GET /api/1/x  HTTP/1.1")},
      {"a space at the end", line("GET /api/1/x HTTP/1.1 ")},
      {"a space in front", line(" GET /api/1/x HTTP/1.1")},
      {"a tab for a space", line("GET\t/api/1/x HTTP/1.1")},
      {"a space in the target", line("GET /api/1/x y HTTP/1.1")},
      {"a NUL in the target", line("GET /api/1/x" + nul + " HTTP/1.1")},
      {"a control byte in the target", line("GET /api/1/\x01 HTTP/1.1")},
      {"a byte above ASCII in the target", line("GET /api/1/\xC3\xA4 HTTP/1.1")},
      {"a fragment in the target", line("GET /api/1/x#y HTTP/1.1")},
      {"no target", line("GET HTTP/1.1")},
      {"a target without a slash", line("GET api/1/x HTTP/1.1")},
      {"HTTP/0.9", "GET /api/1/x\r\n\r\n"},
      {"HTTP/0.9 by name", line("GET /api/1/x HTTP/0.9")},
      {"HTTP/1.2", line("GET /api/1/x HTTP/1.2")},
      {"HTTP/2.0", line("GET /api/1/x HTTP/2.0")},
      {"HTTP/3", line("GET /api/1/x HTTP/3")},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"http in small letters", line("GET /api/1/x http/1.1")},
      {"a version of three digits", line("GET /api/1/x HTTP/1.10")},
      {"another protocol", line("GET /api/1/x ICAP/1.0")},
      {"a method that is no token", line("G(T /api/1/x HTTP/1.1")},
      {"an empty method", line("/api/1/x HTTP/1.1")},
      {"an authority for a target", line("CONNECT localhost:443 HTTP/1.1")},
      {"an asterisk for a target", line("OPTIONS * HTTP/1.1")},
      {"a TLS handshake in clear text", "\x16\x03\x01\x02" + nul + "\x01\r\n\r\n"},
      {"garbage", "\xDE\xAD\xBE\xEF\r\n\r\n"},
      {"words", "Hello, is anybody there?\r\n\r\n"},
      {"two empty lines", "\r\n\r\n\r\n"},
  };
}

std::vector<Case> hosts() {
  const auto get = [](const std::string& fields, const std::string& target = "/api/1/x") {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
  };
  const std::string host = "Host: localhost\r\n";
  return {
      {"no Host", get("")},
      {"an empty Host", get("Host: \r\n")},
      {"two Hosts", get(host + "Host: other\r\n")},
      {"the same Host twice", get(host + host)},
      {"two hosts in one field", get("Host: localhost, other\r\n")},
      {"a Host with a space", get("Host: local host\r\n")},
      {"a Host with a path", get("Host: localhost/x\r\n")},
      {"a Host with a user", get("Host: me@localhost\r\n")},
      {"an absolute target that disagrees", get(host, "http://other/api/1/x")},
      {"one that disagrees in the port", get(host, "http://localhost:81/api/1/x")},
      {"an absolute target without Host", get("", "http://localhost/api/1/x")},
      {"an absolute target with a user", get(host, "http://me@localhost/api/1/x")},
      {"an absolute target of another scheme", get(host, "ftp://localhost/api/1/x")},
      {"an absolute target without a path", get(host, "http://localhost")},
      {"Connection names Authorization", get(host + "Connection: close, Authorization\r\n")},
      {"Connection names Host", get(host + "Connection: host\r\n")},
      {"Connection names Content-Length", get(host + "Connection: content-length\r\n")},
      {"Connection names X-Forwarded-For", get(host + "Connection: x-forwarded-for\r\n")},
      {"an expectation nobody knows", get(host + "Expect: something\r\n"), 417},
      {"two expectations", get(host + "Expect: 100-continue, something\r\n"), 417},
  };
}

// Rows that once got through, or got another answer than they should.
std::vector<Case> former_bugs() {
  return {
      {"an absolute target with an empty host", line("GET http:///api/1/x HTTP/1.1")},
  };
}

std::vector<Case> all_of_them() {
  std::vector<Case> all;
  for (const auto& table :
       {lengths(), codings(), chunks(), lines(), request_lines(), hosts(), former_bugs()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace

TEST_CASE("malformed HTTP is refused, its connection closed, and the upstream never reached") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const auto cases = all_of_them();
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    client.send(each.bytes);
    const auto answer = client.receive();
    CHECK(answer.status == each.status);
    CHECK(answer.field("connection") == "close");
    CHECK(answer.field("x-prefgate-origin") == "gateway");
    CHECK(answer.body.starts_with(R"({"response":null,"error":")"));
    CHECK(client.is_closed());
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(cases[i].what);
    CHECK(records[i].number("http.response.status_code") == cases[i].status);
    CHECK(records[i].text("prefgate.decision") == "rejected");
    CHECK(records[i].text("prefgate.reason") ==
          (cases[i].status == 400 ? "malformed_request" : "expectation"));
  }
}

TEST_CASE("a request smuggled behind a malformed one is never seen") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const auto cases = all_of_them();
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    client.send(each.bytes + line("GET /api/1/smuggled HTTP/1.1"));
    CHECK(client.receive().status >= 400);
    CHECK(client.receive_all().empty());
  }
  CHECK(gateway.records().size() == cases.size());
}

TEST_CASE("their neighbours are right, and arrive") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const std::string host = "Host: localhost\r\n";
  const auto get = [](const std::string& fields, const std::string& target = "/api/1/x") {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
  };
  const std::string body(good_body);
  const auto hex = [](std::size_t number) {
    std::string text;
    for (; number > 0; number /= 16) text.insert(0, 1, "0123456789ABCDEF"[number % 16]);
    return text;
  };
  const std::vector<Case> cases{
      {"one length", with("Content-Length: 5\r\n", "hello")},
      {"a length with zeros in front", with("Content-Length: 0005\r\n", "hello")},
      {"a length between spaces", with("Content-Length:  5 \r\n", "hello")},
      {"a length of zero", with("Content-Length: 0\r\n")},
      {"chunked", chunked("5\r\nhello\r\n0\r\n\r\n")},
      {"Chunked", chunked("5\r\nhello\r\n0\r\n\r\n", "Chunked")},
      {"a chunked body of nothing", chunked("0\r\n\r\n")},
      {"sizes with zeros and an extension", chunked("00005;a=b\r\nhello\r\n000\r\n\r\n")},
      {"a trailer", chunked("5\r\nhello\r\n0\r\nA: b\r\n\r\n")},
      {"a governed body in one chunk",
       governed_chunked(hex(body.size()) + "\r\n" + body + "\r\n0\r\n\r\n")},
      {"a governed body in two", governed_chunked("1\r\n{\r\n" + hex(body.size() - 1) + ";x\r\n" +
                                                  body.substr(1) + "\r\n0\r\n\r\n")},
      {"an empty line in front", "\r\n" + get(host)},
      {"an empty value", get(host + "A:\r\n")},
      {"no space after the colon", "GET /api/1/x HTTP/1.1\r\nHost:localhost\r\n\r\n"},
      {"a tab in a value", get(host + "A: b\tc\r\n")},
      {"a byte above ASCII in a value", get(host + "A: \xC3\xA4\r\n")},
      {"a name with an underscore", get(host + "x_app_state: active\r\n")},
      {"every kind of byte a name may have", get(host + "!#$%&'*+-.^_`|~09azAZ: x\r\n")},
      {"an absolute target that agrees", get(host, "http://localhost/api/1/x")},
      {"an absolute target in other letters", get(host, "HTTP://LOCALHOST/api/1/x")},
      {"a port in both", get("Host: localhost:8080\r\n", "http://localhost:8080/api/1/x")},
      {"HTTP/1.0 without Host", "GET /api/1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
      {"Connection names a field of its own", get(host + "Connection: x-own\r\nX-Own: 1\r\n")},
      {"an expectation everybody knows", with("Expect: 100-Continue\r\nContent-Length: 0\r\n")},
      {"a method of its own", line("BREW /api/1/x HTTP/1.1")},
      {"every byte a target may have",
       line("GET /api/1/!$&'()*+,-./:;=@_~%41?a[]=|\"<>{}^` HTTP/1.1")},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    CHECK(client.exchange(each.bytes).status == 200);
  }
  CHECK(upstream.requests().size() == cases.size());
  CHECK(upstream.connections() == 1);
  CHECK(gateway.records().size() == cases.size());
}
