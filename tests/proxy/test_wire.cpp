// The grammar of requests. Their bodies are in test_wire_bodies.cpp, answers in
// test_wire_responses.cpp.
#include "proxy/wire.hpp"

#include "tests/support/read_request.hpp"

namespace {

using filters::Method;
using filters::Reason;
using proxy::Framing;
using proxy::HeadScanner;
using tests::bad;
using tests::get;
using tests::most_fields;
using tests::most_head;
using tests::most_target;
using tests::ok;
using Read = tests::ReadRequest;

TEST_CASE("a request is read into its parts") {
  const Read read(
      "POST /a%20b/c?x=1&y=2?z HTTP/1.1\r\nHost: example.com:8443\r\nContent-Length: 12\r\n"
      "Empty:\r\nX-Spaces:  \t a  b \t \r\nX-High: caf\xC3\xA9\r\n\r\nrest");
  REQUIRE(read.good);
  const auto& request = read.request;
  CHECK(request.method == Method::post);
  CHECK(request.method_name == "POST");
  CHECK(request.path == "/a%20b/c");
  CHECK(request.has_query);
  CHECK(request.query == "x=1&y=2?z");
  CHECK(request.authority == "example.com:8443");
  CHECK(request.has_body);
  CHECK(request.length_given);
  CHECK(request.headers.size() == 5);
  CHECK(request.headers.find("empty")->value == "");
  CHECK(request.headers.find("x-spaces")->value == "a  b");
  CHECK(request.headers.find("x-high")->value == "caf\xC3\xA9");
  CHECK(read.parser.framing() == Framing::length);
  CHECK(read.parser.length() == 12);
  CHECK(read.text.substr(read.head) == "rest");
}

TEST_CASE("every split of a good request reads the same, byte by byte as well") {
  const std::string text =
      "POST /p?q=%20 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n"
      "Connection: keep-alive\r\n\r\n{}";
  const auto same = [&](const std::vector<std::size_t>& arrivals) {
    const Read read(text, arrivals);
    REQUIRE(read.good);
    REQUIRE(read.head == text.size() - 2);
    REQUIRE(read.request.query == "q=%20");
    REQUIRE(read.request.headers.size() == 4);
  };
  std::vector<std::size_t> each_byte;
  for (std::size_t split = 0; split < text.size(); ++split) {
    same({split});
    each_byte.push_back(split);
  }
  same(each_byte);
}

TEST_CASE("methods are tokens") {
  for (const char* method : {"GET", "PATCH", "get", "M-SEARCH", "X!#$%&'*+.^_`|~9"})
    ok(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(Read("get / HTTP/1.1\r\nHost: a\r\n\r\n").request.method == Method::other);
  for (const char* method : {"", " GET", "GE T", "G(T", "G\tT", "G\x01T", "GET:", "\xC3\xA9"})
    bad(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("targets are a path, or a whole URL that agrees with Host") {
  for (const char* target : {"/", "/?", "//a", "/a;b", "/%zz", "/a?b?c", "/~!$&'()*+,=:@",
                             "http://a/", "HTTP://A/x?y", "https://a/"})
    ok("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const char* target : {"",
                             "*",
                             "a",
                             "a/b",
                             "?",
                             "http:/a",
                             "http://a",
                             "http://a?x",
                             "http:///x",
                             "http://b/",
                             "http://user@a/",
                             "ftp://a/",
                             "://a/",
                             "/#",
                             "/a#b",
                             "/\x7F",
                             "/caf\xC3\xA9",
                             "/a b",
                             "/\t",
                             "a:443",
                             "http://a:80/"})
    bad("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  const Read absolute("GET http://example.com:80/x?y HTTP/1.1\r\nHost: example.com:80\r\n\r\n");
  REQUIRE(absolute.good);
  CHECK(absolute.request.path == "/x");
  CHECK(absolute.request.query == "y");
  CHECK(absolute.request.authority == "example.com:80");
}

TEST_CASE("a query may be there and empty") {
  CHECK_FALSE(Read("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").request.has_query);
  const Read empty("GET /x? HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(empty.request.has_query);
  CHECK(empty.request.query == "");
}

TEST_CASE("versions 1.0 and 1.1 are understood, and no other") {
  ok("GET / HTTP/1.0\r\n\r\n");
  ok("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/1.", "HTTP/11", "http/1.1",
                              "HTTP/1.1 ", "HTTP/01.1", "HTTP/1.10", "HTTP", "", "ICY/1.1"})
    bad("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n");
  bad("GET /\r\nHost: a\r\n\r\n");
}

TEST_CASE("Host is there once, and a host") {
  for (const char* host : {"a", "a.b-c_d", "1.2.3.4:80", "[::1]:8443", "A"})
    ok("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  for (const char* host : {"", "a b", "a/b", "a?b", "a@b", "a,b", "a%2e", "\"a\"", "caf\xC3\xA9"})
    bad("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  bad("GET / HTTP/1.1\r\n\r\n");
  bad("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
  bad("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
  ok("GET / HTTP/1.0\r\n\r\n");
  bad("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
}

TEST_CASE("fields are a token, a colon and text without control bytes") {
  ok(get("X: y\r\nX:y\r\nX:\r\nX:\t \r\nX!#$%&'*+-.^`|~: y\r\nX: \"a,b\"; c=d\r\nX: a\tb\r\n"));
  for (const char* line : {"X : y", "X\t: y", " X: y", "\tX: y", ": y", "X", "X y: z", "X(: y",
                           "X: a\x01"
                           "b",
                           "X: a\x7F", "X: a\rb", "caf\xC3\xA9: y", "\"X\": y"})
    bad(get(std::string(line) + "\r\n"));
  bad(get(std::string("X: a\0b\r\n", 8)));
  bad(get("X: y\r\n folded\r\n"));
  bad(get("X: y\r\n\tfolded\r\n"));
  bad(get("X: y\r\n \r\n"));
}

TEST_CASE("every line ends in CR LF and in nothing else") {
  bad("GET / HTTP/1.1\nHost: a\r\n\r\n");
  bad("GET / HTTP/1.1\r\nHost: a\n\r\n");
  bad("GET / HTTP/1.1\r\nHost: a\r\n\n");
  bad("GET / HTTP/1.1\nHost: a\n\n");
  bad("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
  bad("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n");
  bad("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("a name that shadows one that matters, written with an underscore, is refused") {
  for (const char* name : {"Content_Length", "content_length", "Transfer_Encoding", "X_Request_Id",
                           "X_Forwarded_For", "CONTENT_TYPE"}) {
    bad(get(std::string(name) + ": 1\r\n"));
  }
  for (const char* name : {"X_Custom", "App_State", "_", "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t"})
    ok(get(std::string(name) + ": 1\r\n"));
}

TEST_CASE("Connection names fields of this hop only") {
  for (const char* value : {"close", "keep-alive", "Close, TE", "upgrade", "x-own", ", ,x-own,",
                            "keep-alive, Proxy-Authorization"})
    ok(get("Connection: " + std::string(value) + "\r\n"));
  for (const char* value : {"Authorization", "close, authorization", "Host", "x-own,Content-Length",
                            "Content-Type", "X-Forwarded-For", "X-Request-Id", "date"})
    bad(get("Connection: " + std::string(value) + "\r\n"));
  bad(get("Connection: close\r\nConnection: authorization\r\n"));
}

TEST_CASE("a connection is kept by the version's rule unless it says otherwise") {
  const auto keeps = [](const std::string& version, std::string_view connection) {
    auto text = "GET / " + version + "\r\nHost: a\r\n";
    if (!connection.empty()) text.append("Connection: ").append(connection).append("\r\n");
    const Read read(text + "\r\n");
    REQUIRE(read.good);
    return read.parser.keep_alive();
  };
  CHECK(keeps("HTTP/1.1", ""));
  CHECK(keeps("HTTP/1.1", "keep-alive"));
  CHECK_FALSE(keeps("HTTP/1.1", "close"));
  CHECK_FALSE(keeps("HTTP/1.1", "keep-alive, Close"));
  CHECK_FALSE(keeps("HTTP/1.0", ""));
  CHECK(keeps("HTTP/1.0", "Keep-Alive"));
  CHECK_FALSE(keeps("HTTP/1.0", "keep-alive, close"));
}

TEST_CASE("100-continue is the one expectation, and only of a 1.1 client with a body") {
  const auto expects = [](const std::string& text) {
    const Read read(text);
    REQUIRE(read.good);
    return read.parser.expects_continue();
  };
  CHECK(expects(get("Expect: 100-Continue\r\nContent-Length: 1\r\n")));
  CHECK(expects(get("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n")));
  CHECK_FALSE(expects(get("Expect: 100-continue\r\nContent-Length: 0\r\n")));
  CHECK_FALSE(expects(get("Expect: 100-continue\r\n")));
  CHECK_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  bad(get("Expect: 200-ok\r\n"), Reason::expectation);
  bad(get("Expect: 100-continue, x\r\n"), Reason::expectation);
}

TEST_CASE("each limit of the head holds on both of its sides") {
  const auto padded = [](std::size_t size) {
    const auto empty = get("X: \r\n").size();
    return get("X: " + std::string(size - empty, 'x') + "\r\n");
  };
  ok(padded(most_head));
  bad(padded(most_head + 1), Reason::head_too_large);
  bad(get("X: " + std::string(3 * most_head, 'x')), Reason::head_too_large);

  const auto fields = [](std::size_t count) {
    std::string lines;
    for (std::size_t i = 1; i < count; ++i) lines += "X: y\r\n";  // and Host
    return get(lines);
  };
  ok(fields(most_fields));
  bad(fields(most_fields + 1), Reason::head_too_large);

  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  ok(target(most_target));
  bad(target(most_target + 1), Reason::target_too_long);
  bad(target(3 * most_head), Reason::target_too_long);
}

TEST_CASE("a head without its end asks for more, whatever it is") {
  const auto text = get("X: y\r\n");
  HeadScanner scanner(most_head, most_fields);
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE_FALSE(scanner.scan(std::string_view(text).substr(0, size)).rejected());
    REQUIRE(scanner.size() == 0);
  }
  CHECK_FALSE(scanner.scan(text + "more").rejected());
  CHECK(scanner.size() == text.size());
}

}  // namespace
