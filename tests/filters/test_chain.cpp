#include "filters/chain.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace filters;

namespace {

struct Trace {
  std::string text;
};

struct Both {
  static constexpr std::string_view name = "both";
  Trace* trace;
  Reason head = Reason::none;
  Verdict on_head(Exchange&) const {
    trace->text += "H";
    return {head, {}};
  }
  Verdict on_body(Exchange&) const {
    trace->text += "B";
    return go_on;
  }
};

struct AnswerOnly {
  static constexpr std::string_view name = "answer";
  Trace* trace;
  void on_answer(Exchange&) const { trace->text += "A"; }
};

}  // namespace

TEST_CASE("hooks run in order, each filter's own ones only") {
  Arena arena;
  Exchange exchange(arena);
  Trace trace;
  const Chain chain(Both{&trace}, AnswerOnly{&trace}, Both{&trace});
  CHECK(chain.on_head(exchange));
  CHECK(chain.on_body(exchange));
  chain.on_answer(exchange);
  CHECK(trace.text == "HHBBA");
  std::string names;
  chain.each([&](const auto& filter) { names += filter.name; });
  CHECK(names == "bothanswerboth");
}

TEST_CASE("the first rejection ends the walk and stays in the exchange") {
  Arena arena;
  Exchange exchange(arena);
  Trace trace;
  const Chain chain(Both{&trace}, Both{&trace, Reason::contract}, Both{&trace});
  CHECK_FALSE(chain.on_head(exchange));
  CHECK(trace.text == "HH");
  CHECK(exchange.verdict.reason == Reason::contract);
}
