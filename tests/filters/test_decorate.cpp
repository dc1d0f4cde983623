#include <doctest/doctest.h>

#include <string>

#include "filters/answer.hpp"
#include "tests/support/exchange.hpp"

namespace {

using namespace filters;
using tests::TestExchange;

std::string field(const Exchange& exchange, std::string_view name) {
  const auto* found = exchange.response.headers.find(name);
  return found == nullptr ? "(none)" : std::string(found->value);
}

Entry entry_of(std::string_view rule, Mode mode, Kind kind = Kind::edit) {
  Entry entry;
  entry.rule = rule;
  entry.mode = mode;
  entry.kind = kind;
  entry.pointer = "/x";
  return entry;
}

std::string rules_of(std::initializer_list<Entry> entries) {
  Arena arena;
  Journal journal(arena);
  for (const auto& entry : entries) journal.write(entry);
  return std::string(rules_header(journal, arena));
}

}  // namespace

TEST_CASE("decorating says who answered and, where it matters, whether the upstream acted") {
  struct Case {
    Origin origin;
    int status;
    Delivery delivery;
    std::string_view told;
  };
  const Case cases[] = {
      {Origin::gateway, 502, Delivery::no, "no"},
      {Origin::gateway, 502, Delivery::unknown, "unknown"},
      {Origin::gateway, 504, Delivery::unknown, "unknown"},
      {Origin::gateway, 504, Delivery::yes, "(none)"},
      {Origin::gateway, 502, Delivery::none, "(none)"},
      {Origin::gateway, 422, Delivery::no, "(none)"},
      {Origin::gateway, 503, Delivery::no, "(none)"},
      {Origin::gateway, 503, Delivery::yes, "yes"},
      {Origin::upstream, 502, Delivery::unknown, "(none)"},
      {Origin::upstream, 200, Delivery::yes, "(none)"},
  };
  for (const auto& c : cases) {
    TestExchange exchange("GET", "");
    exchange->response.status = c.status;
    decorate(*exchange, c.origin, c.delivery);
    CHECK(field(*exchange, "x-prefgate-delivery") == c.told);
    CHECK(field(*exchange, "x-prefgate-origin") ==
          (c.origin == Origin::gateway ? "gateway" : "upstream"));
    CHECK(field(*exchange, "x-request-id") == "test-1");
    CHECK(field(*exchange, "x-prefgate-rules") == "(none)");
  }
}

TEST_CASE("an upstream cannot speak in the gateway's name") {
  TestExchange exchange("GET", "");
  exchange->response.status = 200;
  for (const auto* name : {"x-prefgate-origin", "X-Prefgate-Rules", "x-prefgate-delivery",
                           "x-prefgate-other", "X-Request-Id"})
    exchange->response.headers.append(name, "forged");
  decorate(*exchange, Origin::upstream, Delivery::yes);
  for (const auto& f : exchange->response.headers) CHECK(f.value != "forged");
  CHECK(exchange->response.headers.size() == 2);
}

TEST_CASE("the rules that acted are told") {
  TestExchange exchange("GET",
                        "locale=en&device_token=a&device_type=iOS&platfrom=ios&app_version=4.17");
  CHECK(exchange.run());
  decorate(*exchange, Origin::upstream, Delivery::yes);
  const auto rules = field(*exchange, "x-prefgate-rules");
  CHECK(rules.find("repair.alias") != std::string::npos);
  CHECK(rules.find("repair.value") != std::string::npos);
}

TEST_CASE("each rule is told once, in order, unless it only observes") {
  CHECK(rules_of({}).empty());
  CHECK(rules_of({entry_of("a.a", Mode::observe), entry_of("a.b", Mode::off)}).empty());
  CHECK(rules_of({entry_of("b.b", Mode::enforce), entry_of("a.a", Mode::warn, Kind::finding),
                  entry_of("o.o", Mode::observe, Kind::finding), entry_of("b.b", Mode::enforce),
                  entry_of("b.b", Mode::enforce), entry_of("v.v", Mode::enforce, Kind::violation),
                  entry_of("a.a", Mode::warn)}) == "b.b,a.a,v.v");
}

TEST_CASE("the list of rules ends at 256 bytes and says how many are left out") {
  const std::string a(127, 'a'), b(128, 'b'), c(129, 'c'), huge(257, 'h');
  const auto rule = [](const std::string& id) { return entry_of(id, Mode::enforce); };
  CHECK(rules_of({rule(a), rule(b)}) == a + "," + b);  // 256
  CHECK(rules_of({rule(a), rule(c)}) == a + ",+1");    // 257
  CHECK(rules_of({rule(a), rule(b), rule("x"), rule("y")}) == a + "," + b + ",+2");
  CHECK(rules_of({rule(a), rule(c), rule("x")}) == a + ",+2");  // what follows stays out as well
  CHECK(rules_of({rule(huge)}) == "+1");
}
