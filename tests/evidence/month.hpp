// Month: a log with days to it, for tests of what retention removes. Tests only; one thread.
#pragma once

#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/verify_log.hpp"
#include "tests/evidence/log.hpp"

namespace tests {

inline constexpr auto day = std::chrono::hours{24};

inline std::chrono::system_clock::time_point new_year() {
  using namespace std::chrono;
  return sys_days(year(2026) / 1 / 1);
}

inline std::string dated(std::uint64_t seq, int on) {
  return "{\"seq\":" + std::to_string(seq) + R"(,"time":"2026-01-)" + (on < 9 ? "0" : "") +
         std::to_string(on + 1) + R"(T00:00:00.000000Z","x":1})";
}

// Ten segments of ten records, one a day from the first of January on; every other compressed.
struct Month : Log {
  Month() {
    for (int on = 0; on < 10; ++on) {
      begin_segment();
      std::ofstream out(segment(segments.size() - 1), std::ios::binary | std::ios::app);
      for (int i = 0; i < 10; ++i) {
        lines.push_back(dated(lines.size(), on));
        out << lines.back() << '\n';
      }
    }
    sign();
    for (std::size_t i = 0; i < 9; i += 2) tests::compress(segment(i));
  }
  // Keeps what ended on this day or later.
  std::uint64_t retire(int from, std::uint64_t open = 90) const {
    return proxy::retire_segments(directory(), test_key, new_year() + from * day, open);
  }
  proxy::VerifiedLog verify(const std::optional<proxy::Checkpoint>& kept = {}) const {
    return proxy::verify_log(directory(), test_key.public_key(), kept, 2);
  }
  std::string faults(const std::optional<proxy::Checkpoint>& kept = {}) const {
    std::string text;
    for (const auto& fault : verify(kept).faults) text += fault.what + "\n";
    return text;
  }
};

}  // namespace tests
