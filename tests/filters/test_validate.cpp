#include "filters/validate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

struct Head {
  std::string_view method;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  bool has_body = false;
  bool length_given = false;
};

struct Judged {
  Reason reason;
  std::size_t findings;
};

Judged judge_head(const Head& head, Mode mode) {
  Arena arena;
  Exchange exchange(arena);
  exchange.endpoint = &Contract::builtin().endpoints()[0];
  exchange.request.method_name = head.method;
  exchange.request.method = head.method == "GET"    ? Method::get
                            : head.method == "POST" ? Method::post
                                                    : Method::other;
  for (const auto& [name, value] : head.fields) exchange.request.headers.append(name, value);
  exchange.request.has_body = head.has_body;
  exchange.request.length_given = head.length_given;
  ValidateModes modes;
  modes.all = mode;
  const auto verdict = Validate(modes).on_head(exchange);
  return {verdict.reason, exchange.journal.findings()};
}
Reason judge(const Head& head, Mode mode) {
  return judge_head(head, mode).reason;
}

const std::pair<std::string_view, std::string_view> json{"Content-Type", "application/json"};

}  // namespace

TEST_CASE("heads that the contract allows go on") {
  const Head cases[] = {
      {"GET", {}},
      {"GET", {{"Content-Type", "text/plain"}}},
      {"GET", {{"Content-Encoding", "identity"}}, false, true},
      {"POST", {json}, true, true},
      {"POST", {json}, false, true},
      {"POST", {{"content-type", "application/json; charset=utf-8"}}, true, true},
      {"POST", {{"content-type", "Application/JSON ;Charset=\"UTF-8\""}}, true, true},
      {"POST", {json, {"Content-Encoding", "Identity"}}, true, true},
  };
  for (const auto& head : cases) CHECK(judge(head, Mode::enforce) == Reason::none);
}

TEST_CASE("other heads are refused, each for its reason; below enforce that is a finding") {
  const struct {
    Head head;
    Reason reason;
  } cases[] = {
      {{"PUT", {json}, true, true}, Reason::method_not_allowed},
      {{"HEAD", {}}, Reason::method_not_allowed},
      {{"get", {}}, Reason::method_not_allowed},
      {{"GET", {{"X-HTTP-Method-Override", "POST"}}}, Reason::method_override},
      {{"POST", {json, {"x-http-method", "GET"}}, true, true}, Reason::method_override},
      {{"POST", {json, {"X-Method-Override", ""}}, true, true}, Reason::method_override},
      {{"POST", {json, {"Content-Encoding", "gzip"}}, true, true}, Reason::content_encoding},
      {{"POST", {json, {"Content-Encoding", "identity"}, {"content-encoding", "br"}}, true, true},
       Reason::content_encoding},
      {{"POST", {json, {"Content-Encoding", "identity, gzip"}}, true, true},
       Reason::content_encoding},
      {{"POST", {}, true, true}, Reason::media_type},
      {{"POST", {json, json}, true, true}, Reason::media_type},
      {{"POST", {{"Content-Type", ""}}, true, true}, Reason::media_type},
      {{"POST", {{"Content-Type", "text/json"}}, true, true}, Reason::media_type},
      {{"POST", {{"Content-Type", "application/json5"}}, true, true}, Reason::media_type},
      {{"POST", {{"Content-Type", "application/json, text/plain"}}, true, true},
       Reason::media_type},
      {{"POST", {{"Content-Type", "application/json; charset=utf-16"}}, true, true},
       Reason::media_type},
      {{"POST", {{"Content-Type", "application/json; charset=utf-8; x=y"}}, true, true},
       Reason::media_type},
      {{"POST", {{"Content-Type", "application/json;"}}, true, true}, Reason::media_type},
      {{"POST", {{"Content-Type", "application/x-www-form-urlencoded"}}, true, true},
       Reason::media_type},
  };
  for (const auto& c : cases) {
    CAPTURE(info(c.reason).token);
    CHECK(judge(c.head, Mode::enforce) == c.reason);
    CHECK(judge(c.head, Mode::observe) == Reason::none);
    CHECK(judge_head(c.head, Mode::observe).findings == 1);
    CHECK(judge(c.head, Mode::off) == Reason::none);
    CHECK(judge_head(c.head, Mode::off).findings == 0);
  }
}

TEST_CASE("framing is refused in every mode") {
  for (const Mode mode : {Mode::off, Mode::observe, Mode::warn, Mode::enforce}) {
    CHECK(judge({"GET", {}, true, true}, mode) == Reason::body_not_allowed);
    CHECK(judge({"POST", {json}, false, false}, mode) == Reason::length_required);
  }
}

TEST_CASE("all violations come in one answer, and the verdict names the first") {
  TestExchange exchange("GET", "locale=&device_type=windows&platform=windos&device_token=a%20b");
  CHECK_FALSE(exchange.run());
  CHECK(exchange->verdict.reason == Reason::contract);
  CHECK(exchange->verdict.detail == "locale is empty");
  CHECK(exchange.story() ==
        "violation validate.empty /locale; violation validate.pattern /device_token; "
        "violation validate.pattern /device_type; violation validate.enum /platform; "
        "violation validate.required /app_version");
}

TEST_CASE("at most 16 violations are kept, all are counted") {
  std::string body(tests::good_body);
  std::string map;
  for (int i = 0; i < 100; ++i) map += (i ? ",\"p" : "\"p") + std::to_string(i) + "\":null";
  body.replace(body.find("\"alarm\":true"), 12, map);
  TestExchange exchange("POST", "", body);
  CHECK_FALSE(exchange.run());
  CHECK(exchange->journal.violations() == 100);
  std::size_t kept = 0;
  for (const auto& entry : exchange->journal) kept += entry.kind == Kind::violation;
  CHECK(kept == 16);
}

TEST_CASE("in observe everything goes on as it came, and is counted") {
  Settings settings;
  settings.validate.all = Mode::observe;
  for (const std::string body :
       {"{", "", "[]", R"({"a":1,"a":2})", R"({"platform":1,"notification_preferences":[]})",
        "\xFF", "{\"a\":\xE2\x80\x8B}"}) {
    CAPTURE(body);
    TestExchange exchange("POST", "platform=ios", body);
    CHECK(exchange.run(settings));
    CHECK(exchange->outgoing_body == body);
    CHECK(exchange->journal.findings() > 0);
    CHECK(exchange->journal.violations() == 0);
  }
  TestExchange query("GET", "a=1;b=%zz");
  CHECK(query.run(settings));
  CHECK(query->outgoing_query == "a=1;b=%zz");
  CHECK(query.story() == "finding validate.syntax ");
}

TEST_CASE("off means silent") {
  Settings settings;
  settings.validate.all = Mode::off;
  TestExchange exchange("POST", "platform=x", "{\"a\":1,\"a\":{}}");
  CHECK(exchange.run(settings));
  CHECK(exchange->journal.empty());
}
