// Where members are added, removed and changed: every byte of what leaves.
#include <doctest/doctest.h>

#include "tests/support/policy.hpp"

using namespace filters;
using tests::body_with;
using tests::policy_of;
using tests::sent;
using tests::TestExchange;
using tests::with_policy;

TEST_CASE("what is added looks like what stands around it") {
  const auto settings = with_policy(
      policy_of("  - {id: a, mode: enforce, force: {alarm: true}, default: {key_added: false}}\n"));
  const struct {
    std::string before, after;
  } cases[] = {
      {"{}", R"({"alarm":true,"key_added":false})"},
      {"{ }", R"({"alarm":true,"key_added":false })"},
      {R"({"x":true})", R"({"x":true,"alarm":true,"key_added":false})"},
      {R"({ "x": true })", R"({ "x": true, "alarm": true, "key_added": false })"},
      {R"({"x": true, "y": true})", R"({"x": true, "y": true, "alarm": true, "key_added": false})"},
      {R"({"x":true ,"y" : true})",
       R"({"x":true ,"y" : true ,"alarm" : true ,"key_added" : false})"},
      {"{\n  \"x\": true\n}", "{\n  \"x\": true,\n  \"alarm\": true,\n  \"key_added\": false\n}"},
      {"{\r\n\t\"x\":true,\r\n\t\"y\":true\r\n}",
       "{\r\n\t\"x\":true,\r\n\t\"y\":true,\r\n\t\"alarm\":true,\r\n\t\"key_added\":false\r\n}"},
      // Repaired, and the invisible characters are not copied.
      {"{\"x\":true,\xE2\x80\x8B\"y\":\xE2\x80\x8Btrue\xE2\x80\x8B}",
       R"({"x":true,"y":true,"alarm":true,"key_added":false})"},
      {"{\xE2\x80\x8B}", R"({"alarm":true,"key_added":false})"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.before);
    const auto [forwarded, map, story] = sent(settings, each.before);
    CHECK(forwarded);
    CHECK(map == each.after);
    const auto again = sent(settings, map);
    CHECK(again.map == map);
    CHECK(again.story == "");
  }
}

TEST_CASE("an empty map in a pretty body opens up on lines of its own") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, force: {alarm: true, key_added: true}}\n"));
  const auto pretty = tests::app_body(0, true);
  const auto put = [&](std::string_view map) {
    auto body = pretty;
    const auto brace = body.rfind("{");
    return body.replace(brace, body.find('}', brace) + 1 - brace, map);
  };
  const std::string_view full = "{\n    \"alarm\": true,\n    \"key_added\": true\n  }";
  for (const std::string_view empty : {"{}", "{\n  }"}) {
    TestExchange exchange("POST", "", put(empty));
    REQUIRE(exchange.run(settings));
    CHECK(exchange->outgoing_body == put(full));
  }
}

TEST_CASE("forbid removes a member with its separator, and runs of them at once") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, forbid: [refer_friend, \"lootbox_*\"]}\n"));
  const struct {
    std::string before, after;
  } cases[] = {
      {R"({"refer_friend":true})", "{}"},
      {R"({"x":true,"refer_friend":true})", R"({"x":true})"},
      {R"({"refer_friend":true,"x":true})", R"({"x":true})"},
      {R"({"x":true, "refer_friend":true, "lootbox_a":false, "y":true})",
       R"({"x":true, "y":true})"},
      {R"({"lootbox_a":false,"x":true,"lootbox_b":false})", R"({"x":true})"},
      {R"({"lootbox_a":false , "lootbox_b":false })", "{ }"},
      {"{\n  \"x\": true,\n  \"lootbox_a\": false\n}", "{\n  \"x\": true\n}"},
      {"{\"x\":true\xE2\x80\x8B,\"lootbox_a\":\xE2\x80\x8B"
       "1}",
       R"({"x":true})"},
      {R"({"loot_box":true,"Lootbox_a":true})", R"({"loot_box":true,"Lootbox_a":true})"},
      {"{}", "{}"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.before);
    CHECK(sent(settings, each.before).map == each.after);
  }
}

TEST_CASE("removing all and adding some leaves a map in the old layout") {
  const auto settings = with_policy(policy_of(
      "  - {id: a, mode: enforce, forbid: [\"lootbox_*\"], default: {alarm: true, key_added: "
      "true}}\n"));
  CHECK(sent(settings, R"({"lootbox_a":true, "lootbox_b":true})").map ==
        R"({"alarm":true, "key_added":true})");
  CHECK(sent(settings, "{\n  \"lootbox_a\": true\n}").map ==
        "{\n  \"alarm\": true,\n  \"key_added\": true\n}");
  CHECK(sent(settings, R"({"x":true,"lootbox_b":true})").map ==
        R"({"x":true,"alarm":true,"key_added":true})");
}

TEST_CASE("members behind the map are found after some were added to it") {
  const auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, force: {alarm: true, key_added: true}}\n"));
  const std::string body =
      R"({"notification_preferences":{"x":true},"extra":{"deep":[{"a":1}]},"locale":"en",)"
      R"("device_token":"abc","device_type":"ios","platform":"ios","app_version":"4"})";
  TestExchange exchange("POST", "", body);
  REQUIRE(exchange.run(settings));
  const auto fields = exchange->endpoint->fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    REQUIRE(exchange->field(f));
    CHECK(exchange->field(f)->name == fields[f].name);
  }
  std::vector<std::string_view> names;
  const auto& members = exchange->body.members;
  for (std::uint32_t i = 0; i < members.size(); i = members[i].next)
    names.push_back(members[i].name);
  CHECK(names == std::vector<std::string_view>{"notification_preferences", "extra", "locale",
                                               "device_token", "device_type", "platform",
                                               "app_version"});
  CHECK(pointer_to(exchange->body, members[3], exchange->arena) ==
        "/notification_preferences/key_added");
}

TEST_CASE("where Validate only observes, every copy of a name is forced, whatever its value") {
  auto settings =
      with_policy(policy_of("  - {id: a, mode: enforce, force: {alarm: true}, forbid: [x]}\n"));
  settings.validate.all = Mode::observe;
  CHECK(sent(settings, R"({"alarm":false,"alarm":{"alarm":[1, {"x":2}]},"x":null,"x":0})").map ==
        R"({"alarm":true,"alarm":true})");
  CHECK(sent(settings, "{\"alarm\":{\xE2\x80\x8B\"a\":1}}").map == R"({"alarm":true})");
  CHECK(sent(settings, "[]").map == "[]");
  CHECK(sent(settings, "null").map == "null");
}
