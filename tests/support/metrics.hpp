// Metrics of a running gateway, as a scrape has them. Used on the test's thread.
#pragma once

#include <chrono>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tests/support/running_gateway.hpp"

namespace tests {

// By name and labels, as written: `prefgate_client_connections`, `x_total{a="b"}`.
using Metrics = std::map<std::string, double>;

inline std::string metrics_text(const RunningGateway& gateway) {
  const auto answer = gateway.admin().exchange(request("GET", "/metrics"));
  if (answer.status != 200) throw std::runtime_error("no metrics: " + answer.head);
  return answer.body;
}

inline Metrics scrape(const RunningGateway& gateway) {
  Metrics metrics;
  std::istringstream text(metrics_text(gateway));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    const bool fresh = metrics.emplace(line.substr(0, space), std::stod(line.substr(space))).second;
    if (!fresh) throw std::runtime_error("twice: " + line);
  }
  return metrics;
}

// Of all series of a family.
inline double sum_of(const Metrics& metrics, const std::string& family) {
  double sum = 0;
  for (const auto& [name, value] : metrics)
    if (name == family || name.starts_with(family + "{")) sum += value;
  return sum;
}

// A scrape that has seen so many requests end, and their records written: an exchange is counted
// when its client has had the answer.
inline Metrics scrape_after(const RunningGateway& gateway, double requests) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto metrics = scrape(gateway);
    if (sum_of(metrics, "prefgate_requests_total") >= requests &&
        metrics["prefgate_audit_records_total"] >= requests)
      return metrics;
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the requests were not counted in time");
  }
}

}  // namespace tests
