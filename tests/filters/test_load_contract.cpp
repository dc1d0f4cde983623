#include "filters/contract/load_contract.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "tests/support/exchange.hpp"

using namespace filters;

namespace {

// The smallest contract with everything in its place: line 1 to 24.
const std::string good = R"(openapi: 3.1.0
info: {title: Subscriptions, version: "1"}
paths:
  /api/1/subscriptions:
    get:
      parameters:
        - {name: device_token, in: query, required: true, schema: {$ref: "#/components/schemas/token"}}
        - {name: page, in: query, schema: {type: string, pattern: "^[0-9]{1,4}$"}}
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [device_token]
              properties:
                device_token: {$ref: "#/components/schemas/token"}
                tier: {type: string, enum: [basic, premium], x-aliases: [level], x-ignore-case: true}
components:
  schemas:
    token:
      {type: string, minLength: 3, maxLength: 8, x-secret: true}
)";

// `good` with the first `from` in it replaced, as the loader sees it; its faults, a line each.
std::string faults(std::string_view from, std::string_view to, const std::string& text = good) {
  std::string changed = text;
  const auto at = changed.find(from);
  REQUIRE(at != changed.npos);
  changed.replace(at, from.size(), to);
  std::string lines;
  for (const auto& diagnostic : load_contract(changed, "c").diagnostics)
    lines += (lines.empty() ? "" : "\n") + to_string(diagnostic);
  return lines;
}

const ContractField& field(const Endpoint& endpoint, std::string_view name) {
  const auto index = endpoint.find(name);
  REQUIRE(index != Endpoint::none);
  return endpoint.fields()[index];
}

}  // namespace

TEST_CASE("the built-in contract has no fault and no warning, and is the one of the API page") {
  const auto& endpoint = Contract::builtin().endpoints()[0];
  CHECK(Contract::builtin().endpoints().size() == 1);
  CHECK(endpoint.path() == "/api/1/notification_preferences");
  CHECK(endpoint.allowed_methods() == "GET, POST");
  CHECK(endpoint.fields().size() == 6);
  CHECK(field(endpoint, "platform").documented_query_name == "platfrom");
  CHECK(field(endpoint, "device_token").secret);
  CHECK(endpoint.preferences().known.size() == 122);
  CHECK(endpoint.preferences().most == 512);
  for (const auto& each : endpoint.fields()) {
    CHECK(each.required_in_body);
    CHECK(each.required_in_query == each.in_query);
  }
}

TEST_CASE("a contract for another API governs that API, without recompiling") {
  const auto loaded = load_contract(good, "c");
  CHECK(loaded.diagnostics.empty());
  REQUIRE(loaded.contract);
  const auto match = loaded.contract->match_path("/api/1/subscriptions");
  CHECK(match.path == PathMatch::governed);
  REQUIRE(match.endpoint);
  CHECK(loaded.contract->match_path("/api/1/Subscriptions/").path == PathMatch::ambiguous);
  CHECK(loaded.contract->match_path("/api/1/notification_preferences").path == PathMatch::other);

  const struct {
    std::string_view method, query, body;
    bool passes;
    std::string_view story, sent;
  } cases[] = {
      {"GET", "device_token=abc", "", true, "", "device_token=abc"},
      {"GET", "deviceToken=abc&pgae=7", "", true,
       "repair.alias /device_token; repair.nearest /page", "device_token=abc&page=7"},
      {"GET", "device_token=ab&page=x", "", false,
       "violation validate.pattern /device_token; violation validate.pattern /page", ""},
      {"GET", "page=1", "", false, "violation validate.required /device_token", ""},
      {"POST", "", R"({"device_token":"abc"})", true, "", R"({"device_token":"abc"})"},
      {"POST", "", R"({"device-token":"abc","level":" Premium"})", true,
       "repair.alias /device_token; repair.alias /tier; repair.value /tier",
       R"({"device_token":"abc","tier":"premium"})"},
      {"POST", "", R"({"device_token":"abc","tier":"gold"})", false,
       "violation validate.enum /tier", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    CAPTURE(c.body);
    tests::TestExchange exchange(c.method, c.query, c.body);
    exchange->endpoint = match.endpoint;
    CHECK(exchange.run() == c.passes);
    CHECK(exchange.story() == c.story);
    if (c.passes)
      CHECK((c.method == "GET" ? exchange->outgoing_query : exchange->outgoing_body) == c.sent);
  }
}

TEST_CASE("a path may be observed only: everything passes and is counted") {
  std::string text = good;
  text.insert(text.find("    get:"), "    x-validate: observe\n");
  const auto loaded = load_contract(text, "c");
  REQUIRE(loaded.contract);
  tests::TestExchange exchange("GET", "page=x", "");
  exchange->endpoint = &loaded.contract->endpoints()[0];
  CHECK(exchange.run());
  CHECK(exchange.story() ==
        "finding validate.required /device_token; finding validate.pattern /page");
}

TEST_CASE("an endpoint with one method takes that one") {
  std::string text = good;
  text.resize(text.find("    post:"));
  text += good.substr(good.find("components:"));
  const auto loaded = load_contract(text, "c");
  REQUIRE(loaded.contract);
  tests::TestExchange exchange("POST", "", R"({"device_token":"abc"})");
  exchange->endpoint = &loaded.contract->endpoints()[0];
  CHECK(exchange->endpoint->allowed_methods() == "GET");
  CHECK_FALSE(exchange.run());
  CHECK(exchange->verdict.reason == Reason::method_not_allowed);
}

TEST_CASE("what is not understood is refused, each thing where it stands") {
  const struct {
    std::string_view from, to, fault;
  } cases[] = {
      {"3.1.0", "3.0.3", "c:1:10: expected 3.1.0, got `3.0.3`"},
      {"openapi: 3.1.0\n", "", "c: `openapi` is missing"},
      {"info: {title: Subscriptions, version: \"1\"}\n", "", "c: `info` is missing"},
      {"paths:", "webhooks: {}\npaths:", "c:3:1: unknown key `webhooks`"},
      {"/api/1/subscriptions", "/api/{id}/subscriptions",
       "c:4:3: expected a path such as /api/1/subscriptions, of letters, digits, '_' and '-', "
       "without parameters, got `/api/{id}/subscriptions`"},
      {"    get:", "    put: {}\n    get:", "c:5:5: unknown key `put`"},
      {"in: query, required: true", "in: header, required: true",
       "c:7:36: `header` is not in this version, which takes query"},
      {"required: true, schema", "required: maybe, schema",
       "c:7:53: expected one of true, false, got `maybe`"},
      {"{name: page, in: query, schema", "{name: page, in: query, style: form, schema",
       "c:8:35: unknown key `style`"},
      {"schemas/token\"}}\n        - {name: page", "schemas/tokem\"}}\n        - {name: page",
       "c:7:74: refers to nothing in this document: `#/components/schemas/tokem`"},
      {"name: page", "name: device_token",
       "c:8:18: `device_token` has another schema on line 23: write the same, or one under "
       "components "
       "that both refer to\nc:8:18: parameter `device_token` is given twice"},
      {"name: page", "name: pa ge",
       "c:8:18: expected a name of letters, digits, '_' and '-', got `pa ge`"},
      {"^[0-9]{1,4}$", "[0-9]",
       "c:8:67: must begin with ^ and end with $: it stands for the whole value"},
      {"type: string, pattern", "type: integer, pattern",
       "c:8:50: `integer` is not in this version, which takes string, object"},
      {"type: string, pattern", "type: string, format: date, pattern",
       "c:8:58: unknown key `format`"},
      {"        required: true\n", "", "c:11:9: `required` is missing"},
      {"application/json", "text/plain",
       "c:13:11: unknown key `text/plain`\n"
       "c:13:11: `application/json` is missing"},
      {"            schema:\n              type: object",
       "            schema:\n              type: array",
       "c:15:21: expected object, the only value in this version, got `array`"},
      {"required: [device_token]", "required: [device_tokem]",
       "c:16:26: is no member of `properties`: `device_tokem`"},
      {"[basic, premium]", "[basic, basic]", "c:19:52: `basic` is given twice"},
      {"[basic, premium]", "[Basic]",
       "c:19:88: needs a `pattern` or `enum` of a-z, 0-9, '_', '-' and '.' alone"},
      {"x-aliases: [level]", "x-aliases: [device_token]",
       "c:19:23: alias `device_token` already stands for `device_token`"},
      {"x-aliases: [level]", "x-aliases: [le vel]",
       "c:19:74: expected a name of at most 56 letters, digits, '_' and '-', got `le vel`"},
      {"x-aliases", "x-alias", "c:19:62: unknown key `x-alias` (did you mean `x-aliases`?)"},
      {"    token:", "    other: {type: string}\n    token:",
       "c:22:5: warning: nothing refers to `other`"},
      {"    token:", "    token: {type: string, x-secret: true}\n    token:",
       "c:23:5: key `token` is given twice, first on line 22\nc:23:5: warning: nothing refers to "
       "`token`"},
      {"maxLength: 8", "maxLength: 2", "c:23:47: nothing fits: `minLength` is 3"},
      {", x-secret: true}", "}",
       "c:7:18: `device_token` sounds like a secret: give its schema `x-secret: true`, or `false` "
       "where it is none"},
      {"x-secret: true", "x-secret: false", ""},
      // former bug: the same, written out twice, was another schema
      {R"(name: page, in: query, schema: {type: string, pattern: "^[0-9]{1,4}$"})",
       "name: tier, in: query, schema: {type: string, enum: [basic, premium], x-aliases: [level], "
       "x-ignore-case: true}",
       ""},
      {"                tier:", "                device_token: {}\n                tier:",
       "c:19:17: key `device_token` is given twice, first on line 18\n"
       "c:19:17: `device_token` has another schema on line 24: write the same, or one under "
       "components that both refer to"},
      {"components:", "  /api/1/subscriptions: {}\ncomponents:",
       "c:20:3: key `/api/1/subscriptions` is given twice, first on line 4\n"
       "c:20:3: neither `get` nor `post` is given"},
      {"components:\n", "components:\n  parameters: {a: {}, a: {}}\n",
       "c:21:23: key `a` is given twice, first on line 21"},
      {"x-secret: true}", "x-secret: true, examples: [abcdefghi]}",
       "c:23:77: this example is not what the schema says: `abcdefghi`"},
      {"components:", "servers: [{url: \"https://a/b\"}]\ncomponents:",
       "c:20:17: a path is not taken here: write it in front of each of `paths`"},
      {"components:", "security: [{key: []}]\ncomponents:",
       "c:20:13: is none of `securitySchemes`: `key`"},
      {"components:\n", "components:\n  securitySchemes: {a: {type: apiKey, scheme: bearer}}\n",
       "c:21:31: `apiKey` is not in this version, which takes http"},
      {"info", "info: &a {}\n#", "c:2:7: anchors are not taken here: write the value out"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    CHECK(faults(c.from, c.to) == c.fault);
  }
}

TEST_CASE("the map of a body is an open set of booleans, or refused") {
  std::string text = good;
  const std::string tier = text.substr(text.find("                tier:"));
  text.replace(text.find(tier), tier.find('\n') + 1, R"(                topics:
                  type: object
                  propertyNames: {pattern: "^[a-z]{1,8}$"}
                  maxProperties: 2
                  additionalProperties: {type: boolean}
                  properties: {news: {type: boolean}}
)");
  REQUIRE(load_contract(text, "c").diagnostics.empty());
  const struct {
    std::string_view from, to, fault;
  } cases[] = {
      {"^[a-z]{1,8}$", "^[a-z \\\"]{1,8}$",
       "c:21:44: names are letters, digits, '_', '-' and '.': nothing else is recorded"},
      {"maxProperties: 2", "maxProperties: 5000", "c:22:34: expected 1 to 4096, got `5000`"},
      {"                  maxProperties: 2\n", "", "c:20:19: `maxProperties` is missing"},
      {"{type: boolean}\n                  properties",
       "{type: string}\n                  properties",
       "c:23:48: expected boolean, the only value in this version, got `string`"},
      {"news:", "NEWS:", "c:24:32: `propertyNames` does not allow this name"},
      {"                topics",
       "                others: {$ref: \"#/components/schemas/map\"}\n"
       "                topics",
       "c:19:32: refers to nothing in this document: "
       "`#/components/schemas/map`"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.to);
    CHECK(faults(c.from, c.to, text) == c.fault);
  }
}

TEST_CASE("ten faults are ten lines, in the file's order") {
  std::string text = good;
  for (const auto& [from, to] :
       {std::pair{"3.1.0", "2.0"}, std::pair{"title: S", "titel: S"},
        std::pair{"in: query, required: true", "in: path, required: true"},
        std::pair{"name: page", "nmae: page"}, std::pair{"^[0-9]{1,4}$", "^[0-9$"},
        std::pair{"        required: true\n", "        required: no\n"},
        std::pair{"required: [device_token]", "required: [x]"}, std::pair{"enum:", "enmu:"},
        std::pair{"minLength: 3", "minLength: x"}, std::pair{"x-secret: true", "x-secret: 1"},
        std::pair{"x-ignore-case: true", "x-ignore-case: false"}})
    text.replace(text.find(from), std::string_view(from).size(), to);
  std::string lines;
  const auto loaded = load_contract(text, "c");
  for (const auto& diagnostic : loaded.diagnostics) lines += to_string(diagnostic) + "\n";
  CHECK_FALSE(loaded.contract);
  CHECK(lines == R"(c:1:10: expected 3.1.0, got `2.0`
c:2:8: unknown key `titel` (did you mean `title`?)
c:7:36: `path` is not in this version, which takes query
c:8:12: unknown key `nmae` (did you mean `name`?)
c:8:67: a class is not closed (character 6)
c:11:19: expected true, the only value in this version, got `no`
c:16:26: is no member of `properties`: `x`
c:19:38: unknown key `enmu` (did you mean `enum`?)
c:23:33: expected a whole number, got `x`
c:23:60: expected one of true, false, got `1`
)");
}

TEST_CASE("several fields of a path may be secrets; the first identifies the device") {
  std::string text = good;
  const std::string page = "{type: string, pattern: \"^[0-9]{1,4}$\"}";
  text.replace(text.find(page), page.size(), "{type: string, x-secret: true}");
  const auto loaded = load_contract(text, "c");
  REQUIRE(loaded.contract);
  tests::TestExchange exchange("GET", "page=hush&device_token=abc", "");
  exchange->endpoint = &loaded.contract->endpoints()[0];
  CHECK(exchange.run());
  CHECK(exchange->identity.device_token == "abc");
}
