// The stand-in upstream does what tests, benches and proxy/run count on: its endpoint, its paths,
// its log.
#include <doctest/doctest.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "tests/support/owner_api.hpp"

using namespace tests;

namespace {

const std::string path = "/api/1/notification_preferences";
const std::string bearer = "Authorization: Bearer fake-token";
const std::string json = "Content-Type: application/json";

std::string get_preferences(const std::string& device, const std::string& more = {}) {
  return request("GET", path + "?device_type=ios&device_token=" + device + more, {bearer});
}

std::string post_preferences(const std::string& device, const std::string& map) {
  return request("POST", path, {bearer, json},
                 R"({"device_token":")" + device + R"(","device_type":"ios",)" +
                     R"("notification_preferences":)" + map + "}");
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string text;
  for (const auto each : digest) {
    text += "0123456789abcdef"[each >> 4];
    text += "0123456789abcdef"[each & 15];
  }
  return text;
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

}  // namespace

TEST_CASE("owner-api remembers the preferences of each device, over clear text and TLS") {
  const OwnerApi upstream;
  Client clear(upstream.port());
  Client tls(upstream.tls_port(), Tls{});
  CHECK(SSL_version(tls.tls()) == TLS1_3_VERSION);

  const auto unknown = clear.exchange(get_preferences("aaa"));
  CHECK(unknown.status == 200);
  CHECK(unknown.field("content-type") == "application/json; charset=utf-8");
  CHECK(unknown.body.starts_with(R"({"response":{"alarm":true,"autopark_forward_started":true,)"));
  CHECK(std::count(unknown.body.begin(), unknown.body.end(), ',') == 16);

  const auto posted = tls.exchange(post_preferences("aaa", R"({ "alarm" : false, "b":true })"));
  CHECK(posted.status == 200);
  CHECK(posted.field("content-length") == "0");
  CHECK(posted.body.empty());
  CHECK(clear.exchange(get_preferences("aaa")).body == R"({"response":{"alarm":false,"b":true}})");
  CHECK(tls.exchange(get_preferences("bbb")).body == unknown.body);
  CHECK(clear.exchange(request("HEAD", path + "?device_type=ios&device_token=aaa", {bearer}), true)
            .field("content-length") == "37");
  upstream.reset();
  CHECK(clear.exchange(get_preferences("aaa")).body == unknown.body);
}

TEST_CASE("owner-api forgets the device that was new longest ago when it has too many") {
  const OwnerApi upstream({"--devices", "2"});
  Client client(upstream.port());
  for (const auto* device : {"one", "two", "one", "three"})
    client.exchange(post_preferences(device, R"({"mine":true})"));
  CHECK(client.exchange(get_preferences("one")).body.find("mine") == std::string::npos);
  CHECK(client.exchange(get_preferences("two")).body == R"({"response":{"mine":true}})");
  CHECK(client.exchange(get_preferences("three")).body == R"({"response":{"mine":true}})");
}

TEST_CASE("owner-api refuses what the vendor refuses, in the vendor's envelope") {
  const OwnerApi upstream;
  const std::string blank_token = R"("token":["can't be blank"])";
  const std::string not_included = R"("type":["is not included in the list"])";
  struct Case {
    const char* what;
    std::string request;
    int status;
    std::string part;
  };
  const std::array cases{
      Case{"no token at all", request("GET", path), 401, R"("error":"invalid bearer token")"},
      Case{"another scheme", request("GET", path, {"Authorization: Basic eDp5"}), 401, "bearer"},
      Case{"nothing but a token", request("GET", path, {bearer}), 422,
           R"("error":"Validation failed: Token can't be blank, Type can't be blank, )"
           R"(Type is not included in the list")"},
      Case{"no device token", request("GET", path + "?device_type=ios", {bearer}), 422,
           blank_token},
      Case{"a strange type", get_preferences("a", "&device_type=windows"), 422, not_included},
      Case{"a POST without fields", request("POST", path, {bearer, json}, "{}"), 422, blank_token},
      Case{"JSON under another content type", request("POST", path, {bearer}, R"({"a":1})"), 422,
           blank_token},
      Case{"no JSON", request("POST", path, {bearer, json}, "{"), 400, "not JSON"},
      Case{"a mangled zero-width space", post_preferences("a", "{\"b\":true\xe2\x80\x8b}"), 400,
           "not JSON"},
      Case{"another method", request("DELETE", path, {bearer}), 404, "not_found"},
      Case{"another path", request("GET", "/nothing", {bearer}), 404, "not_found"},
      Case{"orders it can't make out", request("GET", path, {"x-owner-api-do: explode"}), 400,
           "order not understood: explode"},
  };
  Client client(upstream.port());
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const auto answer = client.exchange(each.request);
    CHECK(answer.status == each.status);
    CHECK(answer.body.starts_with(R"({"response":null,"error":")"));
    CHECK(answer.body.find(each.part) != std::string::npos);
    CHECK(answer.body.find(R"("txid":")") != std::string::npos);
  }
}

TEST_CASE("owner-api shows what it received exactly, and what it understood") {
  const OwnerApi upstream;
  Client client(upstream.tls_port(), Tls{});
  client.exchange(
      "GET " + path + "?locale=en&device_token=a%3Ab&device_type=ios&platfrom=ios" +
      " HTTP/1.1\r\nhOST: localhost\r\nAUTHORIZATION: Bearer 12345\r\nX-Odd:  a  b \r\n\r\n");
  const std::string body = R"({"device_token":"a","device_type":"ios-beta","platform":"ios",)"
                           R"("app_version":4.170,"notification_preferences":{"x":true}})";
  client.exchange(request("POST", path, {bearer, json}, body));
  client.exchange(request("POST", "/sink", {}, std::string("\xff\x00\x01", 3)));

  const auto log = upstream.log();
  CHECK(log["received"].GetUint64() == 3);
  const auto& requests = log["requests"];
  REQUIRE(requests.Size() == 3);
  const auto& get = requests[0];
  CHECK(get["target"].GetString() ==
        path + "?locale=en&device_token=a%3Ab&device_type=ios&platfrom=ios");
  CHECK(logged_field(get, "hOST") == "localhost");
  CHECK(logged_field(get, "X-Odd") == "a  b");
  CHECK(get["fields"][1]["bytes"].GetInt() == 12);
  CHECK_FALSE(get["fields"][1].HasMember("value"));
  CHECK(get["tls"]["server_name"].GetString() == std::string("localhost"));
  CHECK(get["tls"]["version"].GetString() == std::string("TLSv1.3"));
  CHECK(get["understood"]["device_token"].GetString() == std::string("a:b"));
  CHECK(get["understood"]["platform"].IsNull());  // the misspelt one went unnoticed

  const auto& post = requests[1];
  CHECK(post["body"].GetString() == body);
  CHECK(post["understood"]["app_version"].GetString() == std::string("4.170"));
  CHECK(post["understood"]["platform"].GetString() == std::string("ios"));
  CHECK(post["understood"]["notification_preferences"]["x"].GetBool());
  CHECK(post["connection"].GetInt() == get["connection"].GetInt());
  CHECK(requests[2]["body"].IsNull());
  CHECK(requests[2]["body_base64"].GetString() == std::string("/wAB"));
  CHECK(requests[2]["body_bytes"].GetInt() == 3);
}

TEST_CASE("owner-api keeps the last requests only, and none unless it is told to") {
  const OwnerApi some({"--log", "2"});
  const OwnerApi none({"--log", "0"});
  for (const auto* upstream : {&some, &none}) {
    Client client(upstream->port());
    for (const auto* name : {"/1", "/2", "/3"}) client.exchange(request("GET", name));
  }
  const auto log = some.log();
  CHECK(log["received"].GetInt() == 3);
  REQUIRE(log["requests"].Size() == 2);
  CHECK(log["requests"][0]["number"].GetInt() == 2);
  CHECK(log["requests"][1]["target"].GetString() == std::string("/3"));
  CHECK(none.log()["received"].GetInt() == 3);
  CHECK(none.log()["requests"].Empty());
}

TEST_CASE("owner-api answers pipelined requests in order, split at any byte") {
  const OwnerApi upstream;
  const std::string both = post_preferences("p", R"({"x":false})") + get_preferences("p");
  for (std::size_t at = 1; at < both.size(); at += 7) {
    CAPTURE(at);
    Client client(upstream.port());
    client.send(both.substr(0, at));
    client.send(both.substr(at));
    CHECK(client.receive().status == 200);
    CHECK(client.receive().body == R"({"response":{"x":false}})");
  }
  Client old(upstream.port());
  old.send("GET /bytes?n=3 HTTP/1.0\r\n\r\n");
  CHECK(old.receive_all().ends_with(std::string("connection: close\r\n\r\n\0\1\2", 24)));
}

TEST_CASE("owner-api streams and swallows bodies of any size") {
  const OwnerApi upstream;
  for (const bool secure : {false, true}) {
    Client client = secure ? Client(upstream.tls_port(), Tls{}) : Client(upstream.port());
    const std::string bytes = pattern(3'000'001);
    CHECK(client.exchange(request("GET", "/bytes?n=3000001")).body == bytes);
    const auto chunked = client.exchange(request("GET", "/bytes?n=3000001&chunked=1"));
    CHECK(chunked.field("transfer-encoding") == "chunked");
    CHECK(chunked.body == bytes);
    const std::string expected = R"({"bytes":3000001,"sha256":")" + sha256(bytes) + "\"}";
    CHECK(client.exchange(request("POST", "/sink", {}, bytes)).body == expected);

    client.send(request("PUT", "/sink", {"Transfer-Encoding: chunked"}));
    for (std::size_t at = 0; at < bytes.size(); at += 70'000) {
      const auto part = bytes.substr(at, 70'000);
      std::array<char, 20> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", part.size());
      client.send(size.data() + part + "\r\n");
    }
    client.send("0\r\nX-Trailer: t\r\n\r\n");
    CHECK(client.receive().body == expected);
    CHECK(client.exchange(request("GET", "/bytes?n=0")).body.empty());
  }
  const auto log = upstream.log();
  CHECK(log["requests"][3]["chunked"].GetBool());
  CHECK(log["requests"][3]["body_bytes"].GetInt() == 3'000'001);
}
