// Log: what the operator reads, on standard error, a line each; everyone writes through spdlog's
// default logger (`spdlog::info(...)`), from any thread. Nothing on the path of a request logs
// above debug, and nobody ever logs a token or a key.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace proxy {

// Replaces spdlog's default logger. Before it is called spdlog's own settings apply.
void start_log(const LogConfig& config);

// Another level and format for it, from now on; any thread may be writing.
void change_log(const LogConfig& config);

// One line, without its end, in UTC:
//   text  2026-11-22T18:00:00.000Z info listening on 127.0.0.1:8080
//   json  {"time":"2026-11-22T18:00:00.000Z","level":"info","message":"listening on ..."}
// Control characters and bytes that are not UTF-8 cannot end the line or break the JSON.
std::string log_line(LogFormat format, std::chrono::system_clock::time_point time,
                     std::string_view level, std::string_view message);

// For what many may cause at once: lets a line through each second, and counts those between. Used
// on one thread.
class LogPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds pause{1};

  // None: this one is to be kept back. Else how many have been since the last.
  std::optional<std::uint64_t> admit(Clock::time_point now = Clock::now());

 private:
  Clock::time_point quiet_until_{};
  std::uint64_t kept_back_ = 0;
};
// " (and 41 more like it)", or nothing.
std::string and_more(std::uint64_t kept_back);

}  // namespace proxy
