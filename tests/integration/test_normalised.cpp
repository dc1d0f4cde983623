// Spellings of a right request that are not refused but normalised: what arrives upstream has one
// reading, the one that was judged. Those that are refused are in test_no_way_round.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

const std::string bearer = "Authorization: Bearer test-bearer-token";
const std::string json = "Content-Type: application/json";

std::string get(const std::string& target, std::vector<std::string> fields = {}) {
  fields.insert(fields.begin(), bearer);
  return request("GET", target, fields);
}
std::string post(std::vector<std::string> fields) {
  fields.insert(fields.begin(), bearer);
  return request("POST", path, fields, good_body);
}

}  // namespace

TEST_CASE("other spellings are normalised: what arrives has one reading") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const std::string body(good_body);
  const std::string target = std::string(path) + "?" + std::string(good_query);
  std::ostringstream rest;
  rest << std::hex << body.size() - 1;
  const std::string chunked = "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
                              bearer + "\r\n" + json +
                              "\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n" + rest.str() +
                              "\r\n" + body.substr(1) + "\r\n0\r\nX-Trailer: 1\r\n\r\n";
  const std::string length = "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  struct Row {
    std::string what;
    std::string bytes;
    std::string has;    // of what arrives
    std::string lacks;  // in small letters
  };
  const std::string get_line = "GET " + target + " HTTP/1.1\r\n";
  const std::vector<Row> rows{
      {"field names in any letter case",
       request("POST", path, {"AUTHORIZATION: bEARER abc", "CONTENT-TYPE: APPLICATION/JSON"}, body),
       "CONTENT-TYPE: APPLICATION/JSON\r\n", "transfer-encoding"},
      {"a charset that changes nothing",
       post({"Content-Type: application/json ; charset=\"UTF-8\""}), length, "expect"},
      {"no encoding, said aloud", post({json, "Content-Encoding: identity"}), length, "gzip"},
      {"chunks become one length", chunked, length, "transfer-encoding"},
      {"trailers are dropped", chunked, body, "x-trailer"},
      {"absolute form becomes origin form", get("http://LOCALHOST" + target), get_line, "http://"},
      {"a length of nothing", get(target, {"Content-Length: 0"}), get_line, "chunked"},
      {"an expectation is met here", post({json, "Expect: 100-continue"}), length, "expect"},
      {"an upgrade is declined",
       get(target, {"Connection: upgrade, http2-settings", "Upgrade: h2c", "HTTP2-Settings: AA"}),
       get_line, "h2c"},
      {"fields of the hop are dropped", get(target, {"Connection: x-a", "X-A: secret", "TE: gzip"}),
       get_line, "secret"},
      {"another's word on the client is dropped",
       get(target, {"X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6", "X-Real-IP: 6.6.6.6"}),
       "X-Forwarded-For: 127.0.0.1\r\n", "6.6.6.6"},
      {"the same value under both names", get(target + "&platfrom=ios"), get_line, "platfrom"},
      {"a space and other letters around a value",
       get(std::string(path) +
           "?locale=en&device_token=abc&device_type=+iOS&platform=IOS%20&app_version=4"),
       "&device_type=ios&platform=ios&", "%20"},
      // Former bugs. The governed path went past the chain in a field that some servers route by,
      {"a path in a field", get("/api/1/vehicles", {"X-Original-URL: " + std::string(path)}),
       "GET /api/1/vehicles HTTP/1.1\r\n", "notification"},
      {"a path in another field", get("/api/1/vehicles", {"x-rewrite-url: " + std::string(path)}),
       "GET /api/1/vehicles HTTP/1.1\r\n", "notification"},
      // and a name in other letters was passed on beside the right one.
      {"the same value in other letters", get(target + "&Platform=ios"), get_line,
       "&platform=ios&platform"},
  };
  auto client = gateway.client();
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(client.exchange(row.bytes).status == 200);
    auto arrived = upstream.requests().back();
    CAPTURE(arrived);
    CHECK(arrived.find(row.has) != std::string::npos);
    std::ranges::transform(arrived, arrived.begin(), filters::lower);
    CHECK(arrived.find(row.lacks) == std::string::npos);
  }
  CHECK(upstream.requests().size() == rows.size());
}
