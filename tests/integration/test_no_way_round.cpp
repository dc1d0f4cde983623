// The whole story of how one might get past the contract, on the wire. Each row carries something
// that the contract forbids (platform "windows") in a spelling that some server reads and a
// careless proxy does not: all are refused, by the rule that should, before an upstream that fails
// the test when reached. Below stand the spellings that are not refused but normalised, and what of
// them arrives: either way there is one reading left, the gateway's.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

struct Attempt {
  std::string what;
  std::string bytes;
  int status;
  std::string by;  // the record's reason, or, of a 422, the rule of a violation
};

const std::string good(good_query);
const std::string bad = "locale=en&device_token=abc&device_type=ios&platform=windows&app_version=4";
const std::string bad_body =
    R"({"locale":"en","device_token":"abc","device_type":"ios","platform":"windows",)"
    R"("app_version":"4","notification_preferences":{"alarm":true}})";
const std::string bearer = "Authorization: Bearer test-bearer-token";
const std::string json = "Content-Type: application/json";
const std::string form = "content-type: application/x-www-form-urlencoded";

std::string get(const std::string& target, std::vector<std::string> more = {}) {
  more.insert(more.begin(), bearer);
  return request("GET", target, more);
}
std::string get_with(const std::string& query, std::vector<std::string> more = {}) {
  return get(std::string(path) + "?" + query, std::move(more));
}
// Has a token, and what fields it is given.
std::string post(std::vector<std::string> fields, const std::string& body = bad_body,
                 const std::string& query = {}) {
  fields.insert(fields.begin(), bearer);
  return request("POST", std::string(path) + (query.empty() ? "" : "?" + query), fields, body);
}
std::string post_with(const std::string& query, const std::string& body) {
  return post({json}, body, query);
}

// Decision: refuse. A server may decode, merge or cut a path before it routes it, and no two do the
// same: an honest client has no need of a second spelling.
std::vector<Attempt> paths() {
  std::vector<Attempt> all;
  for (const auto& [spelling, what] : std::initializer_list<std::pair<const char*, const char*>>{
           {"/api/1/notification_preferences/", "a slash at the end"},
           {"/api/1/notification_preferences//", "two of them"},
           {"//api/1/notification_preferences", "a doubled slash"},
           {"/api//1/notification_preferences", "a doubled slash inside"},
           {"/./api/1/notification_preferences", "a dot segment"},
           {"/api/1/./notification_preferences", "a dot segment inside"},
           {"/api/1/notification_preferences/.", "a dot segment at the end"},
           {"/api/1/x/../notification_preferences", "two dots"},
           {"/../api/1/notification_preferences", "two dots at the root"},
           {"/api/1/notification_preferences/x/..", "two dots at the end"},
           {"/api/1/%6eotification_preferences", "an encoded letter"},
           {"/%61%70%69/1/notification_preferences", "a segment of encoded letters"},
           {"/api/1/notification%5Fpreferences", "an encoded underscore"},
           {"/api/1/notification%255Fpreferences", "encoded twice"},
           {"/api/1%2fnotification_preferences", "an encoded slash"},
           {"/api/1/%2e/notification_preferences", "an encoded dot"},
           {"/api/1/x/%2e%2e/notification_preferences", "two encoded dots"},
           {"/api/1/x/%2E./notification_preferences", "one of two dots encoded"},
           {"/api/1/notification_preferences;x=1", "a matrix parameter"},
           {"/api;x/1;y/notification_preferences", "matrix parameters inside"},
           {"/api/1/notification_preferences%3Bx", "an encoded matrix parameter"},
           {"/api/1/x/..;/notification_preferences", "two dots with a parameter"},
           {"/API/1/notification_preferences", "letter case"},
           {"/api/1/Notification_Preferences", "letter case of the last segment"},
           {"/api\\1\\notification_preferences", "backslashes"},
           {"/api/1%5cnotification_preferences", "an encoded backslash"},
           {"/api/1/notification_preferences.json", "a format"},
           {"/api/1/notification_preferences%20", "a space to trim"},
           {"/api/1/notification_preferences%09", "a tab to trim"},
           {"/api/1/notification_preferences%00", "the end of a C string"},
           {"/api/1/notification_preferences%3Fx", "an encoded question mark"},
           {"/api/1/notification_preferences%23x", "an encoded fragment"},
       })
    all.push_back({what, get(spelling + ("?" + bad)), 400, "ambiguous_path"});
  const std::string absolute = "http://localhost/api/";
  all.push_back({"absolute form, another spelling",
                 get(absolute + "1//notification_preferences?" + bad), 400, "ambiguous_path"});
  all.push_back({"absolute form: the same path, so judged as ever",
                 get(absolute + "1/notification_preferences?" + bad), 422, "validate.enum"});
  all.push_back({"absolute form, another host",
                 get("http://else/api/1/notification_preferences?" + bad), 400,
                 "malformed_request"});
  all.push_back({"an empty query behind an encoded question mark",
                 get("/api/1/notification_preferences%3f?" + good), 400, "ambiguous_path"});
  return all;
}

// Decision: normalise a slip, refuse what says more. Under a type that is missing or wrong a body
// is judged as the JSON it is, and leaves as JSON; another charset, `multipart/*` and two types
// mean other bytes to whoever reads them, and so does a body that is no JSON.
std::vector<Attempt> media_types() {
  std::vector<Attempt> all{
      {"no media type", post({}), 422, "validate.enum"},
      {"no media type, no JSON", post({}, "platform: windows"), 415, "media_type"},
      {"two fields", post({json, json}), 415, "media_type"},
      {"two fields, one another", post({json, form}), 415, "media_type"},
      {"JSON that is called a form", post({form}), 422, "validate.enum"},
      {"a form with two readings", post({form}, good + "&platform=windows"), 400, "malformed_form"},
  };
  for (const auto* type :
       {"", "text/plain", "text/json", "application/json5", "application/jsonp", "application/*",
        "application/vnd.api+json", "application/json;", "application/json; boundary=b",
        "application/json text/plain", "\"application/json\""}) {
    const std::string field = "Content-Type: " + std::string(type);
    all.push_back({type, post({field}, bad_body), 422, "validate.enum"});
    all.push_back({type, post({field}, "platform: windows"), 415, "media_type"});
  }
  for (const auto* type :
       {"multipart/form-data; boundary=b", "application/json, text/plain",
        "application/json,application/json", "application/json; charset=utf-16",
        "application/json; charset=utf-7", "application/json; charset=utf-8; charset=utf-16"})
    all.push_back(
        {type, post({"Content-Type: " + std::string(type)}, bad_body), 415, "media_type"});
  return all;
}

// Decision: refuse. What is encoded cannot be checked, and is not worth unpacking: bodies are
// small.
std::vector<Attempt> encodings() {
  std::vector<Attempt> all;
  for (const auto* coding : {"gzip", "GZIP", "br", "deflate", "x-gzip", "identity, gzip",
                             "gzip, identity", "identity;q=1", "", "unheard-of"})
    all.push_back({coding, post({json, "Content-Encoding: " + std::string(coding)}), 415,
                   "content_encoding"});
  all.push_back({"two fields", post({json, "Content-Encoding: identity", "Content-Encoding: gzip"}),
                 415, "content_encoding"});
  all.push_back(
      {"another letter case", post({json, "cOnTeNt-EnCoDiNg: gzip"}), 415, "content_encoding"});
  all.push_back({"a GET's", get_with(good, {"Content-Encoding: gzip"}), 415, "content_encoding"});
  return all;
}

// Decision: refuse. The method was checked, so no one may name another.
std::vector<Attempt> methods() {
  std::vector<Attempt> all;
  for (const auto* name : {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
                           "x-http-method-override", "X-HTTP-METHOD-OVERRIDE"}) {
    all.push_back({name, get_with(good, {std::string(name) + ": POST"}), 400, "method_override"});
    all.push_back({name, post({json, std::string(name) + ": PUT"}, std::string(good_body)), 400,
                   "method_override"});
  }
  for (const auto* method : {"PUT", "PATCH", "DELETE", "OPTIONS", "get", "Post", "QUERY"})
    all.push_back(
        {method, request(method, path, {bearer, json}, bad_body), 405, "method_not_allowed"});
  all.push_back({"X_HTTP_Method_Override", get_with(good, {"X_HTTP_Method_Override: POST"}), 400,
                 "malformed_request"});
  return all;
}

// Decision: refuse. Two fields that should be one leave the choice to whoever reads next, and so
// does one that holds a comma.
std::vector<Attempt> fields() {
  const auto body = [](const std::string& fields, const std::string& content) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + bearer + "\r\n" +
           json + "\r\n" + fields + "\r\n" + content;
  };
  const std::string length = "Content-Length: " + std::to_string(bad_body.size()) + "\r\n";
  return {
      {"two tokens", get_with(good, {bearer}), 401, "no_bearer_token"},
      {"two tokens, another letter case", get_with(good, {"AUTHORIZATION: Bearer b"}), 401,
       "no_bearer_token"},
      {"two tokens in one field",
       request("GET", std::string(path) + "?" + good, {bearer + ", Bearer b"}), 401,
       "no_bearer_token"},
      {"an underscore for the hyphen", post({json, "Content_Type: text/plain"}), 400,
       "malformed_request"},
      {"a space before the colon", post({json, "Content-Encoding : gzip"}), 400,
       "malformed_request"},
      {"a field name's look-alike", post({json, "Content-Enc\xC3\266ding: gzip"}), 400,
       "malformed_request"},
      {"two hosts", get_with(good, {"host: else"}), 400, "malformed_request"},
      {"two lengths", body(length + "Content-Length: 2\r\n", bad_body), 400, "malformed_request"},
      {"two lengths in one field", body("Content-Length: 2, 2\r\n", "{}"), 400,
       "malformed_request"},
      {"a length and chunks", body(length + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
       "malformed_request"},
      {"no length", body("", ""), 411, "length_required"},
      {"Connection drops the media type", post({json, "Connection: content-type"}), 400,
       "malformed_request"},
      {"Connection drops the token", get_with(good, {"Connection: keep-alive, authorization"}), 400,
       "malformed_request"},
      {"another expectation", post({json, "Expect: 200-ok"}), 417, "expectation"},
  };
}

// Decision: refuse a body where none is read, and fields in two places: which one counts differs.
std::vector<Attempt> places() {
  const auto refused = [](const std::string& query, const std::string& by) {
    return Attempt{query, post_with(query, std::string(good_body)),
                   by.starts_with("mal") ? 400 : 422, by};
  };
  return {
      {"a GET with a body",
       request("GET", std::string(path) + "?" + good, {bearer, json}, bad_body), 400,
       "body_not_allowed"},
      {"a GET with chunks",
       "GET " + std::string(path) + "?" + good + " HTTP/1.1\r\nHost: x\r\n" + bearer +
           "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
       400, "body_not_allowed"},
      {"the fields in the query, no body", post_with(bad, "{}"), 422, "validate.misplaced"},
      {"both, and the body is wrong", post_with(good, bad_body), 422, "validate.misplaced"},
      {"both, and both are right", post_with(good, std::string(good_body)), 422,
       "validate.misplaced"},
      refused("platform=windows", "validate.misplaced"),
      refused("platfrom=windows", "validate.misplaced"),
      refused("PLATFORM=windows", "validate.misplaced"),
      refused("%70latform=windows", "validate.misplaced"),
      refused("platform%00=windows", "validate.misplaced"),
      refused("+platform=windows", "validate.misplaced"),
      refused("platform[]=windows", "validate.misplaced"),
      refused("a=b;platform=windows", "malformed_query"),
      refused("platform=%FF", "malformed_query"),
      refused("platform=%wi", "malformed_query"),
      refused("_method=DELETE", "validate.method_override"),
  };
}

// A right body with one member more.
Attempt in_body(const std::string& name, const std::string& by) {
  auto body = std::string(good_body);
  body.insert(1, "\"" + name + "\":\"windows\",");
  return {"in a body: " + name, post_with("", body), 422, by};
}

// Decision: refuse. Of two names that a server takes for one, it may choose the other.
std::vector<Attempt> names() {
  const auto beside = [](const std::string& name, const std::string& by) {
    return Attempt{name, get_with(good + "&" + name + "=windows"), 422, by};
  };
  return {
      beside("platform", "repair.duplicate"),
      beside("platfrom", "repair.duplicate"),
      beside("%70latform", "repair.duplicate"),
      beside("platform[]", "validate.ambiguous_name"),
      in_body("platform[]", "validate.ambiguous_name"),
      in_body("notification_preferences[alarm]", "validate.ambiguous_name"),
      beside("device[type", "validate.ambiguous_name"),
      beside("platform%00", "validate.ambiguous_name"),
      in_body("platform", "repair.duplicate"),
      in_body("platfrom", "repair.duplicate"),
      in_body("\\u0070latform", "repair.duplicate"),
      {"the same preference twice",
       post_with(
           "", std::string(good_body).replace(good_body.find("true"), 4, R"(true,"alarm":false)")),
       422, "repair.duplicate"},
  };
}

// Rows that once got through.
std::vector<Attempt> former_bugs() {
  return {
      {"a method in a POST's query", post_with("_method=DELETE", std::string(good_body)), 422,
       "validate.method_override"},
      {"a method in a list", post_with("_METHOD[]=DELETE", std::string(good_body)), 422,
       "validate.method_override"},
      {"a method in a GET's query", get_with(good + "&_method=POST"), 422,
       "validate.method_override"},
      {"other letters beside the name", get_with(good + "&Platform=windows"), 422,
       "repair.duplicate"},
      {"a dot beside the name", get_with(good + "&device.type=windows"), 422,
       "validate.ambiguous_name"},
      {"a space inside the name", get_with(good + "&app+version=0"), 422,
       "validate.ambiguous_name"},
      {"an overlong slash", get("/api/1%c0%afnotification_preferences?" + bad), 400,
       "ambiguous_path"},
      {"overlong dots", get("/api/1/x/%c0%ae%c0%ae/notification_preferences?" + bad), 400,
       "ambiguous_path"},
      in_body("_method", "validate.method_override"),
      in_body("PLATFORM", "repair.duplicate"),
      in_body("device_to\xE2\x84\252en", "validate.ambiguous_name"),
  };
}

std::vector<Attempt> all_attempts() {
  std::vector<Attempt> all;
  for (const auto& part :
       {paths(), media_types(), encodings(), methods(), fields(), places(), names(), former_bugs()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

TEST_CASE("there is no way round the contract") {
  const ScriptedUpstream upstream(ScriptedUpstream::Forbidden{});
  RunningGateway gateway(upstream.url());
  const auto attempts = all_attempts();
  for (const auto& each : attempts) {
    CAPTURE(each.what);
    auto client = gateway.client();
    const auto answer = client.exchange(each.bytes);
    CHECK(answer.status == each.status);
    CHECK(answer.field("x-prefgate-origin") == "gateway");
    if (answer.status == 422)
      CHECK_MESSAGE(answer.body.find("\"rule\":\"" + each.by + "\"") != std::string::npos,
                    answer.body);
  }
  const auto records = gateway.records();
  REQUIRE(records.size() == attempts.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(attempts[i].what);
    CHECK(records[i].text("decision") == "rejected");
    CHECK(records[i].text("reason") == (attempts[i].status == 422 ? "contract" : attempts[i].by));
  }
}

TEST_CASE("a second request behind a right one is judged as the first was") {
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  client.send(good_post() + post({json}) + good_get() + get_with(bad));
  for (const int status : {200, 422, 200, 422}) CHECK(client.receive().status == status);
  CHECK(upstream.requests().size() == 2);
}
