#include "proxy/explain.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <sstream>

#include "tests/support/exchange.hpp"

namespace {

const std::string path(tests::path);
constexpr std::string_view form_type = "application/x-www-form-urlencoded";
const std::string bearer = "Authorization: Bearer very-hushed-bearer";

struct Explained {
  int status;
  std::string text;

  bool says(std::string_view words) const { return text.find(words) != std::string::npos; }
};

proxy::Config config() {
  proxy::Config made;
  made.upstream.authority = "owner-api.example";
  return made;
}

Explained explain(const std::string& request, bool json = false,
                  const proxy::Config& with = config()) {
  std::istringstream in(request);
  std::ostringstream out;
  const int status = proxy::explain(with, in, out, json);
  return {status, out.str()};
}

std::string message(std::string_view line, std::string_view body = {},
                    const std::vector<std::string>& fields = {bearer},
                    std::string_view type = "application/json") {
  std::string text = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& field : fields) text += field + "\r\n";
  if (!body.empty())
    text += "Content-Type: " + std::string(type) +
            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

const std::string get_of_the_page =
    "GET " + path + "?locale=en&device_token=abc&device_type=ios&platfrom=ios&app_version=4.17";

TEST_CASE("the page's GET: the misspelt name is repaired, and the rest goes as it came") {
  const auto [status, text] = explain(message(get_of_the_page));
  CHECK(status == 0);
  CHECK(text.starts_with("GET " + path + "  (governed)\n"));
  CHECK(text.find("    edit  repair.alias  query /platfrom -> /platform\n") != std::string::npos);
  CHECK(text.find("forwarded, 1 edit:\n") != std::string::npos);
  CHECK(text.find("    GET " + path +
                  "?locale=en&device_token=[device token]&device_type=ios&platform=ios&"
                  "app_version=4.17 HTTP/1.1\n") != std::string::npos);
  CHECK(text.find("    Authorization: [credentials]\n") != std::string::npos);
  CHECK(text.find("    Host: owner-api.example\n") != std::string::npos);
  for (const char* filter :
       {"  authenticate\n    -\n", "  repair\n", "  validate\n", "  rewrite\n"})
    CHECK(text.find(filter) != std::string::npos);
}

TEST_CASE("the page's POST, mangled as it is printed, is repaired and forwarded") {
  const auto explained = explain(message("POST " + path, tests::page_body()));
  CHECK(explained.status == 0);
  CHECK(explained.says("repair.invisible"));
  CHECK(explained.says("\"grid_resync_success\":true  \n    }}"));
  CHECK(explained.says("\"device_token\":\"[device token]\""));
}

TEST_CASE("a form is shown as the JSON it becomes") {
  const std::string form =
      "locale=en&device_token=hush-hush&device_type=ios&platfrom=ios&app_version=4&"
      "notification_preferences[alarm]=1";
  const auto explained = explain(message("POST " + path, form, {bearer}, form_type));
  CHECK(explained.status == 0);
  CHECK(explained.says(
      "    edit  repair.encoding  header /content-type  \"application/x-www-form-urlencoded\" -> "
      "\"application/json\"\n"
      "    edit  repair.encoding  body /  the form became JSON\n"
      "    edit  repair.alias  body /platfrom -> /platform\n"));
  CHECK(explained.says("forwarded, 3 edits:\n"));
  CHECK(explained.says("    Content-Type: application/json\n"));
  const std::string json =
      R"({"locale":"en","device_token":"hush-hush","device_type":"ios","platform":"ios",)"
      R"("app_version":"4","notification_preferences":{"alarm":true}})";
  CHECK(explained.says("    Content-Length: " + std::to_string(json.size()) + "\n"));
  auto shown = json;
  CHECK(explained.says(shown.replace(shown.find("hush-hush"), 9, "[device token]")));

  const auto doubled = explain(message("POST " + path, form + "&locale=en", {bearer}, form_type));
  CHECK(doubled.says("rejected (malformed_form)"));
  CHECK(doubled.says("malformed form body: line 1, column 111: locale appears more than once"));
}

TEST_CASE("fields of a POST's query are shown as they move") {
  auto moving = config();
  moving.filters.repair.placement = filters::Mode::enforce;
  const auto request = message("POST " + path + "?locale=en&device_token=hush-hush",
                               R"({"device_type":"ios","platform":"ios","app_version":"4",)"
                               R"("notification_preferences":{}})");
  const auto explained = explain(request, false, moving);
  CHECK(explained.status == 0);
  CHECK(
      explained.says("    edit  repair.placement  query /locale  removed\n"
                     "    edit  repair.placement  body /locale  added  \"en\"\n"
                     "    edit  repair.placement  query /device_token  removed  (a secret: its "
                     "value is not shown)\n"
                     "    edit  repair.placement  body /device_token  added  (a secret: its value "
                     "is not shown)\n"));
  CHECK(explained.says("    POST " + path + " HTTP/1.1\n"));
  CHECK(explained.says(
      R"("notification_preferences":{},"locale":"en","device_token":"[device token]"})"));
  const auto told = explain(request);
  CHECK(told.status == 1);
  CHECK(
      told.says("    finding  repair.placement  query /locale  belongs in the body  "
                "[warn: not acted on]\n"));
}

TEST_CASE("a request that needs nothing says so") {
  const auto explained = explain(message("POST " + path, tests::app_body(105)));
  CHECK(explained.status == 0);
  CHECK(explained.says("forwarded, 0 edits:\n"));
}

TEST_CASE("a rejected request shows all its violations and the answer") {
  const auto explained = explain(
      message("POST " + path,
              R"({"locale":"en","device_token":"abc","device_type":"ios","platform":"windows",)"
              R"("notification_preferences":{"alarm":"perhaps"}})"));
  CHECK(explained.status == 1);
  CHECK(explained.says("rejected (contract), the client gets:\n    422 Unprocessable Content\n"));
  for (const char* pointer : {"/platform", "/app_version", "/notification_preferences/alarm"})
    CHECK(explained.says(pointer));
  CHECK(explained.says("x-prefgate-origin: gateway"));
  CHECK_FALSE(explained.says("POST /api/1/notification_preferences HTTP/1.1"));
}

TEST_CASE("what is refused before the chain is explained as well") {
  CHECK(explain(message("GET " + path, {}, {})).says("rejected (no_bearer_token)"));
  CHECK(explain(message("DELETE " + path)).says("rejected (method_not_allowed)"));
  CHECK(explain(message("GET /api//1/notification_preferences")).status == 1);
  CHECK(explain("GET / HTTP/1.1\r\n\r\n").says("the Host field is missing"));
  CHECK(explain("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 1);
  CHECK(explain(message("POST " + path, std::string(70'000, ' '))).says("body_too_large"));
  CHECK(explain(message("TRACE /x")).says("rejected (method_not_allowed)"));
}

TEST_CASE("another path passes through, or is refused where the config says so") {
  const auto passed = explain(message("PUT /api/1/vehicles?a=%20", "{ }"));
  CHECK(passed.status == 0);
  CHECK(passed.says("another path: passes through untouched"));
  CHECK(passed.says("PUT /api/1/vehicles?a=%20 HTTP/1.1"));
  CHECK(passed.says("\n    { }\n"));
  auto refusing = config();
  refusing.forward_other_paths = false;
  const auto refused = explain(message("GET /api/1/vehicles"), false, refusing);
  CHECK(refused.status == 1);
  CHECK(refused.says("rejected (unknown_path)"));
}

TEST_CASE("a file with LF line ends is read as it is meant") {
  auto text = message(get_of_the_page);
  std::erase(text, '\r');
  CHECK(explain(text).text == explain(message(get_of_the_page)).text);
  auto post = message("POST " + path, tests::page_body());  // its body has LF of its own
  const auto body = post.find("\r\n\r\n") + 4;
  auto head = post.substr(0, body);
  std::erase(head, '\r');
  CHECK(explain(head + post.substr(body)).text == explain(post).text);
}

TEST_CASE("what holds no request is told apart, with what is wrong") {
  const auto expect = [](const std::string& text, std::string_view words) {
    CAPTURE(text);
    const auto explained = explain(text);
    CHECK(explained.status == 2);
    CHECK(explained.text.starts_with("not an HTTP request: "));
    CHECK(explained.says(words));
  };
  expect("", "does not end in an empty line");
  expect("GET / HTTP/1.1\r\nHost: a\r\n", "does not end in an empty line");
  expect("GET / HTTP/1.1\nHost: a\n", "does not end in an empty line");
  expect(message("GET /") + "{}", "2 bytes follow the request");
  expect("POST / HTTP/1.1\r\nHost: a\r\n\r\n{\"a\":1}", "Content-Length is too small, or missing");
  expect("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"a\":1}", "has 7 bytes");
  expect("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "fewer");
  expect("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n", "chunked");
  expect(message("GET /" + std::string(1100 * 1024, 'x')), "1 MiB");
}

TEST_CASE("a line end or two after the request is an editor's") {
  CHECK(explain(message("GET /") + "\r\n").status == 0);
  CHECK(explain(message("POST " + path, tests::app_body(3)) + "\n").status == 0);
}

rapidjson::Document parse(const Explained& explained) {
  rapidjson::Document document;
  document.Parse(explained.text.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

// RapidJSON's own comparison calls itself without end under C++20's rules.
std::string text_of(const rapidjson::Value& object, const char* name) {
  return object[name].GetString();
}

TEST_CASE("as JSON: the decision, the bytes, every entry of the journal") {
  const auto document = parse(explain(message(get_of_the_page), true));
  CHECK(document["governed"].GetBool());
  CHECK(text_of(document, "decision") == "forwarded");
  CHECK(std::string(document["outgoing"].GetString()).starts_with("GET " + path + "?locale=en&"));
  REQUIRE(document["journal"].Size() == 1);
  const auto& entry = document["journal"][0];
  CHECK(text_of(entry, "rule") == "repair.alias");
  CHECK(text_of(entry, "kind") == "edit");
  CHECK(text_of(entry, "mode") == "enforce");
  CHECK(text_of(entry, "in") == "query");
  CHECK(text_of(entry, "op") == "move");
  CHECK(text_of(entry, "from") == "/platfrom");
  CHECK(text_of(entry, "pointer") == "/platform");

  const auto refused = parse(explain(message("GET " + path, {}, {}), true));
  CHECK(text_of(refused, "decision") == "rejected");
  CHECK(text_of(refused, "reason") == "no_bearer_token");
  CHECK(refused["status"].GetInt() == 401);
  CHECK_FALSE(refused.HasMember("outgoing"));
  rapidjson::Document answer;
  answer.Parse(refused["answer"].GetString());
  CHECK(answer["error"].IsString());
}

TEST_CASE("no token is ever shown, however it is written") {
  struct Case {
    std::string what;
    std::string request;
  };
  const auto with = [](std::string_view token, std::string_view name = "device_token") {
    return message("GET " + path + "?locale=en&" + std::string(name) + "=" + std::string(token) +
                   "&device_type=ios&platform=ios&app_version=4.17");
  };
  const auto post = [](std::string_view member, std::string_view more = "") {
    return message("POST " + path,
                   R"({"notification_preferences":{"alarm":true)" + std::string(more) +
                       R"(},"locale":"en",)" + std::string(member) +
                       R"(,"device_type":"ios","platform":"ios","app_version":"4.17"})");
  };
  const std::vector<Case> cases{
      {"plain", with("hush-hush-device")},
      {"percent-encoded", with("hush%2Ddevice")},
      {"percent-encoded whole", with("%68%75%73%68%2d%64%65%76%69%63%65")},
      {"white space around", with("+hush-hush-device%20")},
      {"misspelt", with("hush-hush-device", "device_tokem")},
      {"camel case", with("hush-hush-device", "deviceToken")},
      {"its name percent-encoded", with("hush-hush-device", "device%5Ftoken")},
      {"misspelt and not repaired", with("hush-hush-device", "my_token")},
      {"twice", with("hush-hush-device&device_token=hush-hush-device")},
      {"twice, once misspelt", with("hush-hush-device&devicetoken=hush-hush-device")},
      {"a number of wrong ones", with("hush-hush-device&device_tokens=hush-hush-device-too")},
      {"JSON", post(R"("device_token":"hush-hush-device")")},
      {"JSON, white space around", post(R"("device_token" : " hush-hush-device ")")},
      {"JSON, escaped", post(R"("device_token":"hush\u002Ddevice")")},
      {"JSON, misspelt", post(R"("devicetoken":"hush-hush-device")")},
      {"JSON, both", post(R"("devicetoken":"hush-hush-device","device_token":"hush-hush-device")")},
      {"JSON, of a wrong type", post(R"("device_token":["hush-hush-device"])")},
      {"JSON, in the map too",
       post(R"("device_token":"hush-hush-device")", R"(,"device_token":"hush-hush-device")")},
      {"JSON that is broken", post(R"("device_token":"hush-hush-device",)")},
      {"a POST with the query's",
       message("POST " + path + "?device_token=hush-hush-device", tests::good_body)},
      {"a POST with the query's alone",
       message("POST " + path + "?device_token=hush-hush-device", "{}")},
      {"a form",
       message("POST " + path, "device_token=hush-hush-device&platform=ios", {bearer}, form_type)},
      {"a form that is none",
       message("POST " + path, "device_token=hush-hush-device&platform=%", {bearer}, form_type)},
      {"a Content-Type", message("POST " + path, tests::good_body, {bearer}, "x/hush-hush-device")},
      {"another path's query", message("GET /api/1/users/keys?device_token=hush-hush-device")},
      {"another path's body",
       message("POST /api/1/users/keys", R"({"a":{"device_token":"hush-hush-device"}})")},
      {"two bearers", message("GET " + path, {}, {bearer, bearer})},
      {"two bearers elsewhere", message("GET /x", {}, {bearer, "authorization: " + bearer})},
  };
  auto lenient = config();
  for (auto* mode : {&lenient.filters.authenticate, &lenient.filters.repair.nearest,
                     &lenient.filters.repair.alias, &lenient.filters.validate.all})
    *mode = filters::Mode::observe;
  for (const auto& [what, request] : cases)
    for (const auto& with_config : {config(), lenient})
      for (const bool json : {false, true}) {
        CAPTURE(what);
        CAPTURE(json);
        const auto explained = explain(request, json, with_config);
        CHECK(explained.status != 2);
        CHECK_FALSE(explained.says("hush"));
        CHECK_FALSE(explained.says("%68%75"));
        CHECK_FALSE(explained.says("very-hushed-bearer"));
      }
}

}  // namespace
