#include "proxy/log.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <utility>

namespace proxy {
namespace {

std::string utc(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto seconds_part = floor<seconds>(time);
  const auto millis = duration_cast<milliseconds>(time - seconds_part).count();
  const std::time_t whole = system_clock::to_time_t(seconds_part);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string result(text, size);
  std::snprintf(text, sizeof text, ".%03dZ", static_cast<int>(millis));
  return result += text;
}

// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD: RapidJSON's writer
// would stop in the middle of the line at the first one.
std::string valid_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    rapidjson::MemoryStream in(text.data(), text.size());
    rapidjson::StringBuffer copy;
    if (rapidjson::UTF8<>::Validate(in, copy)) {
      result += text.substr(0, in.Tell());
      text.remove_prefix(in.Tell());
    } else {
      result += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string visible(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      result += c;
    } else {
      result += "\\x";
      result += hex[byte >> 4];
      result += hex[byte & 15];
    }
  }
  return result;
}

std::string json_line(const std::string& time, std::string_view level, const std::string& message) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("time");
  writer.String(time.data(), static_cast<rapidjson::SizeType>(time.size()));
  writer.Key("level");
  writer.String(level.data(), static_cast<rapidjson::SizeType>(level.size()));
  writer.Key("message");
  writer.String(message.data(), static_cast<rapidjson::SizeType>(message.size()));
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string_view word(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line = log_line(format_, message.time, word(message.level),
                                      {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  LogFormat format_;
};

spdlog::level::level_enum from_word(std::string_view level) {
  if (level == "trace") return spdlog::level::trace;
  if (level == "debug") return spdlog::level::debug;
  if (level == "warn") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  if (level == "off") return spdlog::level::off;
  return spdlog::level::info;
}

}  // namespace

std::optional<std::uint64_t> LogPace::admit(Clock::time_point now) {
  if (now < quiet_until_) {
    ++kept_back_;
    return {};
  }
  quiet_until_ = now + pause;
  return std::exchange(kept_back_, 0);
}

std::string and_more(std::uint64_t kept_back) {
  return kept_back == 0 ? "" : " (and " + std::to_string(kept_back) + " more like it)";
}

void change_log(const LogConfig& config) {
  const auto logger = spdlog::default_logger();
  logger->set_formatter(std::make_unique<LineFormatter>(config.format));
  logger->set_level(from_word(config.level));
}

std::string log_line(LogFormat format, std::chrono::system_clock::time_point time,
                     std::string_view level, std::string_view message) {
  const std::string text = valid_utf8(message);
  if (format == LogFormat::json) return json_line(utc(time), level, text);
  return utc(time) + " " + std::string(level) + " " + visible(text);
}

void start_log(const LogConfig& config) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("prefgate", std::move(sink));
  logger->set_formatter(std::make_unique<LineFormatter>(config.format));
  logger->set_level(from_word(config.level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace proxy
