#include <cmath>
#include <cstdio>

#include "bench/load/chart.hpp"
#include "bench/load/report.hpp"

namespace load {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>prefgate-load</title>
<style>
:root { color-scheme: light dark; --ink: #1d2530; --paper: #ffffff; --grid: #d9dee5;
  --s0: #1668b8; --s1: #c8501e; --s2: #6b7785; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe5ec; --paper: #14181d; --grid: #333b45;
  --s0: #62a8ea; --s1: #f08a58; --s2: #97a3b1; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 2rem 0 0; }
pre { white-space: pre-wrap; font-size: 13px; line-height: 1.45; }
svg { width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--ink); } .grid { stroke: var(--grid); }
.series { fill: none; stroke-width: 2; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); }
.s2 { stroke: var(--s2); stroke-dasharray: 4 3; }
</style>
)";

// The part of the requests that took longer, on a logarithmic axis: as much room for each further
// nine.
Chart percentiles(const Histogram& latency) {
  Chart chart{.title = "Latency by percentile",
              .x_name = "percentile",
              .y_name = "milliseconds",
              .series = {{"latency", {}}},
              .logarithmic = true};
  const auto nines = [](double percent) { return -std::log10(1 - percent / 100); };
  for (int i = 0; i <= 120; ++i) {
    const double x = i * 0.05;
    const double percent = 100 * (1 - std::pow(10, -x));
    // Beyond the last single request there is nothing to tell apart.
    if (static_cast<double>(latency.count()) * std::pow(10, -x) < 1 && x > 0.01) break;
    chart.series[0].points.emplace_back(x, in_milliseconds(latency.percentile(percent)));
  }
  const double last = chart.series[0].points.back().first;
  for (const double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999})
    if (nines(percent) <= last) {
      char name[16];
      std::snprintf(name, sizeof name, "%g %%", percent);
      chart.x_marks.emplace_back(nines(percent), name);
    }
  return chart;
}

template <class Value>
Series over_time(const Result& result, const char* name, Value value) {
  Series series{name, {}};
  for (std::size_t i = 0; i < result.seconds.size(); ++i)
    // The last one is too short, perhaps, to say anything.
    if (i == 0 || result.seconds[i].lasted > 0.2)
      series.points.emplace_back(static_cast<double>(i), value(result.seconds[i]));
  return series;
}

Chart latencies(const Result& result) {
  return {
      .title = "Latency over time",
      .x_name = "seconds",
      .y_name = "milliseconds",
      .series = {over_time(result, "p50", [](const Second& s) { return in_milliseconds(s.p50); }),
                 over_time(result, "p99", [](const Second& s) { return in_milliseconds(s.p99); }),
                 over_time(result, "most",
                           [](const Second& s) { return in_milliseconds(s.most); })},
      .logarithmic = true};
}

Chart rates(const Result& result) {
  const auto rate = [](std::uint64_t count, const Second& s) {
    return s.lasted > 0 ? static_cast<double>(count) / s.lasted : 0;
  };
  return {.title = "Rate asked and achieved",
          .x_name = "seconds",
          .y_name = "requests/s",
          .series = {
              over_time(result, "achieved", [&](const Second& s) { return rate(s.answered, s); }),
              over_time(result, "failed", [&](const Second& s) { return rate(s.failed, s); }),
              over_time(result, "asked", [&](const Second& s) { return rate(s.asked, s); })}};
}

}  // namespace

std::string as_html(const Report& report) {
  std::string page(head);
  page += "<h1>Load of " + escaped(report.url) + "</h1>\n";
  page += "<pre>" + escaped(as_text(report)) + "</pre>\n";
  for (const auto& chart :
       {percentiles(report.result.latency), latencies(report.result), rates(report.result)})
    page += "<h2>" + escaped(chart.title) + "</h2>\n" + as_svg(chart);
  return page + "</html>\n";
}

}  // namespace load
