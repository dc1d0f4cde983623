// The report of a run: as text for people, as JSON, and as one HTML page that needs nothing else.
// Pure: from a Result to text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/recorder.hpp"

namespace load {

// What a check of the upstream's store found.
struct Verified {
  std::uint64_t checked = 0;
  std::map<std::string, std::uint64_t> wrong;  // what, how often
};

struct Report {
  std::string url;
  std::string load;  // "open loop, 1000..5000 requests/s for 10s"
  Result result = {};
  std::map<std::string, std::uint64_t> sent = {};  // by kind
  std::optional<Verified> verified = {};
  bool warmed_up = false;  // `sent` has requests that do not count

  double asked_rate() const;     // requests per second
  double achieved_rate() const;  // answers per second
  bool good() const;             // every answer as expected, and none missing
};

std::string as_text(const Report& report);
std::string as_json(const Report& report);
std::string as_html(const Report& report);

inline constexpr double shown_percentiles[] = {50, 75, 90, 95, 99, 99.9, 99.99};

// "1.234 ms", "2.01 s"; "5,000"
std::string duration_text(Nanoseconds time);
std::string count_text(std::uint64_t count);
std::string count_text(double count);  // rounded

}  // namespace load
