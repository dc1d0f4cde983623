// What every test of records needs: outcomes to record, and a record rendered and checked for what
// must hold for each and every one. Used on the test's thread.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "filters/record.hpp"

namespace tests {

using namespace filters;

// A host frames and numbers records in the room that is promised to be spare.
inline constexpr std::size_t spare = 100;

inline Outcome outcome_of(Decision decision) {
  Outcome outcome;
  outcome.decision = decision;
  outcome.ending = Ending::answered;
  outcome.status = 200;
  outcome.client_address = "192.0.2.7";
  outcome.client_port = 50000;
  outcome.scheme = "https";
  outcome.protocol_version = "1.1";
  outcome.request_body_bytes = 700;
  outcome.response_body_bytes = 12;
  outcome.duration = std::chrono::microseconds(1234);
  outcome.bearer_hash = "hmac-sha256:01234567:aa";
  outcome.device_hash = "hmac-sha256:01234567:bb";
  return outcome;
}

inline Outcome forwarded() {
  auto outcome = outcome_of(Decision::forwarded);
  outcome.delivery = Delivery::yes;
  outcome.upstream_status = 200;
  outcome.upstream_address = "198.51.100.1:443";
  outcome.upstream_reused = true;
  outcome.upstream_duration = std::chrono::microseconds(1000);
  return outcome;
}

// Renders, and checks what must hold for each and every record.
inline std::string render(const Exchange& exchange, const Outcome& outcome,
                          rapidjson::Document& parsed) {
  Arena arena;
  const std::string record(render_record(exchange, outcome, arena));
  REQUIRE(record.starts_with(R"({"time":")"));
  REQUIRE(record.ends_with('}'));
  REQUIRE(record.find('\n') == std::string::npos);
  REQUIRE(valid_utf8(record));
  REQUIRE(record.size() + spare <= record_bound(exchange, outcome.level));
  parsed.Parse<rapidjson::kParseValidateEncodingFlag>(record.data(), record.size());
  REQUIRE_FALSE(parsed.HasParseError());
  return record;
}

inline std::string render(const Exchange& exchange, const Outcome& outcome) {
  rapidjson::Document parsed;
  return render(exchange, outcome, parsed);
}

inline bool has(std::string_view record, std::string_view part) {
  return record.find(part) != std::string_view::npos;
}

}  // namespace tests
