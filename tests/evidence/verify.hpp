// What tests of verify_log share: a log verified with the tests' key, and what it was accused of.
// Tests only; one thread.
#pragma once

#include "proxy/evidence/verify_log.hpp"
#include "tests/evidence/log.hpp"

namespace tests {

inline proxy::VerifiedLog verify(const Log& log, const std::optional<proxy::Checkpoint>& kept = {},
                                 unsigned threads = 2) {
  return proxy::verify_log(log.directory(), test_key.public_key(), kept, threads);
}

// The faults, a line each: "17: record 17 was altered: ..."
inline std::string faults_of(const proxy::VerifiedLog& verified) {
  std::string text;
  for (const auto& fault : verified.faults)
    text += (fault.seq ? std::to_string(*fault.seq) : "?") + ": " + fault.what + "\n";
  return text;
}
inline std::string faults_of(const Log& log) {
  return faults_of(verify(log));
}

inline void overwrite(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace tests
