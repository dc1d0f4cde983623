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
    text.append(text.empty() ? "" : ", ")
        .append(count_text(static_cast<double>(count)))
        .append(" ")
        .append(what);
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
  for (const auto& second : result.seconds) most = std::max(most, second.cpu);
  return most;
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
  auto digits = std::to_string(std::llround(count));
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string as_text(const Report& report) {
  const auto& result = report.result;
  std::string text = report.url + ": " + report.load + '\n';
  text += line("asked", count_text(static_cast<double>(result.asked)) + " requests, " +
                            count_text(report.asked_rate()) + "/s");
  text += line("achieved", count_text(static_cast<double>(result.answered)) + " answers, " +
                               count_text(report.achieved_rate()) + "/s in " +
                               format("%.2f s", result.lasted));
  text += line("sent", listed(report.sent) + (report.warmed_up ? " (warm-up included)" : ""));
  text += line("answered", statuses(result));
  std::string names, values;
  for (const double percent : shown_percentiles) {
    auto value = duration_text(result.latency.percentile(percent));
    auto name = format("p%g", percent);
    const auto width = std::max(name.size(), value.size()) + 2;
    name.resize(width, ' ');
    value.resize(width, ' ');
    names += name;
    values += value;
  }
  text += line("latency", names + "most");
  text += line("", values + duration_text(result.latency.most()));
  text += line("generator",
               format("busiest second %.0f %% of its core, ", busiest(result) * 100) +
                   count_text(static_cast<double>(result.late)) + " requests left late, " +
                   count_text(static_cast<double>(result.connections)) + " connections opened");
  for (std::size_t i = 0; i < failure_count; ++i)
    if (const auto count = result.failures.at(i); count > 0)
      text += line("FAILED",
                   count_text(static_cast<double>(count)) + " " +
                       std::string(to_string(static_cast<Failure>(i))) +
                       (i < 2 && !result.connect_fault.empty() ? ": " + result.connect_fault : ""));
  for (const auto& [what, count] : result.unexpected)
    text += line("UNEXPECTED", count_text(static_cast<double>(count)) + " times: " + what);
  if (report.verified) {
    text += line("verified", count_text(static_cast<double>(report.verified->checked)) +
                                 " devices: the upstream has what was sent to it last" +
                                 (report.verified->wrong.empty() ? "" : ", but for"));
    for (const auto& [what, count] : report.verified->wrong)
      text += line("WRONG", count_text(static_cast<double>(count)) + " times: " + what);
  }
  return text;
}

}  // namespace load
