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

struct Wants {
  static constexpr std::string_view name = "wants";
  AnswerBody wanted;
  AnswerBody answer_body(const Exchange&) const { return wanted; }
  void on_answer(Exchange&) const {}
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

TEST_CASE("of an answer's body a chain wants the most that any of its filters does") {
  Arena arena;
  const Exchange exchange(arena);
  Trace trace;
  using enum AnswerBody;
  CHECK(Chain<AnswerOnly>(AnswerOnly{&trace}).answer_body(exchange) == pass);
  CHECK(Chain<Wants, AnswerOnly, Wants>(Wants{copy}, AnswerOnly{&trace}, Wants{pass})
            .answer_body(exchange) == copy);
  CHECK(Chain<Wants, Wants>(Wants{copy}, Wants{hold}).answer_body(exchange) == hold);
}
