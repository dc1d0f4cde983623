// What came of an exchange, as the benches of records take it to have been.
#pragma once

#include "filters/record.hpp"

inline filters::Outcome forwarded() {
  filters::Outcome outcome;
  outcome.decision = filters::Decision::forwarded;
  outcome.ending = filters::Ending::answered;
  outcome.delivery = filters::Delivery::yes;
  outcome.status = outcome.upstream_status = 200;
  outcome.upstream_reused = true;
  outcome.contract = outcome.config = "sha256:0123abcd";
  outcome.node = "gateway-1";
  outcome.client_address = "127.0.0.1";
  outcome.client_port = 40'000;
  outcome.scheme = "https";
  outcome.protocol_version = "1.1";
  outcome.upstream_address = "127.0.0.1:8443";
  outcome.duration = outcome.upstream_duration = std::chrono::microseconds{750};
  outcome.chain = outcome.first_byte = outcome.write = std::chrono::microseconds{20};
  return outcome;
}
