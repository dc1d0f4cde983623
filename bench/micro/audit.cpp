// What recording costs an exchange, all told: hashing the device token, the record's text, its way
// through the ring, and the audit writer's thread: file, hash, tree, checkpoints. CPU time of the
// whole process, so `CPU` is the figure to go by. With `compressed:1` segments end, and are
// compressed in that time too: by the archive's thread, which takes what the others leave idle.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <limits>
#include <string>
#include <thread>

#include "bench/micro/outcome.hpp"
#include "filters/record.hpp"
#include "proxy/audit_writer.hpp"
#include "proxy/keyed_hash.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using tests::TestExchange;

void audit(benchmark::State& state, TestExchange& with, std::size_t tokens) {
  const tests::TemporaryDirectory folder;
  proxy::AuditSettings settings{.directory = folder.path() / "audit",
                                .signing_key = proxy::SigningKey::generate()};
  if (state.range(0) == 0) settings.segment_bytes = std::numeric_limits<std::int64_t>::max();
  proxy::AuditWriter writer(settings);
  auto& ring = writer.ring(0);
  const std::string key(32, 'k');
  const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
  const proxy::KeyedHash hash{proxy::HmacKey({bytes, key.size()})};
  const std::string bearer(tokens, 'b');
  const std::string device(tokens, 'd');
  proxy::LastBearer last_bearer;
  std::array<char, proxy::KeyedHash::text_size> device_text{};
  auto outcome = forwarded();
  filters::Arena memory;
  for (auto _ : state) {
    memory.reset();
    while (!ring.reserve(filters::least_record))  // the writer is behind: not at its CPU's cost
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    outcome.bearer_hash = last_bearer.write(bearer, hash);
    outcome.device_hash = hash.write(proxy::Secret::device_token, device, device_text);
    ring.commit(filters::least_record, filters::render_record(*with, outcome, memory));
  }
  writer.stop();
  state.counters["records"] = static_cast<double>(writer.counters().written);
}

void audit_get(benchmark::State& state) {
  TestExchange exchange("GET", tests::good_query, "");
  exchange.run();
  audit(state, exchange, 64);
}

void audit_post(benchmark::State& state) {
  TestExchange exchange("POST", "", tests::app_body(17));
  exchange.run();
  audit(state, exchange, 64);
}

BENCHMARK(audit_get)->ArgName("compressed")->Arg(0)->Arg(1)->MeasureProcessCPUTime();
BENCHMARK(audit_post)->ArgName("compressed")->Arg(0)->Arg(1)->MeasureProcessCPUTime();

}  // namespace
