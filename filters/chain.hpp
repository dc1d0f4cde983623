// Chain: filters, one after the other, as a type. A filter is any class with a `name` and some of
//   Verdict on_head(Exchange&) const    before one byte of a body is held
//   Verdict on_body(Exchange&) const    the request is whole
//   AnswerBody answer_body(const Exchange&) const  what it wants of the upstream's answer, whose
//                                                  status and fields are there
//   void    on_answer(Exchange&) const  the answer is there, its body where it was wanted
// The first rejection ends the walk and becomes the exchange's verdict. Pure: no clock, no thread.
#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <tuple>
#include <utility>

#include "filters/exchange.hpp"

namespace filters {

template <class F>
concept HasHead = requires(const F& f, Exchange& e) {
  { f.on_head(e) } -> std::same_as<Verdict>;
};
template <class F>
concept HasBody = requires(const F& f, Exchange& e) {
  { f.on_body(e) } -> std::same_as<Verdict>;
};
template <class F>
concept HasAnswer = requires(const F& f, Exchange& e) { f.on_answer(e); };
template <class F>
concept WantsAnswer = requires(const F& f, const Exchange& e) {
  { f.answer_body(e) } -> std::same_as<AnswerBody>;
};
template <class F>
concept Filter = requires {
  { F::name } -> std::convertible_to<std::string_view>;
} && (HasHead<F> || HasBody<F> || HasAnswer<F>);

template <Filter... Fs>
class Chain {
 public:
  explicit Chain(Fs... filters) : filters_(std::move(filters)...) {}

  // True where every filter lets the exchange go on; else `exchange.verdict` says why not.
  bool on_head(Exchange& exchange) const {
    return walk(exchange, [&]<class F>(const F& filter) {
      if constexpr (HasHead<F>) exchange.verdict = filter.on_head(exchange);
    });
  }
  bool on_body(Exchange& exchange) const {
    return walk(exchange, [&]<class F>(const F& filter) {
      if constexpr (HasBody<F>) exchange.verdict = filter.on_body(exchange);
    });
  }
  // The most that any filter wants.
  AnswerBody answer_body(const Exchange& exchange) const {
    auto most = AnswerBody::pass;
    each([&]<class F>(const F& filter) {
      if constexpr (WantsAnswer<F>) most = std::max(most, filter.answer_body(exchange));
    });
    return most;
  }
  void on_answer(Exchange& exchange) const {
    std::apply([&](const auto&... filter) { (answer(filter, exchange), ...); }, filters_);
  }

  // Calls `visit(filter)` for each filter in turn, for hosts that show the walk step by step.
  template <class Visit>
  void each(Visit visit) const {
    std::apply([&](const auto&... filter) { (visit(filter), ...); }, filters_);
  }

 private:
  template <class Step>
  bool walk(Exchange& exchange, Step step) const {
    return std::apply(
        [&](const auto&... filter) {
          return ((step(filter), !exchange.verdict.rejected()) && ...);
        },
        filters_);
  }
  template <class F>
  static void answer(const F& filter, Exchange& exchange) {
    if constexpr (HasAnswer<F>) filter.on_answer(exchange);
  }

  std::tuple<Fs...> filters_;
};

}  // namespace filters
