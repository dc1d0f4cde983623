// That the edits of a record are JSON Patch: applied to what came they give what left, and taken
// back with the values before they give what came.
#include <doctest/doctest.h>
#include <rapidjson/pointer.h>

#include "tests/support/policy.hpp"
#include "tests/support/records.hpp"

using namespace filters;
using namespace tests;

namespace {

using rapidjson::Pointer;
using rapidjson::Value;

Pointer pointer(const Value& edit, const char* name) {
  return Pointer(edit[name].GetString(), edit[name].GetStringLength());
}

// RFC 6902 section 4, for members of objects. Unknown members of an operation are ignored.
void apply(const Value& edit, rapidjson::Document& document) {
  const std::string_view op = edit["op"].GetString();
  auto& allocator = document.GetAllocator();
  const auto path = pointer(edit, "path");
  REQUIRE((op == "add" || path.Get(document) != nullptr || op == "move"));
  if (op == "move") {
    auto* const from = pointer(edit, "from").Get(document);
    REQUIRE(from != nullptr);
    const Value moved(*from, allocator);
    pointer(edit, "from").Erase(document);
    path.Set(document, moved);
  } else if (op == "remove") {
    path.Erase(document);
  } else {
    path.Set(document, Value(edit["value"], allocator));
  }
}

void take_back(const Value& edit, rapidjson::Document& document) {
  const std::string_view op = edit["op"].GetString();
  auto& allocator = document.GetAllocator();
  const auto path = pointer(edit, "path");
  if (op == "move") {
    const Value moved(*path.Get(document), allocator);
    path.Erase(document);
    pointer(edit, "from").Set(document, moved);
  } else if (op == "add") {
    path.Erase(document);
  } else {
    path.Set(document, Value(edit["before"], allocator));
  }
}

}  // namespace

TEST_CASE("the edits of a body are a JSON Patch from what came to what left, and can be undone") {
  const auto settings = with_policy(
      policy_of("  - {id: on, mode: enforce, force: {alarm: true, key_added: true}}\n"
                "  - {id: more, mode: enforce, default: {update_available: false}}\n"
                "  - {id: gone, mode: enforce, forbid: [\"lootbox_*\", refer_friend]}\n"));
  const std::string rest = R"("locale":"en","device_token":"abc","app_version":)";
  const struct {
    std::string fields, map;
  } cases[] = {
      {R"("4.17","device_type":"ios","platform":"ios")", R"({"alarm":true,"key_added":true})"},
      {R"(4.17,"device_type":"iOS","platform":" ios")", R"({"alarm":"false","x":1})"},
      {R"("4.17","deviceType":"ios","platfrom":"iOS")", R"({"lootbox_a":true,"refer_friend":0})"},
      {R"("4.17","device_type":"ios","platform":"ios")",
       R"({"alarm":false,"key_added":"true","lootbox_b":false,"update_available":0})"},
  };
  for (const auto& [fields, map] : cases) {
    const auto came = "{" + rest + fields + R"(,"notification_preferences":)" + map + "}";
    CAPTURE(came);
    TestExchange exchange("POST", "", came);
    REQUIRE(exchange.run(settings));
    rapidjson::Document record, before, after, patched;
    const auto line = render(*exchange, forwarded(), record);
    CAPTURE(line);
    before.Parse(came.data(), came.size());
    after.Parse(exchange->outgoing_body.data(), exchange->outgoing_body.size());
    patched.CopyFrom(before, patched.GetAllocator());
    const auto& edits = record["edits"];
    for (const auto& edit : edits.GetArray()) apply(edit, patched);
    CHECK(patched == after);
    for (auto i = edits.Size(); i-- > 0;) take_back(edits[i], patched);
    CHECK(patched == before);
  }
}
