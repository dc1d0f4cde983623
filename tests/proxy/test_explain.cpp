#include "proxy/explain.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>

#include "tests/support/explained.hpp"
#include "tests/support/policy.hpp"

using proxy::ReportForm;
using tests::explain;
using tests::message;
using tests::part;

namespace {

const std::string path(tests::path);
const std::string bearer = "Authorization: Bearer very-hushed-bearer";

const std::string get_of_the_page =
    "GET " + path + "?locale=en&device_token=abc&device_type=ios&platfrom=ios&app_version=4.17";

TEST_CASE("the page's GET: what each filter saw and did, the bytes with the edit marked, the end") {
  const auto explained = explain(message(get_of_the_page));
  CHECK(explained.status == 0);
  CHECK(explained.text.starts_with("GET " + path + ": governed by the contract\n\n"));
  CHECK(part(explained, "  authenticate") ==
        "  authenticate  a bearer token\n"
        "  repair        5 query parameters\n"
        "    edit       repair.alias [enforce] query /platfrom: renamed to /platform\n"
        "  validate      all as the contract has it\n"
        "  policy        no rule applies\n"
        "  rewrite       nothing to do\n");
  CHECK(part(explained, "    GET ") ==
        "    GET " + path +
            "?locale=en&device_token=[device token]&device_type=ios&[-platfrom-]{+platform+}=ios&"
            "app_version=4.17 HTTP/1.1\n"
            "    Host: owner-api.example\n"
            "    Authorization: [credentials]\n"
            "    Via: 1.1 prefgate\n"
            "    Forwarded: for=127.0.0.1;proto=https;host=\"localhost\"\n"
            "    X-Forwarded-For: 127.0.0.1\n"
            "    X-Forwarded-Proto: https\n"
            "    X-Forwarded-Host: localhost\n"
            "    x-request-id: 0123456789abcdef0123456789abcdef\n");
  CHECK(explained.text.ends_with("\n\nforwarded, 1 edit (exit status 0)\n"));
}

TEST_CASE("the page's POST, mangled as it is printed, is repaired and forwarded") {
  const auto explained = explain(message("POST " + path, tests::page_body()));
  CHECK(explained.status == 0);
  CHECK(
      explained.says("    edit       repair.invisible [enforce] body: invisible characters outside "
                     "strings: 1, the first at line 18, column 27; removed\n"));
  CHECK(explained.says(
      "\"grid_resync_success\":true[-\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9-]  \n    }}\n"));
  CHECK(explained.says("\"device_token\":\"[device token]\""));
  CHECK(explained.says("  repair        a JSON body of 6 members\n"));
}

TEST_CASE("a policy's rules are shown as any filter's, and what is not known offline is said") {
  auto governed = tests::explain_config();
  governed.filters.policy =
      tests::with_policy(
          "version: 1\nrules:\n"
          "  - {id: on, why: insurer, mode: enforce, rollout: 5%, when: {from: 2020-01-01}, force: "
          "{alarm: false}}\n"
          "  - {id: off, when: {method: POST}, deny: {message: closed}}\n")
          .policy;
  const auto explained =
      explain(message("POST " + path, tests::good_body), ReportForm::plain, governed);
  CHECK(explained.status == 0);
  CHECK(
      explained.says("  policy\n"
                     "    finding    policy.on [observe] body: which devices it has reached is not "
                     "known here: this "
                     "one counts as reached\n"
                     "    edit       policy.on [enforce] body /notification_preferences/alarm: "
                     "insurer; true replaced "
                     "by false\n"
                     "    finding    policy.off [observe] body: closed\n"
                     "  rewrite       nothing to do\n"));
  CHECK(explained.says("{\"alarm\":[-true-]{+false+}}"));
}

TEST_CASE("a rate limit is not judged, and that is said; where there is none, nothing is") {
  auto limited = tests::explain_config();
  limited.filters.rate_limit.mode = filters::Mode::enforce;
  limited.filters.rate_limit.burst = 1;
  const auto explained = explain(message(get_of_the_page), ReportForm::plain, limited);
  CHECK(explained.status == 0);
  CHECK(explained.says(
      "\n  rate_limit    not judged: what came before this request is not known here\n"));
  CHECK_FALSE(explain(message(get_of_the_page)).says("rate_limit"));
}

TEST_CASE("every kind of edit is told with what was there, and marked where it was") {
  const auto explained = explain(message(
      "POST " + path,
      R"({"locale":" en","deviceToken":"abc ","device_type":"ios","platform":"iOS","Platform":"ios",)"
      R"("app_version":4.17,"notification_preferences":{"alarm":1}})"));
  CHECK(
      part(explained, "  repair") ==
      "  repair        a JSON body of 7 members\n"
      "    edit       repair.alias [enforce] body /deviceToken: renamed to /device_token\n"
      "    edit       repair.duplicate [enforce] body /Platform: removed: platform says the same\n"
      "    edit       repair.value [enforce] body /locale: \" en\" replaced by \"en\"\n"
      "    edit       repair.value [enforce] body /device_token: mended (its value is not shown)\n"
      "    edit       repair.value [enforce] body /platform: \"iOS\" replaced by \"ios\"\n"
      "    edit       repair.type [enforce] body /app_version: 4.17 replaced by \"4.17\"\n"
      "    edit       repair.type [enforce] body /notification_preferences/alarm: 1 replaced by "
      "true\n"
      "  validate      all as the contract has it\n"
      "  policy        no rule applies\n"
      "  rewrite       nothing to do\n");
  CHECK(explained.says(
      R"({"locale":"[- -]en","[-deviceToken-]{+device_token+}":"[device token]"[-[part of a secret]-],)"
      R"("device_type":"ios","platform":"[-iOS-]{+ios+}",[-"Platform":"ios",-]"app_version":{+"+}4.17{+"+},)"
      R"("notification_preferences":{"alarm":[-1-]{+true+}}})"));
  CHECK(explained.text.ends_with("\n\nforwarded, 7 edits (exit status 0)\n"));
}

TEST_CASE("a request that needs nothing says so, and has no marks") {
  const auto explained = explain(message("POST " + path, tests::app_body(105)));
  CHECK(explained.status == 0);
  CHECK(explained.says("\nThe upstream would get:\n"));
  CHECK(explained.text.ends_with("\n\nforwarded, nothing changed (exit status 0)\n"));
}

TEST_CASE("a rejected request shows all its violations, what is meant, and the answer") {
  const auto explained = explain(message(
      "POST " + path, R"({"locale":"en","device_token":"abc","device_type":"ios","platform":"iis",)"
                      R"("notification_preferences":{"alarm":"perhaps","alrm":true}})"));
  CHECK(explained.status == 1);
  CHECK(
      part(explained, "  validate") ==
      "  validate\n"
      "    violation  validate.enum [enforce] body /platform: must be one of ios, android (did you "
      "mean ios?)\n"
      "    violation  validate.required [enforce] body /app_version: is required\n"
      "    violation  validate.type [enforce] body /notification_preferences/alarm: must be true "
      "or "
      "false\n"
      "    finding    validate.unknown_preference [observe] body /notification_preferences/alrm: "
      "is "
      "not a known preference (did you mean alarm?)\n"
      "  policy        not reached\n"
      "  rewrite       not reached\n");
  CHECK(explained.says("\nThe client would get:\n\n    HTTP/1.1 422 Unprocessable Content\n"));
  CHECK(explained.says("x-prefgate-origin: gateway"));
  CHECK_FALSE(explained.says("POST /api/1/notification_preferences HTTP/1.1"));
  CHECK(explained.text.ends_with("\n\nrejected with 422, 3 violations (exit status 1)\n"));
}

TEST_CASE("a rule in warn is a warning, with what it would have done") {
  auto warning = tests::explain_config();
  warning.filters.repair.alias = warning.filters.repair.value = filters::Mode::warn;
  warning.filters.validate.all = filters::Mode::warn;
  const auto explained = explain(
      message("GET " + path +
              "?locale=en&device_token=abc&device_type=iOS&platfrom=ios&app_version=4&colour=red"),
      ReportForm::plain, warning);
  CHECK(explained.status == 0);
  CHECK(
      explained.says("    warning:   repair.value [warn] query /device_type: is not written as the "
                     "contract has it; \"iOS\" would be replaced by \"ios\"\n"));
  CHECK(explained.says(
      "    warning:   repair.alias [warn] query /platfrom: is a misspelt name; would "
      "be renamed to /platform (did you mean platform?)\n"));
  CHECK(explained.says("    warning:   validate.required [warn] query /platform: is required\n"));
  CHECK(explained.says("    finding    validate.unknown_parameter [observe] query /colour: "));
  CHECK(explained.text.ends_with("\nforwarded, nothing changed, 4 warnings (exit status 0)\n"));
}

TEST_CASE("who refused, and who was never asked") {
  const auto twice =
      explain(message("GET " + path + "?" + std::string(tests::good_query) + "&platfrom=android"));
  CHECK(
      part(twice, "  repair") ==
      "  repair        6 query parameters\n"
      "    violation  repair.duplicate [enforce] query /platfrom: disagrees with platform (did you "
      "mean platform?)\n"
      "  validate      rejects it for the above\n"
      "  policy        not reached\n"
      "  rewrite       not reached\n");
  const auto early = explain(message("GET " + path, {}, {}));
  CHECK(part(early, "  authenticate") ==
        "  authenticate  no bearer token\n"
        "    rejected   a bearer token is required: no Authorization field\n"
        "  repair        not reached\n"
        "  validate      not reached\n"
        "  policy        not reached\n"
        "  rewrite       not reached\n");
  const auto late = explain(message("POST " + path, "{\"locale\":}"));
  CHECK(part(late, "  repair") ==
        "  repair        a body that is not JSON\n"
        "  validate\n"
        "    rejected   malformed JSON body: line 1, column 11: Invalid value.\n"
        "  policy        not reached\n"
        "  rewrite       not reached\n");
}

TEST_CASE("colours are a terminal's, and change nothing else") {
  const auto request = message(get_of_the_page + "&colour=red");
  const auto plain = explain(request);
  auto coloured = explain(request, ReportForm::coloured).text;
  CHECK(plain.text.find('\x1B') == std::string::npos);
  CHECK(coloured.find("\x1B[31m[-platfrom-]\x1B[0m\x1B[32m{+platform+}\x1B[0m") !=
        std::string::npos);
  for (auto at = coloured.find('\x1B'); at != coloured.npos; at = coloured.find('\x1B'))
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  CHECK(coloured == plain.text);
}

TEST_CASE("what a terminal would obey is written out") {
  const auto explained = explain(message("POST /x", "\x1B[2J\x07 \xE2\x80\xAE \xC2\x9B \xFF"));
  CHECK(explained.says("    \\x1B[2J\\x07 <U+202E> <U+009B> \\xFF\n"));
}

TEST_CASE("what is refused before the chain is explained as well") {
  CHECK(explain(message("GET " + path, {}, {})).says("rejected with 401, no_bearer_token"));
  CHECK(explain(message("DELETE " + path)).says("rejected with 405, method_not_allowed"));
  CHECK(explain(message("GET /api//1/notification_preferences")).status == 1);
  CHECK(explain("GET / HTTP/1.1\r\n\r\n").says("the Host field is missing"));
  CHECK(explain("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 1);
  CHECK(explain(message("POST " + path, std::string(70'000, ' '))).says("body_too_large"));
  CHECK(explain(message("TRACE /x")).says("rejected with 405, method_not_allowed"));
}

TEST_CASE("another path passes through, or is refused where the config says so") {
  const auto passed = explain(message("PUT /api/1/vehicles?a=%20", "{ }"));
  CHECK(passed.status == 0);
  CHECK(passed.says("another path, passes through untouched"));
  CHECK(passed.says("PUT /api/1/vehicles?a=%20 HTTP/1.1"));
  CHECK(passed.says("\n    { }\n"));
  auto refusing = tests::explain_config();
  refusing.forward_other_paths = false;
  const auto refused = explain(message("GET /api/1/vehicles"), ReportForm::plain, refusing);
  CHECK(refused.status == 1);
  CHECK(refused.says("rejected with 404, unknown_path"));
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

rapidjson::Document parse(const tests::Explained& explained) {
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
  const auto document = parse(explain(message(get_of_the_page), ReportForm::json));
  CHECK(document["governed"].GetBool());
  CHECK(text_of(document, "decision") == "forwarded");
  CHECK(document["edits"].GetInt() == 1);
  CHECK(document["findings"].GetInt() == 0);
  CHECK(document["violations"].GetInt() == 0);
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

  const auto refused = parse(explain(message("GET " + path, {}, {}), ReportForm::json));
  CHECK(text_of(refused, "decision") == "rejected");
  CHECK(text_of(refused, "reason") == "no_bearer_token");
  CHECK(text_of(refused, "detail") == "no Authorization field");
  CHECK(text_of(refused, "rejected_by") == "authenticate");
  CHECK(refused["status"].GetInt() == 401);
  CHECK_FALSE(refused.HasMember("outgoing"));
  rapidjson::Document answer;
  answer.Parse(refused["answer"].GetString());
  CHECK(answer["error"].IsString());
}

}  // namespace
