#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/load/report.hpp"

namespace load {
namespace {

std::string format(const char* how, double value) {
  char text[64];
  std::snprintf(text, sizeof text, how, value);
  return text;
}

std::string line(std::string_view name, const std::string& value) {
  std::string text("  ");
  text.append(name).resize(std::max<std::size_t>(15, name.size() + 3), ' ');
  return text + value + '\n';
}

std::string listed(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [what, count] : counts)
    text.append(text.empty() ? "" : ", ").append(count_text(count)).append(" ").append(what);
  return text;
}

std::string statuses(const Result& result) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [status, count] : result.statuses)
    counts["with " + std::to_string(status)] = count;
  return listed(counts);
}

double busiest(const Result& result) {
  double most = 0;
  for (const auto& second : result.seconds) most = std::max(most, second.busy);
  return most;
}

// Two lines, so that each value stands below its name.
std::string latencies(const Histogram& latency) {
  std::string names, values;
  for (const double percent : shown_percentiles) {
    auto value = duration_text(latency.percentile(percent));
    auto name = format("p%g", percent);
    const auto width = std::max(name.size(), value.size()) + 2;
    name.resize(width, ' ');
    value.resize(width, ' ');
    names += name;
    values += value;
  }
  return line("latency", names + "most") + line("", values + duration_text(latency.most()));
}

std::string failures(const Result& result) {
  std::string text;
  for (std::size_t i = 0; i < failure_count; ++i) {
    const auto count = result.failures.at(i);
    if (count == 0) continue;
    const auto failure = static_cast<Failure>(i);
    auto what = count_text(count) + " " + std::string(to_string(failure));
    if (failure == Failure::connect || failure == Failure::tls) what += ": " + result.connect_fault;
    text += line("FAILED", what);
  }
  for (const auto& [what, count] : result.unexpected)
    text += line("UNEXPECTED", count_text(count) + " times: " + what);
  return text;
}

std::string verified(const Verified& verified) {
  auto text = line("verified", count_text(verified.checked) +
                                   " devices: the upstream has what was sent to it last" +
                                   (verified.wrong.empty() ? "" : ", but for"));
  for (const auto& [what, count] : verified.wrong)
    text += line("WRONG", count_text(count) + " times: " + what);
  return text;
}

}  // namespace

bool Report::good() const {
  return result.answered > 0 && result.failed() == 0 && result.unexpected.empty() &&
         (!verified || (verified->wrong.empty() && verified->checked > 0));
}

double Report::asked_rate() const {
  if (result.asked < 2 || result.asked_for <= 0) return achieved_rate();
  return static_cast<double>(result.asked - 1) / result.asked_for;
}

double Report::achieved_rate() const {
  return static_cast<double>(result.answered) / result.lasted;
}

std::string duration_text(Nanoseconds time) {
  const double ms = in_milliseconds(time);
  if (ms < 1) return format("%.0f us", ms * 1000);
  if (ms < 1000) return format(ms < 10 ? "%.2f ms" : "%.1f ms", ms);
  return format("%.2f s", ms / 1000);
}

std::string count_text(double count) {
  return count_text(static_cast<std::uint64_t>(std::llround(std::max(0.0, count))));
}

std::string count_text(std::uint64_t count) {
  auto digits = std::to_string(count);
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string as_text(const Report& report) {
  const auto& result = report.result;
  std::string text = report.url + ": " + report.load + '\n';
  text += line("asked",
               count_text(result.asked) + " requests, " + count_text(report.asked_rate()) + "/s");
  text += line("achieved", count_text(result.answered) + " answers, " +
                               count_text(report.achieved_rate()) + "/s in " +
                               format("%.2f s", result.lasted));
  text += line("sent", listed(report.sent) + (report.warmed_up ? " (warm-up included)" : ""));
  text += line("answered", statuses(result));
  text += latencies(result.latency);
  text +=
      line("generator", format("busy for at most %.0f %% of a second, ", busiest(result) * 100) +
                            count_text(result.late) + " requests left late, " +
                            count_text(result.connections) + " connections opened");
  text += failures(result);
  if (report.verified) text += verified(*report.verified);
  return text;
}

}  // namespace load
