#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <random>
#include <string>

#include "filters/record.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

namespace {

using namespace filters;
using tests::TestExchange;

// A host frames and numbers records in the room that is promised to be spare.
constexpr std::size_t spare = 100;

Outcome outcome_of(Decision decision) {
  Outcome outcome;
  outcome.decision = decision;
  outcome.ending = Ending::answered;
  outcome.status = 200;
  outcome.client_address = "192.0.2.7";
  outcome.client_port = 50000;
  outcome.scheme = "https";
  outcome.protocol_version = "1.1";
  outcome.request_body_bytes = 700;
  outcome.response_body_bytes = 12;
  outcome.duration = std::chrono::microseconds(1234);
  outcome.bearer_hash = "hmac-sha256:01234567:aa";
  outcome.device_hash = "hmac-sha256:01234567:bb";
  return outcome;
}

Outcome forwarded() {
  auto outcome = outcome_of(Decision::forwarded);
  outcome.delivery = Delivery::yes;
  outcome.upstream_status = 200;
  outcome.upstream_address = "198.51.100.1:443";
  outcome.upstream_reused = true;
  outcome.upstream_duration = std::chrono::microseconds(1000);
  return outcome;
}

// Renders, and checks what must hold for each and every record.
std::string render(const Exchange& exchange, const Outcome& outcome, rapidjson::Document& parsed) {
  Arena arena;
  const std::string record(render_record(exchange, outcome, arena));
  REQUIRE(record.starts_with(R"({"time":")"));
  REQUIRE(record.ends_with('}'));
  REQUIRE(record.find('\n') == std::string::npos);
  REQUIRE(valid_utf8(record));
  REQUIRE(record.size() + spare <= record_bound(exchange));
  parsed.Parse<rapidjson::kParseValidateEncodingFlag>(record.data(), record.size());
  REQUIRE_FALSE(parsed.HasParseError());
  return record;
}

std::string render(const Exchange& exchange, const Outcome& outcome) {
  rapidjson::Document parsed;
  return render(exchange, outcome, parsed);
}

bool has(std::string_view record, std::string_view part) {
  return record.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a forwarded request is recorded as it came, as it left, and as it ended") {
  TestExchange exchange(
      "GET", "locale=en&device_token=abc%3Adef&device_type=ios&platfrom=ios&app_version=4.17.0", {},
      {{"User-Agent", "TeslaApp/4.17.0-1566"}});
  exchange->now = std::chrono::system_clock::from_time_t(1795374164) + std::chrono::microseconds(5);
  REQUIRE(exchange.run());
  CHECK(render(*exchange, forwarded()) ==
        R"({"time":"2026-11-22T19:02:44.000005Z","prefgate.id":"test-1",)"
        R"("prefgate.decision":"forwarded","prefgate.ending":"answered",)"
        R"("prefgate.delivery":"yes","prefgate.governed":true,"prefgate.duration_us":1234,)"
        R"("client.address":"192.0.2.7","client.port":50000,"network.protocol.version":"1.1",)"
        R"("url.scheme":"https","http.request.method":"GET",)"
        R"("url.path":"/api/1/notification_preferences",)"
        R"("server.address":"owner-api.teslamotors.com",)"
        R"("user_agent.original":"TeslaApp/4.17.0-1566","http.request.body.size":700,)"
        R"("http.response.status_code":200,"http.response.body.size":12,)"
        R"("prefgate.upstream.address":"198.51.100.1:443","prefgate.upstream.status":200,)"
        R"("prefgate.upstream.reused":true,"prefgate.upstream.retried":false,)"
        R"("prefgate.upstream.duration_us":1000,)"
        R"("prefgate.bearer_token":"hmac-sha256:01234567:aa",)"
        R"("prefgate.device_token":"hmac-sha256:01234567:bb",)"
        R"("prefgate.fields":{"locale":"en","device_type":"ios","platform":"ios",)"
        R"("app_version":"4.17.0"},)"
        R"("prefgate.edits":[{"rule":"repair.alias","mode":"enforce","in":"query","op":"move",)"
        R"("from":"/platfrom","path":"/platform"}]})");
}

TEST_CASE("the preferences of a body are recorded as they leave") {
  const auto body = tests::app_body(105);
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run());
  rapidjson::Document record;
  render(*exchange, forwarded(), record);
  CHECK(record["prefgate.preferences"].MemberCount() == 105);
  rapidjson::Document sent;
  sent.Parse(body.data(), body.size());
  CHECK(record["prefgate.preferences"] == sent["notification_preferences"]);
  CHECK_FALSE(record.HasMember("prefgate.edits"));
  CHECK(std::string_view(record["prefgate.fields"]["device_type"].GetString()) ==
        "android-production-firebase");
  CHECK_FALSE(record["prefgate.fields"].HasMember("device_token"));
}

TEST_CASE("an edit is a patch operation with the value before it; the record has the value after") {
  TestExchange exchange(
      "POST", "",
      R"({"locale":"en","device_token":"abc","device_type":"iOS","platform":"ios",)"
      R"("app_version":4.17,"notification_preferences":{"alarm":"true","key_added":0}})");
  REQUIRE(exchange.run());
  rapidjson::Document record;
  const auto text = render(*exchange, forwarded(), record);
  CHECK(has(text,
            R"("in":"body","op":"replace","path":"/device_type","value":"ios","before":"iOS")"));
  CHECK(has(text, R"("op":"replace","path":"/app_version","value":"4.17","before":4.17)"));
  CHECK(has(text, R"("path":"/notification_preferences/alarm","value":true,"before":"true")"));
  CHECK(has(text, R"("prefgate.preferences":{"alarm":true,"key_added":false})"));
  CHECK(has(text, R"("device_type":"ios","platform":"ios","app_version":"4.17"})"));
}

TEST_CASE("a rejected request is recorded with its reason and violations") {
  TestExchange exchange("GET", "locale=en&device_token=abc&device_type=ios&platform=windows");
  CHECK_FALSE(exchange.run());
  auto outcome = outcome_of(Decision::rejected);
  outcome.status = 422;
  rapidjson::Document record;
  const auto text = render(*exchange, outcome, record);
  CHECK(std::string_view(record["prefgate.decision"].GetString()) == "rejected");
  CHECK(std::string_view(record["prefgate.reason"].GetString()) == "contract");
  CHECK(record["prefgate.violations"].Size() == 2);
  CHECK_FALSE(has(text, "prefgate.upstream"));
  // The value that the contract did not accept is nowhere; those it did are.
  CHECK_FALSE(has(text, "windows"));
  CHECK(has(text, R"("prefgate.fields":{"locale":"en","device_type":"ios"})"));
}

TEST_CASE("words of a record are stable") {
  TestExchange exchange("GET", "");
  struct Case {
    Ending ending;
    Delivery delivery;
    std::string_view written;
  };
  for (const auto& c :
       {Case{Ending::none, Delivery::none, R"("none","prefgate.delivery":"none")"},
        Case{Ending::answered, Delivery::no, R"("answered","prefgate.delivery":"no")"},
        Case{Ending::client_aborted, Delivery::unknown,
             R"("client_aborted","prefgate.delivery":"unknown")"},
        Case{Ending::upstream_aborted, Delivery::yes,
             R"("upstream_aborted","prefgate.delivery":"yes")"}}) {
    Outcome outcome;
    outcome.ending = c.ending;
    outcome.delivery = c.delivery;
    CHECK(has(render(*exchange, outcome), c.written));
  }
}

TEST_CASE("an upstream's failure is recorded, with no address where none was chosen") {
  TestExchange exchange("GET", "");
  Outcome outcome;
  outcome.failure = "resolve_failed";
  outcome.retried = true;
  const auto record = render(*exchange, outcome);
  CHECK(has(record, R"("prefgate.upstream.failure":"resolve_failed")"));
  CHECK(has(record, R"("prefgate.upstream.retried":true)"));
  CHECK_FALSE(has(record, "prefgate.upstream.address"));
  CHECK_FALSE(has(record, "http.response"));
}

TEST_CASE("methods are those of the conventions, or _OTHER beside their name") {
  for (const auto* method : {"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"})
    CHECK(has(render(*TestExchange(method, ""), {}),
              R"("http.request.method":")" + std::string(method) + "\""));
  CHECK(has(render(*TestExchange("get", ""), {}),
            R"("http.request.method":"_OTHER","http.request.method_original":"get")"));
  CHECK_FALSE(has(render(*TestExchange("", ""), {}), "http.request.method"));
}

TEST_CASE("long texts are cut, and the record says which") {
  TestExchange exchange("GET", "");
  const std::string path = "/" + std::string(511, 'p'), agent(128, 'a');
  exchange->request.path = path;
  exchange->request.headers.append("User-Agent", agent);
  const auto whole = render(*exchange, {});
  CHECK(has(whole, path));
  CHECK(has(whole, agent));
  CHECK_FALSE(has(whole, "prefgate.cut"));

  const auto longer_path = path + "X", longer_agent = agent + "X";
  exchange->request.path = longer_path;
  exchange->request.headers.set(FieldId::user_agent, "User-Agent", longer_agent);
  const auto cut = render(*exchange, {});
  CHECK(has(cut, R"("url.path":")" + path + "\""));
  CHECK(has(cut, R"("user_agent.original":")" + agent + "\""));
  CHECK(has(cut, R"("prefgate.cut":["url.path","user_agent.original"])"));
}

TEST_CASE("of an edited value that is long, as much as fits is kept, as text") {
  TestExchange exchange("POST", "");
  const std::string before = "\"" + std::string(600, ' ') + "ios\"";
  Entry entry;
  entry.rule = "repair.value";
  entry.operation = Operation::replace;
  entry.pointer = "/platform";
  entry.before = before;
  entry.after = R"("ios")";
  exchange->journal.write(entry);
  rapidjson::Document record;
  render(*exchange, {}, record);
  const auto& edit = record["prefgate.edits"][0];
  CHECK(std::string_view(edit["value"].GetString()) == "ios");
  CHECK(std::string_view(edit["before"].GetString()).starts_with("\"    "));
  CHECK(edit["before"].GetStringLength() == 511);  // the quote is written with its escape
}

TEST_CASE("entries beyond those kept are counted") {
  TestExchange exchange("POST", "");
  for (int i = 0; i < 40; ++i) {
    Entry entry;
    entry.rule = "validate.unknown";
    entry.mode = Mode::observe;
    entry.kind = Kind::finding;
    exchange->journal.write(entry);
    entry.kind = Kind::violation;
    exchange->journal.write(entry);
  }
  rapidjson::Document record;
  render(*exchange, {}, record);
  CHECK(record["prefgate.findings"].Size() == Journal::findings_kept);
  CHECK(record["prefgate.findings_count"].GetInt() == 40);
  CHECK(record["prefgate.violations"].Size() == Journal::violations_kept);
  CHECK(record["prefgate.violations_count"].GetInt() == 40);
}

TEST_CASE("the query of a target is never recorded") {
  TestExchange exchange("GET", "q=SECRET&locale=SECRET1");
  CHECK_FALSE(exchange.run());
  CHECK_FALSE(has(render(*exchange, {}), "SECRET"));
}

TEST_CASE("no secret, and nothing the contract did not accept, is in a record") {
  const std::string bodies[] = {
      R"({"locale":"en","deviceToken":"SECRET-3","device_type":"ios","platform":"ios",)"
      R"("app_version":"4.17.0","notification_preferences":{"alarm":true}})",
      R"({"locale":"SECRET-2 ","device_token":"SECRET 3","device_type":"SECRET4",)"
      R"("platform":"SECRET-5","app_version":{"SECRET_6":1},)"
      R"("notification_preferences":{"alarm":"SECRET-7","SECRET 8":true,"key_added":true}})",
      R"({"device_token":"SECRET-3","device_token":"SECRET-4","devicetoken":"SECRET-5"})",
      R"({"device_token":["SECRET"],"notification_preferences":["SECRET"]})",
      R"({"device_token":" SECRET-3 ","device_token_":"SECRET-6","locale":1)",
  };
  for (const auto& body : bodies)
    for (const auto mode : {Mode::enforce, Mode::observe}) {
      CAPTURE(body);
      TestExchange exchange("POST", "device_token=SECRET-9", body);
      exchange->request.headers.set(FieldId::authorization, "Authorization", "Bearer SECRET-0");
      Settings settings;
      settings.validate.all = mode;
      exchange.run(settings);
      const auto record = render(*exchange, forwarded());
      CAPTURE(record);
      CHECK_FALSE(has(record, "SECRET"));
    }
}

TEST_CASE("any bytes in any place make a valid record within its bound") {
  std::mt19937 random(20261122);
  const auto junk = [&](std::size_t most) {
    std::string text(random() % most, ' ');
    const auto kind = random() % 3;
    for (auto& c : text)
      c = static_cast<char>(kind == 0 ? random() % 256 : kind == 1 ? '\x01' : 'a' + random() % 26);
    return text;
  };
  for (int run = 0; run < 2000; ++run) {
    const std::string path = junk(2000), agent = junk(500), host = junk(500), id = junk(300);
    const std::string method = junk(100), detail = junk(600), small = junk(200), words = junk(600);
    const std::string before = junk(1200), pointer = junk(600);
    TestExchange exchange(method, "", {}, {{"User-Agent", agent}});
    exchange->request.path = path;
    exchange->request.authority = host;
    exchange->request_id = id;
    exchange->verdict = {static_cast<Reason>(1 + random() % 20), detail};
    Outcome outcome;
    outcome.status = outcome.upstream_status = 599;
    outcome.failure = outcome.client_address = outcome.scheme = outcome.protocol_version = small;
    outcome.upstream_address = outcome.bearer_hash = outcome.device_hash = words;
    outcome.client_port = 65535;
    outcome.request_body_bytes = outcome.response_body_bytes = ~std::uint64_t{0};
    outcome.duration = outcome.upstream_duration = std::chrono::microseconds::max();
    CHECK(render(*exchange, outcome).size() + spare <= least_record);
    for (auto entries = random() % 8; entries > 0; --entries) {
      Entry entry;
      entry.rule = small;
      entry.kind = static_cast<Kind>(random() % 3);
      entry.operation = static_cast<Operation>(random() % 5);
      entry.place = static_cast<Place>(random() % 4);
      entry.pointer = entry.from = pointer;
      entry.before = before;
      entry.after = small;
      entry.message = entry.suggestion = words;
      entry.secret = random() % 4 == 0;
      exchange->journal.write(entry);
    }
    render(*exchange, outcome);
  }
}

TEST_CASE("real requests with any slip stay within their bound") {
  std::mt19937 random(7);
  for (int run = 0; run < 3000; ++run) {
    auto body =
        random() % 2 == 0 ? tests::app_body(random() % 123, random() % 2 == 0) : tests::page_body();
    for (auto slips = random() % 6; slips > 0; --slips) {
      const auto at = random() % body.size();
      switch (random() % 4) {
        case 0:
          body.erase(at, 1);
          break;
        case 1:
          body.insert(at, 1, "\"{}:,1a "[random() % 8]);
          break;
        case 2:
          body[at] = static_cast<char>(random() % 256);
          break;
        default:
          body.insert(at, body.substr(random() % body.size(), random() % 60));
      }
    }
    TestExchange exchange("POST", "", body);
    Settings settings;
    if (random() % 2 == 0) settings.validate.all = Mode::observe;
    exchange.run(settings);
    render(*exchange, forwarded());
  }
}

TEST_CASE("requests refused at the head, and those passed through, fit the least record") {
  TestExchange exchange("DELETE", "", {},
                        {{"Content-Encoding", "gzip"},
                         {"Content-Type", "text/plain"},
                         {"X-HTTP-Method-Override", "PUT"},
                         {"Expect", "nothing"}});
  for (const auto mode : {Mode::enforce, Mode::observe}) {
    exchange.reset();
    exchange->request.headers.remove(FieldId::authorization);
    Settings settings;
    settings.authenticate = settings.validate.all = mode;
    make_pipeline(Contract::builtin(), settings).on_head(*exchange);
    CHECK(render(*exchange, forwarded()).size() + spare <= least_record);
    CHECK(record_bound(*exchange) <= least_record);
  }
}

TEST_CASE("a record asks the heap for nothing once the arena is warm") {
  TestExchange exchange("POST", "", tests::app_body(105));
  const auto outcome = forwarded();
  std::size_t asked = 0;
  for (int round = 0; round < 2; ++round) {
    exchange.reset();
    REQUIRE(exchange.run());
    const auto before = tests::allocations();
    render_record(*exchange, outcome, exchange.arena());
    asked = tests::allocations() - before;
  }
  CHECK(asked == 0);
}
