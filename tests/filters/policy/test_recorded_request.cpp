#include "filters/policy/recorded_request.hpp"

#include <doctest/doctest.h>

#include "filters/record.hpp"
#include "tests/support/policy.hpp"

using namespace filters;

namespace {

// The record of a POST under the rules, with `seq` in front as the writer of records puts it.
std::string record_of(const std::string& rules, const std::string& map, Decision& decision) {
  const tests::PlainHash hash;
  tests::TestExchange exchange("POST", "", tests::body_with(map));
  exchange->now = tests::today;
  exchange->identity.hash = &hash;
  const bool forwarded = exchange.run(tests::with_policy(tests::policy_of(rules)));
  Outcome outcome;
  outcome.decision = decision = forwarded ? Decision::forwarded : Decision::rejected;
  const auto device = hash.text("abc:def");
  outcome.device_hash = device;
  outcome.client_address = "10.1.2.3";
  const std::string line(render_record(*exchange, outcome, exchange->arena));
  return R"({"seq":7,)" + line.substr(1);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("what a policy did is taken back: forced, added and removed members, and those denied") {
  const std::string given = R"({"alarm":false,"x":true,"y":true})";
  const std::string long_name(60, 'n');
  const struct {
    std::string what, rules;
    std::string map = R"({"alarm":false,"x":true,"y":true})";
    Replay replay = Replay::ready;
  } cases[] = {
      {"nothing", "  - {id: a, force: {alarm: true}}\n"},
      {"forced", "  - {id: a, mode: enforce, force: {alarm: true}}\n"},
      {"added", "  - {id: a, mode: enforce, default: {key_added: true}}\n"},
      {"removed", "  - {id: a, mode: enforce, forbid: [x, alarm]}\n"},
      {"added, then removed",
       "  - {id: a, mode: enforce, default: {key_added: true}}\n"
       "  - {id: b, mode: observe, forbid: [key_added]}\n"},
      {"forced, then removed",
       "  - {id: a, mode: enforce, force: {alarm: true}}\n"
       "  - {id: b, mode: enforce, when: {platform: ios}, forbid: [\"y*\"]}\n"},
      {"denied",
       "  - {id: a, mode: enforce, force: {alarm: true}}\n"
       "  - {id: b, mode: enforce, deny: {message: no}}\n"},
      {"a name too long to be recorded", "  - {id: a, mode: enforce, forbid: [\"n*\"]}\n",
       R"({")" + long_name + R"(":true})", Replay::unclear},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    Decision decision;
    const auto line = record_of(each.rules, each.map, decision);
    CAPTURE(line);
    RecordedRequest request;
    CHECK(read_recorded_request(line, Contract::builtin(), request) == each.replay);
    if (each.replay != Replay::ready) continue;
    CHECK((decision == Decision::rejected) == (each.what == "denied"));
    CHECK(request.seq == 7);
    CHECK(request.time == tests::today);
    CHECK(request.endpoint == &Contract::builtin().endpoints()[0]);
    CHECK(request.key_id == "0123abcd");
    CHECK(request.parts.method == Method::post);
    CHECK(request.parts.address == "10.1.2.3");
    CHECK(request.parts.device == tests::PlainHash().mac("abc:def"));
    auto map = request.parts.preferences;
    std::ranges::sort(map);
    CHECK(map == decltype(map){{"alarm", false}, {"x", true}, {"y", true}});
    CHECK(given == each.map);
  }
}

TEST_CASE("what no policy has seen is not replayed, and what is no record is refused") {
  Decision decision;
  const auto good = record_of("  - {id: a, force: {alarm: true}}\n", "{}", decision);
  const struct {
    std::string line;
    Replay replay;
  } cases[] = {
      {good, Replay::ready},
      {replaced(good, R"("forwarded")", R"("rejected","reason":"contract")"), Replay::refused},
      {replaced(good, R"("forwarded")", R"("rejected","reason":"policy")"), Replay::ready},
      {replaced(good, "/api/1/notification_preferences", "/api/1/vehicles"), Replay::not_governed},
      {replaced(good, "/api/1/notification_preferences", "/api/1//notification_preferences"),
       Replay::not_governed},
      {replaced(good, R"("POST")", R"("PUT")"), Replay::not_governed},
      {replaced(good, R"("decision")", R"("level":"full","decision")"), Replay::ready},
      {replaced(good, R"("decision")", R"("level":"metadata","decision")"), Replay::no_values},
      {replaced(good, R"("seq":7,)", ""), Replay::no_record},
      {replaced(good, R"("seq":7)", R"("seq":"7")"), Replay::no_record},
      {replaced(good, "2026-06-01", "2026-06-31"), Replay::no_record},
      {replaced(good, R"("decision")", R"("verdict")"), Replay::no_record},
      {good.substr(0, good.size() - 1), Replay::no_record},
      {good + "{}", Replay::no_record},
      {"[" + good + "]", Replay::no_record},
      {"", Replay::no_record},
      {R"({"seq":7,"time":7})", Replay::no_record},
      // A former bug: the stack overflowed.
      {R"({"seq":7,"x":)" + std::string(3'000'000, '['), Replay::no_record},
  };
  for (const auto& each : cases) {
    CAPTURE(each.line);
    RecordedRequest request;
    CHECK(read_recorded_request(each.line, Contract::builtin(), request) == each.replay);
  }
}

TEST_CASE("a request without a device has none: it is inside of no rollout") {
  Decision decision;
  auto line = record_of("  - {id: a, force: {alarm: true}}\n", "{}", decision);
  const auto at = line.find(R"("device_token")");
  line.erase(at, line.find(R"("fields")") - at);
  RecordedRequest request;
  REQUIRE(read_recorded_request(line, Contract::builtin(), request) == Replay::ready);
  CHECK(request.key_id == "");
  for (const auto& [name, value] : request.parts.fields) CHECK(name != "device_token");
}
