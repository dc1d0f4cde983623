// A POST whose fields are not where or what they should be: a form, or the query. End to end: what
// the upstream receives, what the client and the record are told.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

const std::string bearer = "Authorization: Bearer abc";
const std::string form_type = "Content-Type: application/x-www-form-urlencoded";
const std::string form =
    "locale=en&device_token=s3cret%3Atoken&device_type=ios&platfrom=iOS&app_version=4.17.0&"
    "notification_preferences[alarm]=true&notification_preferences%5Bkey_added%5D=0";
const std::string json =
    R"({"locale":"en","device_token":"s3cret:token","device_type":"ios","platform":"ios",)"
    R"("app_version":"4.17.0","notification_preferences":{"alarm":true,"key_added":false}})";
const std::string query = "?" + form;

bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

std::vector<std::string> edits(const Record& record) {
  std::vector<std::string> lines;
  for (const auto& edit : record.json["edits"].GetArray())
    lines.push_back(std::string(edit["op"].GetString()) + " " + edit["in"].GetString() + " " +
                    edit["path"].GetString());
  return lines;
}

}  // namespace

TEST_CASE("a form arrives as JSON, and the client is told") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  const auto answer = client.exchange(request("POST", path, {bearer, form_type}, form));
  CHECK(answer.status == 200);
  CHECK(answer.field("x-prefgate-rules") == "repair.encoding,repair.alias,repair.value");
  REQUIRE(upstream.requests().size() == 1);
  const auto received = upstream.requests().at(0);
  CHECK(received.ends_with("\r\n\r\n" + json));
  CHECK(has_line(received, "Content-Type: application/json"));
  CHECK(has_line(received, "Content-Length: " + std::to_string(json.size())));
  CHECK(received.find("urlencoded") == std::string::npos);

  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].number("http.request.body.size") == std::int64_t(form.size()));
  CHECK(records[0].json["fields"]["platform"].GetString() == std::string("ios"));
  CHECK_FALSE(records[0].json["preferences"]["key_added"].GetBool());
  CHECK(records[0].text("device_token").starts_with("hmac-sha256:"));
  CHECK(edits(records[0]) == std::vector<std::string>{"replace header /content-type",
                                                      "replace body ", "move body /platform",
                                                      "replace body /platform"});
}

TEST_CASE("fields of a POST in the query arrive in the body, where the configuration says so") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.more = "filters: {repair: {placement: enforce}}\n"});
  auto client = gateway.client();
  const std::string target = std::string(path) + query;
  const auto empty = client.exchange(request("POST", target, app_fields, ""));
  CHECK(empty.status == 200);
  CHECK(empty.field("x-prefgate-rules") == "repair.placement,repair.alias,repair.value");
  CHECK(client.exchange(request("POST", target, {bearer}, "")).status == 200);
  CHECK(client.exchange(request("POST", target + "&x=y", app_fields, "{}")).status == 200);
  const auto requests = upstream.requests();
  REQUIRE(requests.size() == 3);
  for (const auto& received : requests) {
    CHECK(received.ends_with("\r\n\r\n" + json));
    CHECK(has_line(received, "Content-Type: application/json"));
    CHECK(has_line(received, "Content-Length: " + std::to_string(json.size())));
  }
  CHECK(requests[0].starts_with("POST " + std::string(path) + " HTTP/1.1\r\n"));
  CHECK(requests[2].starts_with("POST " + std::string(path) + "?x=y HTTP/1.1\r\n"));
  const auto records = gateway.records();
  REQUIRE(records.size() == 3);
  for (const auto& record : records) {
    CHECK(record.json["fields"]["platform"].GetString() == std::string("ios"));
    CHECK(record.json["preferences"]["alarm"].GetBool());
    CHECK(record.text("device_token").starts_with("hmac-sha256:"));
  }
}

TEST_CASE("what could be read in two ways reaches nobody") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  const RunningGateway told(upstream.url());
  const RunningGateway moving(upstream.url(),
                              {.more = "filters: {repair: {placement: enforce}}\n"});
  const struct {
    std::string what;
    const RunningGateway& gateway;
    std::string request;
    int status;
    std::string rules;
  } cases[] = {
      {"fields in the query, by default", told,
       request("POST", std::string(path) + query, app_fields, "{}"), 422,
       "repair.placement,validate.misplaced,validate.required"},
      {"another value in the query", moving,
       request("POST", std::string(path) + "?platform=ios", app_fields, good_body), 422,
       "validate.misplaced"},
      {"a form with a name twice", moving,
       request("POST", path, {bearer, form_type}, form + "&locale=en"), 400, ""},
      {"a form with a list", moving, request("POST", path, {bearer, form_type}, form + "&x[]=1"),
       400, ""},
      {"text", moving,
       request("POST", std::string(path) + query, {bearer, "Content-Type: text/plain"}, "hello"),
       415, ""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    auto client = each.gateway.client();
    const auto answer = client.exchange(each.request);
    CHECK(answer.status == each.status);
    CHECK(answer.field("x-prefgate-rules") == each.rules);
    CHECK(answer.body.find("s3cret") == std::string::npos);
  }
}
