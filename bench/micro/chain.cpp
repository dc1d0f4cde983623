// What the governed job costs without a network: nanoseconds and heap calls of one exchange through
// the chain, of its record, of a keyed hash, of counting it. `arrive` alone is the cost of setting
// up the exchange, which is part of every chain figure.
#include <benchmark/benchmark.h>

#include <iostream>
#include <string>

#include "bench/micro/outcome.hpp"
#include "filters/policy/load_policy.hpp"
#include "filters/record.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/rate_limiter.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

namespace {

using tests::TestExchange;

struct Case {
  std::string method, query, body;
  bool passes = true;
};

std::string misspelt(std::string text) {
  return text.replace(text.find("platform"), 8, "platfrom");
}
std::string wrong(std::string text) {
  return text.replace(text.rfind("true"), 4, "\"maybe\"");
}

Case clean_get() {
  return {"GET", std::string(tests::good_query), "", true};
}
Case repaired_get() {
  return {"GET", misspelt(std::string(tests::good_query)), "", true};
}
Case clean_post(std::size_t names) {
  return {"POST", "", tests::app_body(names), true};
}
Case repaired_post() {
  return {"POST", "", misspelt(tests::app_body(17)), true};
}
Case page_post() {  // an invisible character in it, so every byte is looked at once more
  return {"POST", "", tests::page_body(), true};
}
Case rejected_get() {
  return {"GET", "locale=&platform=windows", "", false};
}
Case rejected_post() {
  return {"POST", "", wrong(tests::app_body(17)), false};
}

// Runs `step` once a turn, after a few turns that warm the arena up.
template <class Step>
void measure(benchmark::State& state, Step step) {
  for (int i = 0; i < 16; ++i) step();
  std::size_t made = 0;
  for (auto _ : state) {
    const auto before = tests::allocations();
    step();
    made += tests::allocations() - before;
  }
  state.counters["heap"] = static_cast<double>(made) / static_cast<double>(state.iterations());
}

void arrive(benchmark::State& state, const Case& with) {
  TestExchange exchange(with.method, with.query, with.body);
  measure(state, [&] { exchange.reset(); });
}

void chain(benchmark::State& state, const Case& with) {
  const auto pipeline = filters::make_pipeline(filters::Settings{});
  TestExchange exchange(with.method, with.query, with.body);
  if (exchange.run(pipeline) != with.passes)
    return state.SkipWithError("the chain decides otherwise");
  measure(state, [&] {
    exchange.reset();
    benchmark::DoNotOptimize(exchange.run(pipeline));
  });
}

void record(benchmark::State& state, const Case& with) {
  const std::string hash(proxy::KeyedHash::text_size, 'a');
  TestExchange exchange(with.method, with.query, with.body);
  if (exchange.run() != with.passes) return state.SkipWithError("the chain decides otherwise");
  auto outcome = forwarded();
  if (!with.passes) {
    outcome.decision = filters::Decision::rejected;
    outcome.status = 422;
  }
  outcome.bearer_hash = outcome.device_hash = hash;
  filters::Arena memory;
  std::size_t bytes = 0;
  measure(state, [&] {
    memory.reset();
    bytes = filters::render_record(*exchange, outcome, memory).size();
    benchmark::DoNotOptimize(bytes);
  });
  state.counters["bytes"] = static_cast<double>(bytes);
}

void keyed_hash(benchmark::State& state) {
  const std::string key(32, 'k');
  const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
  const proxy::KeyedHash hash{proxy::HmacKey({bytes, key.size()})};
  const std::string secret(static_cast<std::size_t>(state.range(0)), 's');
  std::array<char, proxy::KeyedHash::text_size> text{};
  measure(state,
          [&] { benchmark::DoNotOptimize(hash.write(proxy::Secret::bearer_token, secret, text)); });
}

// A device token, or a bearer token; the client is beyond its limit for most of the time.
void rate_limit(benchmark::State& state) {
  const auto limiter = proxy::make_rate_limiter({.mode = filters::Mode::enforce});
  const std::string secret(static_cast<std::size_t>(state.range(0)), 's');
  measure(state, [&] { benchmark::DoNotOptimize(limiter->take(filters::Per::device, secret)); });
}

// So many rules, of which three match an app's POST: one forces, one has a default, one forbids.
filters::Settings rules(int count) {
  std::string text = "version: 1\ngroups: {far: {network: 203.0.113.0/24}}\nrules:\n";
  for (int i = 0; i < count; ++i) {
    const std::string id = "  - {id: r" + std::to_string(i) + ", mode: enforce, ";
    const auto minor = std::to_string(30 + i);
    if (i == count / 4)
      text += id + "when: {platform: android}, force: {alarm: true, key_added: true}}\n";
    else if (i == count / 2)
      text += id + "when: {app_version: \">=4.10 <5\"}, default: {update_available: true}}\n";
    else if (i == count - 1)
      text += id + "when: {device_type: [\"android-*\"]}, forbid: [\"lootbox_*\"]}\n";
    else if (i % 3 == 0)
      text.append(id)
          .append("when: {platform: android, app_version: \">=4.")
          .append(minor)
          .append(" <4.")
          .append(minor)
          .append(".1\"}, force: {alarm: true}}\n");
    else if (i % 3 == 1)
      text += id + "when: {device_type: [\"ios-*\"], locale: [\"de*\"]}, force: {alarm: true}}\n";
    else
      text += id + "when: {group: far}, force: {alarm: true}}\n";
  }
  filters::Settings settings;
  if (count == 0) return settings;
  const auto loaded =
      filters::load_policy(text, "policy.yaml", {filters::Contract::builtin(), {}, {}});
  for (const auto& each : loaded.diagnostics) std::cerr << filters::to_string(each) << '\n';
  settings.policy = loaded.rules;
  return settings;
}

void policy(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  const auto settings = rules(count);
  if (count > 0 && !settings.policy) return state.SkipWithError("the policy has faults");
  const auto pipeline = filters::make_pipeline(settings);
  TestExchange exchange("POST", "", tests::app_body(static_cast<std::size_t>(state.range(1))));
  measure(state, [&] {
    exchange.reset();
    exchange->identity.client_address = "192.0.2.7";
    benchmark::DoNotOptimize(exchange.run(pipeline));
  });
  const auto& journal = exchange->journal;
  state.counters["edits"] = static_cast<double>(journal.edits());
}

BENCHMARK_CAPTURE(arrive, get, clean_get());
BENCHMARK_CAPTURE(arrive, post_17, clean_post(17));
BENCHMARK_CAPTURE(chain, clean_get, clean_get());
BENCHMARK_CAPTURE(chain, repaired_get, repaired_get());
BENCHMARK_CAPTURE(chain, rejected_get, rejected_get());
BENCHMARK_CAPTURE(chain, clean_post_17, clean_post(17));
BENCHMARK_CAPTURE(chain, clean_post_105, clean_post(105));
BENCHMARK_CAPTURE(chain, repaired_post_17, repaired_post());
BENCHMARK_CAPTURE(chain, page_post_17, page_post());
BENCHMARK_CAPTURE(chain, rejected_post_17, rejected_post());
BENCHMARK(policy)->ArgNames({"rules", "names"})->ArgsProduct({{0, 100}, {17, 105}});
BENCHMARK_CAPTURE(record, clean_get, clean_get());
BENCHMARK_CAPTURE(record, repaired_get, repaired_get());
BENCHMARK_CAPTURE(record, clean_post_17, clean_post(17));
BENCHMARK_CAPTURE(record, clean_post_105, clean_post(105));
BENCHMARK_CAPTURE(record, rejected_post_17, rejected_post());
BENCHMARK(keyed_hash)->Name("keyed_hash")->ArgName("bytes")->Arg(64)->Arg(660);
BENCHMARK(rate_limit)->ArgName("bytes")->Arg(64)->Arg(660);

}  // namespace
