// The JSON suite (tests/support/json_suite.hpp) through the whole chain: every row in every place.
// What is no JSON, and what two parsers may read differently, goes nowhere; everything else goes
// on byte for byte.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <set>

#include "tests/support/exchange.hpp"
#include "tests/support/json_suite.hpp"

using namespace filters;
using tests::Fate;
using tests::TestExchange;

namespace {

Reason reason_of(Fate fate) {
  switch (fate) {
    case Fate::reject:
      return Reason::malformed_body;
    case Fate::forbid:
      return Reason::contract;
    default:
      return Reason::none;
  }
}

// By another reader than the chain's: RapidJSON's tree builder, without recursion.
bool is_json_object(std::string_view text) {
  rapidjson::Document tree;
  tree.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag |
             rapidjson::kParseNumbersAsStringsFlag>(text.data(), text.size());
  return !tree.HasParseError() && tree.IsObject();
}

}  // namespace

TEST_CASE("each document of the JSON suite meets its fate, and for the reason it should") {
  const auto pipeline = make_pipeline({});
  for (const auto& [what, body, fate, why] : tests::json_suite()) {
    CAPTURE(what);
    CAPTURE(why);
    CAPTURE(body.substr(0, 300));
    TestExchange exchange("POST", "", body);
    const bool passed = exchange.run(pipeline);
    CHECK(exchange->verdict.reason == reason_of(fate));
    CHECK(passed == (fate == Fate::accept || fate == Fate::mend));
    if (!passed) continue;
    CHECK(exchange->outgoing_body == (fate == Fate::mend ? tests::without_invisible(body) : body));
    CHECK((exchange->journal.edits() > 0) == (fate == Fate::mend));
    CHECK(is_json_object(exchange->outgoing_body));
  }
}

TEST_CASE("without repair.invisible what it would have mended is no JSON") {
  Settings settings;
  settings.repair.invisible = Mode::off;
  const auto pipeline = make_pipeline(settings);
  for (const auto& [what, body, fate, why] : tests::json_suite()) {
    if (fate != Fate::mend) continue;
    CAPTURE(what);
    TestExchange exchange("POST", "", body);
    CHECK_FALSE(exchange.run(pipeline));
    CHECK(exchange->verdict.reason == Reason::malformed_body);
  }
}

TEST_CASE("the suite holds what it says: no body twice, and plenty of every fate") {
  std::multiset<std::string> bodies;
  std::array<std::size_t, 4> fates{};
  for (const auto& each : tests::json_suite()) {
    bodies.insert(each.body);
    ++fates[static_cast<std::size_t>(each.fate)];
    CAPTURE(each.what);
    CHECK(bodies.count(each.body) == 1);
    CHECK_FALSE(each.why.empty());
    if (each.fate == Fate::mend) CHECK(tests::without_invisible(each.body) != each.body);
  }
  CHECK(std::ranges::min(fates) > 20);
}
