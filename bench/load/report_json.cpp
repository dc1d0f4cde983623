#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>
#include <cstdio>

#include "bench/load/report.hpp"

namespace load {
namespace {

class Json {
 public:
  std::string text() const { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }

  void key(std::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }
  void string(std::string_view name, std::string_view value) {
    key(name);
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void count(std::string_view name, std::uint64_t value) {
    key(name);
    writer_.Uint64(value);
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
  }
  // With three digits behind the point: no more is known.
  void number(std::string_view name, double value) {
    key(name);
    writer_.Double(std::round(value * 1000) / 1000);
  }
  void microseconds(std::string_view name, Nanoseconds time) {
    number(name, in_milliseconds(time) * 1000);
  }
  template <class Key>
  void counts(std::string_view name, const std::map<Key, std::uint64_t>& all) {
    object(name, [&] {
      for (const auto& [each, value] : all) {
        if constexpr (std::is_same_v<Key, int>)
          count(std::to_string(each), value);
        else
          count(each, value);
      }
    });
  }
  template <class Fill>
  void object(std::string_view name, Fill fill) {
    if (!name.empty()) key(name);
    writer_.StartObject();
    fill();
    writer_.EndObject();
  }
  template <class Fill>
  void array(std::string_view name, Fill fill) {
    key(name);
    writer_.StartArray();
    fill();
    writer_.EndArray();
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_{buffer_};
};

void write_latency(Json& json, const Histogram& latency) {
  json.object("latency_us", [&] {
    json.microseconds("mean", latency.mean());
    for (const double percent : shown_percentiles) {
      char name[16];
      std::snprintf(name, sizeof name, "p%g", percent);
      json.microseconds(name, latency.percentile(percent));
    }
    json.microseconds("max", latency.most());
  });
}

void write_failures(Json& json, const Result& result) {
  json.object("failures", [&] {
    for (std::size_t i = 0; i < failure_count; ++i)
      if (result.failures.at(i) > 0)
        json.count(to_string(static_cast<Failure>(i)), result.failures.at(i));
  });
}

void write_seconds(Json& json, const Result& result) {
  json.array("seconds", [&] {
    for (const auto& second : result.seconds)
      json.object("", [&] {
        json.count("asked", second.asked);
        json.count("answered", second.answered);
        json.count("failed", second.failed);
        json.microseconds("p50_us", second.p50);
        json.microseconds("p99_us", second.p99);
        json.microseconds("max_us", second.most);
        json.number("generator_busy", second.busy);
        json.number("lasted_s", second.lasted);
      });
  });
}

}  // namespace

std::string as_json(const Report& report) {
  const auto& result = report.result;
  Json json;
  json.object("", [&] {
    json.string("url", report.url);
    json.string("load", report.load);
    json.boolean("good", report.good());
    json.number("lasted_s", result.lasted);
    json.number("asked_per_s", report.asked_rate());
    json.number("achieved_per_s", report.achieved_rate());
    json.count("asked", result.asked);
    json.count("answered", result.answered);
    json.count("left_late", result.late);
    json.count("connections_opened", result.connections);
    json.counts("sent", report.sent);
    json.counts("statuses", result.statuses);
    write_failures(json, result);
    json.counts("unexpected", result.unexpected);
    if (report.verified)
      json.object("verified", [&] {
        json.count("devices", report.verified->checked);
        json.counts("wrong", report.verified->wrong);
      });
    write_latency(json, result.latency);
    write_seconds(json, result);
  });
  return json.text();
}

}  // namespace load
