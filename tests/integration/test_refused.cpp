// What is refused of a governed request before its parameters matter: its token, method, media
// type, encoding, path. Beside it the nearest requests that are right.
#include <doctest/doctest.h>

#include <array>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string target(std::string_view query) {
  return std::string(path) + "?" + std::string(query);
}

std::string get(std::string_view query) {
  return request("GET", target(query), app_fields);
}

}  // namespace

TEST_CASE("a governed request of the wrong make is refused before its body matters") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const std::string query = "?" + std::string(good_query);
  const std::string bearer = app_fields[0];
  const std::string json = app_fields[1];
  const auto send = [&](std::string_view method, std::vector<std::string> fields) {
    return request(method, path, fields, method == "GET" ? std::string_view() : good_body);
  };
  struct Case {
    std::string what;
    std::string request;
    int status;
    std::string reason;
  };
  std::vector<Case> cases{
      {"no token", request("GET", target("locale=en")), 401, "no_bearer_token"},
      {"another scheme", send("POST", {"Authorization: Basic eDp5", json}), 401, "no_bearer_token"},
      {"an empty token", send("POST", {"Authorization: Bearer ", json}), 401, "no_bearer_token"},
      {"a token of two words", send("POST", {"Authorization: Bearer a b", json}), 401,
       "no_bearer_token"},
      {"two tokens", send("POST", {bearer, bearer, json}), 401, "no_bearer_token"},
      {"text without a media type", request("POST", path, {bearer}, "hello"), 415, "media_type"},
      {"text", request("POST", path, {bearer, "Content-Type: text/plain"}, "hello"), 415,
       "media_type"},
      {"a form in parts", send("POST", {bearer, "Content-Type: multipart/form-data; boundary=x"}),
       415, "media_type"},
      {"half a form",
       request("POST", path, {bearer, "Content-Type: application/x-www-form-urlencoded"}, "a=%"),
       400, "malformed_form"},
      {"two media types", send("POST", {bearer, json, json}), 415, "media_type"},
      {"another character set",
       send("POST", {bearer, "Content-Type: application/json; charset=utf-16"}), 415, "media_type"},
      {"gzip", send("POST", {bearer, json, "Content-Encoding: gzip"}), 415, "content_encoding"},
      {"identity and gzip", send("POST", {bearer, json, "Content-Encoding: identity, gzip"}), 415,
       "content_encoding"},
      {"a GET with a body", request("GET", target(good_query), app_fields, "{}"), 400,
       "body_not_allowed"},
      {"a POST without a length",
       "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + bearer + "\r\n" + json +
           "\r\n\r\n",
       411, "length_required"},
      {"no JSON", request("POST", path, app_fields, "locale=en"), 400, "malformed_body"},
      {"half an object", request("POST", path, app_fields, "{\"locale\":"), 400, "malformed_body"},
      {"something after it", request("POST", path, app_fields, std::string(good_body) + "{}"), 400,
       "malformed_body"},
      {"an empty body", request("POST", path, app_fields, ""), 400, "malformed_body"},
      {"bytes that are no UTF-8", request("POST", path, app_fields, "{\"locale\":\"\xFF\"}"), 400,
       "malformed_body"},
      {"a broken escape", request("GET", target("locale=%zz"), app_fields), 400, "malformed_query"},
  };
  for (const auto* name : {"X-HTTP-Method-Override", "X-HTTP-Method", "x-method-override"})
    cases.push_back({name, send("POST", {bearer, json, std::string(name) + ": DELETE"}), 400,
                     "method_override"});
  for (const auto* method : {"PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "BREW"})
    cases.push_back({method, request(method, path, app_fields), 405, "method_not_allowed"});
  for (const auto* spelling :
       {"//api/1/notification_preferences", "/api/1/notification_preferences/",
        "/api/1/./notification_preferences", "/api/1/x/../notification_preferences",
        "/api/1/%6eotification_preferences", "/api/1/notification%5Fpreferences",
        "/API/1/notification_preferences", "/api/1/Notification_Preferences",
        "/api/1/notification_preferences;x=1", "/api/1%2fnotification_preferences",
        "/api\\1\\notification_preferences", "/api/1/notification_preferences%00",
        "/api/1/%2e/notification_preferences", "/api/1/notification_preferences//"})
    cases.push_back(
        {spelling, request("GET", spelling + query, app_fields), 400, "ambiguous_path"});
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = gateway.client();
    const auto answer = client.exchange(each.request, each.what == "HEAD");
    CHECK(answer.status == each.status);
    CHECK(answer.has("Allow") == (each.status == 405));
    if (each.status == 405) CHECK(answer.field("Allow") == "GET, POST");
    CHECK(answer.has("WWW-Authenticate") == (each.status == 401));
    if (each.what != "HEAD") CHECK(answer.body.starts_with(R"({"response":null,"error":")"));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(cases[i].what);
    CHECK(records[i].text("reason") == cases[i].reason);
    CHECK(records[i].number("http.response.status_code") == cases[i].status);
  }
}

TEST_CASE("their accepted neighbours arrive") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const RunningGateway gateway(upstream.url());
  const std::string bearer = app_fields[0];
  const std::string json = app_fields[1];
  auto client = gateway.client();
  const std::array requests{
      good_get(),
      good_post(),
      request("POST", path, {"authorization:bearer  abc", json}, good_body),
      request("POST", path, {bearer, "Content-Type: Application/JSON ; charset=UTF-8"}, good_body),
      request("POST", path, {bearer, json, "Content-Encoding: identity"}, good_body),
      request("POST", path, {bearer}, good_body),
      request("POST", path, {bearer, "Content-Type: text/plain"}, good_body),
      request("GET", target(good_query), {bearer, "Content-Length: 0"}),
      get(std::string(good_query) + "&platfrom=ios"),
      get(std::string(good_query) + "&unknown=1"),
      request("GET", "/api/1/notification_preferences_x", {bearer}),
      request("DELETE", "/api/1/vehicles", {"X-HTTP-Method-Override: GET"}),
  };
  for (const auto& each : requests) {
    CAPTURE(each);
    CHECK(client.exchange(each).status == 200);
  }
  CHECK(upstream.requests().size() == requests.size());
}
