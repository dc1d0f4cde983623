// The main job, end to end: what the API page has people send goes in under TLS, is repaired and
// goes out under TLS, and the upstream says what it really received. What is wrong reaches nobody.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/support/exchange.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string target(std::string_view query) {
  return std::string(path) + "?" + std::string(query);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

std::string get(std::string_view query) {
  return request("GET", target(query), app_fields);
}

std::string post(std::string_view body, std::string_view query = {}) {
  return request("POST", query.empty() ? std::string(path) : target(query), app_fields, body);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

}  // namespace

TEST_CASE("what the API page and the app send arrives, TLS in and TLS out, edited only as told") {
  const OwnerApi upstream;
  RunningGateway gateway("https://localhost:" + std::to_string(upstream.tls_port()));
  struct Case {
    std::string what;
    std::string request;
    std::string target;  // as the upstream has to receive it
    std::string body;
    std::string rules;
  };
  const std::string odd =
      "x=%41+b&locale=en&device_token=%61bc%3adef&device_type=ios&&platfrom=ios&app_version=4.17&";
  const std::string documented =
      "locale=en&device_token=abc&device_type=ios&platfrom=ios&app_version=4.17";
  const std::string mended = "\"grid_resync_success\":true  \n}}";
  const std::string compact = app_body(105);
  const std::string pretty = app_body(105, true);
  const std::array cases{
      Case{"the page's GET", get(documented), target(replaced(documented, "platfrom", "platform")),
           "", "repair.alias"},
      Case{"odd spellings around the name stay", get(odd),
           target(replaced(odd, "platfrom", "platform")), "", "repair.alias"},
      Case{"a GET that is right", get(good_query), target(good_query), "", ""},
      Case{"a value in the wrong case", get(replaced(documented, "platfrom=ios", "platform=iOS")),
           target(replaced(documented, "platfrom", "platform")), "", "repair.value"},
      Case{"the page's POST as printed", post(page_body()), std::string(path),
           replaced(page_body(), "true\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9", "true"),
           "repair.invisible"},
      Case{"an app's POST, compact", post(compact), std::string(path), compact, ""},
      Case{"an app's POST, pretty", post(pretty), std::string(path), pretty, ""},
      Case{"a POST that says platfrom",
           post(replaced(std::string(good_body), "platform", "platfrom")), std::string(path),
           std::string(good_body), "repair.alias"},
      Case{"a version that is a number",
           post(replaced(std::string(good_body), "\"4.17.0\"", "4.170")), std::string(path),
           replaced(std::string(good_body), "\"4.17.0\"", "\"4.170\""), "repair.type"},
  };
  REQUIRE(mended.size() < cases[4].body.size());
  CHECK(cases[4].body.ends_with(mended));
  auto client = gateway.tls_client();
  for (const auto& each : cases) {
    CAPTURE(each.what);
    upstream.reset();
    const auto answer = client.exchange(each.request);
    CHECK(answer.status == 200);
    CHECK(answer.field("x-prefgate-origin") == "upstream");
    CHECK(answer.field("x-prefgate-rules") == each.rules);
    const auto log = upstream.log();
    REQUIRE(log["requests"].Size() == 1);
    const auto& seen = log["requests"][0];
    CHECK(seen["target"].GetString() == each.target);
    CHECK(seen["body"].GetString() == each.body);
    CHECK(seen["status"].GetInt() == 200);
    CHECK(seen["tls"]["server_name"].GetString() == std::string("localhost"));
    CHECK(seen["understood"]["platform"].GetStringLength() > 0);
    CHECK(logged_field(seen, "Content-Length") ==
          (each.body.empty() ? "" : std::to_string(each.body.size())));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (const auto& record : records) {
    CHECK(record.text("decision") == "forwarded");
    CHECK(record.number("http.response.status_code") == 200);
    CHECK(record.text("url.scheme") == "https");
  }
}

TEST_CASE("what was posted is what a GET answers") {
  const OwnerApi upstream;
  const RunningGateway gateway("https://127.0.0.1:" + std::to_string(upstream.tls_port()));
  auto client = gateway.tls_client();
  const std::string query =
      "locale=en&device_token=abc&device_type=ios&platfrom=ios&app_version=4.17";
  CHECK(client.exchange(post(page_body())).body.empty());
  const auto answer = client.exchange(get(query));
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with(R"({"response":{"alarm":true,"autopark_forward_started":true,)"));
  CHECK(answer.body.ends_with(R"("grid_resync_success":true}})"));
}

TEST_CASE("a request the contract refuses gets every violation and reaches nobody") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const std::string good(good_query);
  const std::string body(good_body);
  struct Case {
    std::string what;
    std::string request;
    std::vector<std::string> violations;  // "rule pointer", all of them
  };
  const std::string five = "validate.required /";
  const std::array cases{
      Case{"no parameters",
           request("GET", path, app_fields),
           {five + "locale", five + "device_token", five + "device_type", five + "platform",
            five + "app_version"}},
      Case{"an empty object",
           post("{}"),
           {five + "locale", five + "device_token", five + "device_type", five + "platform",
            five + "app_version", five + "notification_preferences"}},
      Case{"empty values",
           get("locale=&device_token=&device_type=&platform=&app_version="),
           {"validate.empty /locale", "validate.empty /device_token", "validate.empty /device_type",
            "validate.empty /platform", "validate.empty /app_version"}},
      Case{"empty strings",
           post(R"({"locale":"","device_token":"","device_type":"","platform":"","app_version":"",)"
                R"("notification_preferences":{}})"),
           {"validate.empty /locale", "validate.empty /device_token", "validate.empty /device_type",
            "validate.empty /platform", "validate.empty /app_version"}},
      Case{"null everywhere",
           post(R"({"locale":null,"device_token":null,"device_type":null,"platform":null,)"
                R"("app_version":null,"notification_preferences":null})"),
           {"validate.type /locale", "validate.type /device_token", "validate.type /device_type",
            "validate.type /platform", "validate.type /app_version",
            "validate.type /notification_preferences"}},
      Case{"wrong types",
           post(R"({"locale":1,"device_token":[],"device_type":{},"platform":true,)"
                R"("app_version":[4.17],"notification_preferences":[true]})"),
           {"validate.type /locale", "validate.type /device_token", "validate.type /device_type",
            "validate.type /platform", "validate.type /app_version",
            "validate.type /notification_preferences"}},
      Case{"nested junk in the map",
           post(replaced(body, "{\"alarm\":true}",
                         R"({"alarm":{"deep":[1]},"key_added":null,"a-b":true,"key_removed":[]})")),
           {"validate.type /notification_preferences/alarm",
            "validate.type /notification_preferences/key_added",
            "validate.preference_name /notification_preferences/a-b",
            "validate.type /notification_preferences/key_removed"}},
      Case{"an unknown platform",
           get(replaced(good, "platform=ios", "platform=windows")),
           {"validate.enum /platform"}},
      Case{"an unknown platform in a body",
           post(replaced(body, "\"platform\":\"android\"", "\"platform\":\"webos\"")),
           {"validate.enum /platform"}},
      Case{"a device type of nobody's",
           get(replaced(good, "device_type=ios", "device_type=toaster&ignored=1")),
           {"validate.pattern /device_type"}},
      Case{"a version in words",
           get(replaced(good, "4.17.0-1566", "latest")),
           {"validate.pattern /app_version"}},
      Case{"a name given twice", get(good + "&locale=en_GB"), {"repair.duplicate /locale"}},
      Case{"a member given twice",
           post(replaced(body, "{\"locale\"", "{\"locale\":\"de\",\"locale\"")),
           {"repair.duplicate /locale"}},
      Case{"a preference given twice",
           post(replaced(body, "\"alarm\":true", "\"alarm\":true,\"alarm\":false")),
           {"repair.duplicate /notification_preferences/alarm"}},
      Case{"platfrom and platform disagree",
           get(good + "&platfrom=android"),
           {"repair.duplicate /platfrom"}},
      Case{"they disagree in a body",
           post(replaced(body, "\"platform\"", "\"platfrom\":\"ios\",\"platform\"")),
           {"repair.duplicate /platfrom"}},
      Case{"a POST's field in its query",
           post(body, "platform=ios"),
           {"validate.misplaced /platform"}},
      Case{"a list in a query",
           get(good + "&platform[]=ios"),
           {"validate.ambiguous_name /(name of 10 bytes)"}},
      Case{
          "several faults at once",
          get("locale=english%20please&device_token=a%20b&device_type=ios&platform=&platform="),
          {"validate.pattern /locale", "validate.pattern /device_token", "validate.empty /platform",
           "repair.duplicate /platform", "validate.required /app_version"}},
  };
  auto client = gateway.client();
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const auto answer = client.exchange(each.request);
    CHECK(answer.status == 422);
    CHECK(answer.field("content-type") == "application/json");
    CHECK(answer.field("x-prefgate-origin") == "gateway");
    const auto json = parsed(answer.body);
    CHECK(json["response"].IsNull());
    CHECK(std::string(json["error"].GetString()).starts_with("validation failed: "));
    CHECK(json["messages"].MemberCount() > 0);
    std::vector<std::string> found;
    for (const auto& violation : json["violations"].GetArray())
      found.push_back(std::string(violation["rule"].GetString()) + " " +
                      violation["pointer"].GetString());
    auto expected = each.violations;
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    CHECK(joined(found) == joined(expected));
    CHECK(json["error_description"].GetString() ==
          std::to_string(expected.size()) + (expected.size() == 1 ? " violation" : " violations"));
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == cases.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(records[i].text("decision") == "rejected");
    CHECK(records[i].text("reason") == "contract");
    CHECK(records[i].number("http.response.status_code") == 422);
    CHECK(records[i].json["violations"].Size() == cases[i].violations.size());
  }
}
