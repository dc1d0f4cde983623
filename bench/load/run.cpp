#include "bench/load/run.hpp"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "bench/load/bottleneck.hpp"
#include "bench/load/max_search.hpp"
#include "bench/load/progress.hpp"
#include "bench/load/replay.hpp"
#include "bench/load/report.hpp"
#include "bench/load/stored_check.hpp"
#include "filters/yaml/units.hpp"

namespace load {
namespace {

constexpr Nanoseconds most_drain_of_trial = std::chrono::seconds(1);

// That this thread has computed, or could have, had a core been free: it serves nobody meanwhile.
// Where the kernel does not count the latter, the former alone.
Nanoseconds busy_time() {
  std::ifstream counts("/proc/thread-self/schedstat");
  std::int64_t computed = 0, waited = 0;
  if (counts >> computed >> waited) return Nanoseconds(computed + waited);
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

std::string time_text(Nanoseconds time) {
  return filters::format_time(std::chrono::duration_cast<milliseconds>(time));
}

// Ctrl-C ends the run that is under way, and what it has been is reported.
Driver* driving = nullptr;

class EndedByInterrupt {
 public:
  explicit EndedByInterrupt(Driver& driver) {
    driving = &driver;
    std::signal(SIGINT, [](int) { driving->stop(); });
  }
  ~EndedByInterrupt() {
    std::signal(SIGINT, SIG_DFL);
    driving = nullptr;
  }
  EndedByInterrupt(const EndedByInterrupt&) = delete;
  EndedByInterrupt& operator=(const EndedByInterrupt&) = delete;
};

Result drive(const Target& target, const Pace& pace, Source& source, Nanoseconds warmup,
             Nanoseconds in_time, std::ostream* terminal) {
  Recorder recorder(warmup, in_time, busy_time);
  Progress progress(terminal);
  recorder.on_second = [&](const Result& so_far) { progress.show(so_far); };
  Driver driver(target, pace, source, recorder);
  const EndedByInterrupt ended(driver);
  const auto end = driver.run();
  return recorder.finish(end, driver.opened());
}

class Run {
 public:
  Run(const Options& options, std::istream& in, std::ostream& out, std::ostream& err)
      : options_(options),
        out_(out),
        err_(err),
        terminal_(&err == &std::cerr && isatty(STDERR_FILENO) == 1 ? &err : nullptr),
        target_(resolve(options.url, options.ca)),
        head_{.host = target_.authority,
              .token = read_token(options.token_file, in),
              .close = options.pace.new_connections} {
    // Better now than when the run is over.
    for (const auto& file : {options.json, options.html})
      if (file && !std::ofstream(*file, std::ios::app))
        throw std::runtime_error("cannot write " + file->string());
  }

  int load() {
    auto report = generate(options_.rates, options_.pace, options_.mix.seed, true);
    report.load = load_text();
    return conclude(report);
  }

  int replay();
  int find_max();

 private:
  Report generate(const std::vector<Rate>& rates, Pace pace, std::uint64_t seed, bool verify);
  Verified verify(const Workload& workload);
  std::string load_text() const;
  int conclude(const Report& report);

  const Options& options_;
  std::ostream& out_;
  std::ostream& err_;
  std::ostream* const terminal_;
  const Target target_;
  const RequestHead head_;
};

std::string Run::load_text() const {
  const auto connections = " on " + count_text(options_.pace.connections) +
                           (options_.pace.new_connections ? " new" : "") + " connections for " +
                           time_text(options_.duration);
  if (options_.pace.closed) return "closed loop" + connections;
  return "open loop, " + options_.rate_text + " requests/s" + connections;
}

Report Run::generate(const std::vector<Rate>& rates, Pace pace, std::uint64_t seed,
                     bool verify_too) {
  const Schedule schedule(rates, options_.duration, options_.warmup);
  auto mix = options_.mix;
  mix.seed = seed;
  Workload workload(mix, head_, [&](std::uint64_t number) {
    return pace.closed ? Nanoseconds(0) : schedule.due(number);
  });
  pace.until = schedule.end();
  Report report{
      .url = options_.url,
      .load = {},
      .result = drive(target_, pace, workload, options_.warmup, options_.in_time, terminal_),
      .sent = workload.sent(),
      .verified = {},
      .warmed_up = options_.warmup > Nanoseconds(0)};
  if (verify_too && !options_.verify_url.empty()) report.verified = verify(workload);
  return report;
}

Verified Run::verify(const Workload& workload) {
  const auto upstream = resolve(options_.verify_url, options_.verify_ca);
  StoredCheck check(workload.stored(), options_.mix.names, options_.governed,
                    {.host = upstream.authority, .token = head_.token});
  drive(upstream, {.connections = 1, .closed = true, .until = {}}, check, Nanoseconds(0),
        options_.in_time, nullptr);
  return check.verified();
}

int Run::conclude(const Report& report) {
  if (const auto why = own_bottleneck(report.result, options_.most_busy); !why.empty()) {
    err_ << "prefgate-load: " << why << ". (It reached " << count_text(report.achieved_rate())
         << " requests/s.)\n";
    return own_fault;
  }
  out_ << as_text(report);
  if (options_.json) std::ofstream(*options_.json) << as_json(report);
  if (options_.html) std::ofstream(*options_.html) << as_html(report);
  return report.good() ? good : not_as_expected;
}

int Run::replay() {
  Replay source(*options_.replay, options_.speed, head_);
  Report report{
      .url = options_.url,
      .load = {},
      .result = drive(target_, options_.pace, source, Nanoseconds(0), options_.in_time, terminal_),
      .sent = source.sent(),
      .verified = {}};
  char speed[32];
  std::snprintf(speed, sizeof speed, "%g", options_.speed);
  report.load =
      "replay of " + options_.replay->string() + ", " + speed + " times as fast as it was";
  for (const auto& [why, count] : source.left_out())
    report.load += "; left out: " + count_text(count) + " records " + why;
  std::map<std::string, std::uint64_t> unexpected;
  for (const auto& [what, count] : report.result.unexpected)
    unexpected[what + " (as record " + std::to_string(source.examples().at(what)) + ")"] = count;
  report.result.unexpected = std::move(unexpected);
  return conclude(report);
}

int Run::find_max() {
  MaxSearch search(static_cast<std::uint64_t>(options_.rates.front().from));
  auto pace = options_.pace;
  pace.drain = std::min(pace.drain, most_drain_of_trial);
  std::optional<Report> best;
  for (std::uint64_t seed = options_.mix.seed; const auto rate = search.next(); ++seed) {
    const auto asked = static_cast<double>(*rate);
    auto report = generate({{asked, asked}}, pace, seed, false);
    report.load = "the highest rate with a p99 of at most " + time_text(*options_.find_max) +
                  ": open loop, " + std::to_string(*rate) + " requests/s";
    const auto fault = why_not(report.result, *options_.find_max);
    if (const auto own = own_bottleneck(report.result, options_.most_busy); !own.empty()) {
      err_ << "prefgate-load: at " << count_text(asked) << " requests/s " << own << ". "
           << (search.holds() == 0 ? "No lower rate was found to hold"
                                   : count_text(search.holds()) + " requests/s held, and more may")
           << ".\n";
      return own_fault;
    }
    out_ << count_text(asked) << "/s: p50 " << duration_text(report.result.latency.percentile(50))
         << ", p99 " << duration_text(report.result.latency.percentile(99)) << ": "
         << (fault.empty() ? "holds" : "does not hold: " + fault) << std::endl;
    search.tell(fault.empty());
    if (fault.empty()) best = std::move(report);
  }
  if (best) return conclude(*best);
  out_ << "No rate was found that holds.\n";
  return not_as_expected;
}

}  // namespace

int run(const Options& options, std::istream& in, std::ostream& out, std::ostream& err) {
  Run all(options, in, out, err);
  if (options.replay) return all.replay();
  return options.find_max ? all.find_max() : all.load();
}

}  // namespace load
