// Input: a policy. What comes back is rules or faults with their places; rules that were taken do
// to any request what they say: what leaves is JSON, passes again unchanged, and the tests written
// beside them can be run.
#include <algorithm>
#include <string>

#include "filters/policy/load_policy.hpp"
#include "filters/policy/run_tests.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/exchange.hpp"

namespace fuzz {
namespace {

using namespace filters;

constexpr std::string_view bodies[] = {
    tests::good_body,
    "{\n  \"locale\": \"en\",\n  \"device_token\": \"a\",\n  \"device_type\": \"ios\",\n"
    "  \"platform\": \"ios\",\n  \"app_version\": \"4.17\",\n  \"notification_preferences\": {\n"
    "    \"alarm\": false,\n    \"lootbox_a\": \"1\",\n    \"key_added\": true\n  }\n}\n",
    R"({"notification_preferences":{},"locale":"en","device_token":"a","device_type":"android",)"
    R"("platform":"android","app_version":"3"})",
};

bool run(tests::TestExchange& exchange, const Pipeline& pipeline, Moment now) {
  exchange->now = now;
  exchange->identity.client_address = "10.1.2.3";
  return exchange.run(pipeline);
}

void check_request(const Pipeline& pipeline, std::string_view body, Moment now) {
  tests::TestExchange exchange("POST", "", body);
  if (!run(exchange, pipeline, now)) {
    require(exchange->verdict.status() >= 400 && exchange->verdict.status() < 500,
            "a denial has no status of one");
    return;
  }
  const std::string sent(exchange->outgoing_body);
  require((sent != body) == (exchange->journal.edits() > 0), "the journal and the body disagree");
  tests::TestExchange again("POST", "", sent);
  require(run(again, pipeline, now), "its own output is refused");
  require(again->journal.edits() == 0 && again->outgoing_body == sent, "its own output is changed");
}

}  // namespace

void policy(std::string_view input) {
  const auto now = *parse_moment("2026-06-01");
  const auto loaded = load_policy(std::string(input), "policy.yaml",
                                  {Contract::builtin(), now, [](const auto&, std::string& fault) {
                                     fault = "not there";
                                     return std::optional<std::string>();
                                   }});
  require((loaded.rules != nullptr) != has_error(loaded.diagnostics),
          "both rules and a fault, or neither");
  for (const auto& diagnostic : loaded.diagnostics)
    require(!diagnostic.what.empty(), "a fault without words");
  if (!loaded.rules) return;
  Settings settings;
  settings.policy = loaded.rules;
  const auto pipeline = make_pipeline(settings);
  for (const auto body : bodies) check_request(pipeline, body, now);
  const auto enforced = as_enforced(*loaded.rules);
  for (const auto* const rules : {loaded.rules.get(), &enforced}) {
    const auto run = run_tests(*rules, Contract::builtin(), now);
    require(run.results.size() == rules->tests.size(), "a test was not run");
  }
}

}  // namespace fuzz
