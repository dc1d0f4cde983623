#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "filters/yaml/units.hpp"
#include "proxy/addresses.hpp"
#include "proxy/read_file.hpp"

namespace load {
namespace {

constexpr std::size_t most_token = 16 * 1024;
constexpr const char* about =
    "Loads an owner-api-like service with requests for notification preferences. They leave on\n"
    "schedule, whatever the answers do, and latency counts from when they were due.\n"
    "Exit status: 0; 1: answers were not as expected; 2: wrong usage, or nobody there;\n"
    "3: prefgate-load itself was the bottleneck, and reports nothing.";

// What stands on the command line as text until it is read.
struct Texts {
  std::string rate = "1000", duration = "10s", warmup = "1s", timeout = "10s", late = "1ms", p99;
  std::string posts = "50%", misspelt = "20%", invalid = "1%", unknown = "1%", busy = "95%";
  std::string speed = "1";
  bool find_max = false;
  std::vector<std::string> expect, governed;
};

std::string fault_of_rate(const std::string& text) {
  return parse_rates(text) ? ""
                           : "`" + text +
                                 "` is no rate: give 5000, a ramp such as 1000..5000, or steps "
                                 "such as 1000,2000,4000";
}
std::string fault_of_time(const std::string& text) {
  return filters::parse_time(text) ? "" : "`" + text + "` is no time: give 500ms, 10s or 2min";
}
std::string fault_of_share(const std::string& text) {
  const auto share = filters::parse_share(text);
  return share && *share <= 10'000 ? "" : "`" + text + "` is no share: give 20% or 0.5%";
}
std::string fault_of_url(const std::string& text) {
  std::string_view fault;
  return proxy::parse_origin(text, fault) ? "" : "the URL is not good: " + std::string(fault);
}

double share(const std::string& text) {
  return *filters::parse_share(text) / 10'000.0;
}

void read_mix(const Texts& texts, Mix& mix) {
  mix.posts = share(texts.posts);
  mix.flaws = {0, share(texts.misspelt), share(texts.invalid), share(texts.unknown)};
  mix.flaws[0] = 1 - (mix.flaws[1] + mix.flaws[2] + mix.flaws[3]);
  if (mix.flaws[0] < -1e-9)
    throw CLI::ValidationError("--misspelt, --invalid and --unknown are more than 100% together");
  mix.flaws[0] = std::max(0.0, mix.flaws[0]);
  for (const auto& text : texts.expect) {
    const auto equals = std::min(text.find('='), text.size());
    const auto flaw = std::ranges::find(flaw_names, text.substr(0, equals));
    const auto status =
        filters::parse_count(std::string_view(text).substr(std::min(equals + 1, text.size())));
    if (flaw == flaw_names.end() || !status || *status < 200 || *status > 599)
      throw CLI::ValidationError("--expect", "`" + text +
                                                 "` is not KIND=STATUS: the kinds are good, "
                                                 "misspelt, invalid, unknown, as in invalid=422");
    mix.expected.at(static_cast<std::size_t>(flaw - flaw_names.begin())) =
        static_cast<int>(*status);
  }
}

void read_governed(const Texts& texts, Governed& governed) {
  for (const auto& text : texts.governed) {
    const auto equals = std::min(text.find('='), text.size());
    const auto value = text.substr(std::min(equals + 1, text.size()));
    if (equals == 0 || (value != "true" && value != "false" && value != "absent"))
      throw CLI::ValidationError("--governed",
                                 "`" + text + "` is not NAME=true, NAME=false or NAME=absent");
    auto& wanted = governed[text.substr(0, equals)];
    wanted = value == "absent" ? std::nullopt : std::optional(value == "true");
  }
}

void read_texts(const Texts& texts, Options& options) {
  options.rate_text = texts.rate;
  options.rates = *parse_rates(texts.rate);
  options.duration = *filters::parse_time(texts.duration);
  options.warmup = *filters::parse_time(texts.warmup);
  options.pace.timeout = options.pace.drain = *filters::parse_time(texts.timeout);
  options.most_busy = share(texts.busy);
  options.in_time = *filters::parse_time(texts.late);
  if (options.duration <= Nanoseconds(0) || options.pace.timeout <= Nanoseconds(0))
    throw CLI::ValidationError("--duration and --timeout are to be longer than nothing");
  if (!texts.p99.empty()) options.find_max = *filters::parse_time(texts.p99);
  if (options.find_max &&
      (options.rates.size() > 1 || options.rates[0].from != options.rates[0].to))
    throw CLI::ValidationError("--find-max begins at one rate, not with a ramp or steps");
  read_mix(texts, options.mix);
  read_governed(texts, options.governed);
}

void add_pace(CLI::App& app, Options& options, Texts& texts) {
  auto* rate = app.add_option("--rate", texts.rate,
                              "requests a second: 5000, a ramp 1000..5000, steps 1000,2000,4000")
                   ->check(fault_of_rate);
  app.add_flag("--closed", options.pace.closed,
               "closed loop: each connection sends when it has its answer")
      ->excludes(rate);
  app.add_option("--connections", options.pace.connections, "at most so many requests at a time")
      ->check(CLI::Range(1, 50'000));
  app.add_flag("--new-connections", options.pace.new_connections,
               "a connection for each request, with a full TLS handshake");
  for (const auto& [name, text, does] :
       {std::tuple{"--duration", &texts.duration, "how long, after the warm-up"},
        std::tuple{"--warmup", &texts.warmup, "before it, at the first rate, and not counted"},
        std::tuple{"--timeout", &texts.timeout, "how long an answer may take"},
        std::tuple{"--late", &texts.late,
                   "if 1% of the requests leave later than this after they could, prefgate-load is "
                   "to blame"}})
    app.add_option(name, *text, does)->check(fault_of_time)->type_name("TIME");
  app.add_option(
         "--busy", texts.busy,
         "so is it if in a tenth of the seconds it computes, or waits for a core, for more of "
         "them; 100%: never")
      ->check(fault_of_share)
      ->type_name("SHARE");
  auto* find = app.add_flag("--find-max", texts.find_max,
                            "search for the highest rate that holds, from --rate up");
  auto* p99 = app.add_option("--p99", texts.p99, "of --find-max: what the 99th percentile may be")
                  ->check(fault_of_time)
                  ->type_name("TIME")
                  ->needs(find);
  find->needs(p99);
}

void add_mix(CLI::App& app, Options& options, Texts& texts) {
  for (const auto& [name, text, does] :
       {std::tuple{"--posts", &texts.posts, "share of POSTs; the others are GETs"},
        std::tuple{"--misspelt", &texts.misspelt, "share with `platfrom`"},
        std::tuple{"--invalid", &texts.invalid, "share with a device_type that does not exist"},
        std::tuple{"--unknown", &texts.unknown, "share with a name that nobody knows"}})
    app.add_option(name, *text, does)->check(fault_of_share)->type_name("SHARE");
  app.add_option("--names", options.mix.names, "preferences of a POST: 17 or 105")
      ->check(CLI::IsMember({std::size_t{17}, std::size_t{105}}));
  app.add_option("--devices", options.mix.devices, "how many devices there are")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--skew", options.mix.skew, "of Zipf's law; 0: all devices ask alike")
      ->check(CLI::Range(0.0, 5.0));
  app.add_option("--seed", options.mix.seed, "the same seed, the same requests");
  app.add_option("--expect", texts.expect, "KIND=STATUS; repeatable")->type_name("TEXT");
}

void add_rest(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--ca", options.ca, "PEM file of whom to trust; otherwise the system's");
  app.add_option("--token", options.token_file,
                 "file with the bearer token, - for standard input; otherwise one is made up");
  auto* verify =
      app.add_option("--verify", options.verify_url,
                     "the upstream's own URL: ask there, afterwards, whether it has what was sent")
          ->check(fault_of_url)
          ->type_name("URL");
  app.add_option("--verify-ca", options.verify_ca, "as --ca, for that URL")->needs(verify);
  app.add_option("--governed", texts.governed,
                 "NAME=true, false or absent: what a policy makes of a preference; repeatable")
      ->needs(verify);
  auto* replay = app.add_option("--replay", options.replay,
                                "send what is recorded in this audit directory, as it was timed")
                     ->type_name("DIR");
  app.add_option("--speed", options.speed, "of --replay: 4 is four times as fast")
      ->check(CLI::Range(0.001, 1e6))
      ->needs(replay);
  for (const auto* other : {"--rate", "--closed", "--find-max", "--verify", "--duration"})
    replay->excludes(app.get_option(other));
  app.add_option("--json", options.json, "write the result there too, as JSON");
  app.add_option("--html", options.html, "and there as a page with plots");
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv, std::ostream& out,
                                         std::ostream& err) {
  Options options;
  Texts texts;
  CLI::App app(about, "prefgate-load");
  app.option_defaults()->always_capture_default();
  app.add_option("url", options.url, "whom to load: http://127.0.0.1:8080, https://HOST:PORT")
      ->required()
      ->check(fault_of_url)
      ->type_name("URL");
  add_pace(app, options, texts);
  add_mix(app, options, texts);
  add_rest(app, options, texts);
  try {
    app.parse(argc, argv);
    read_texts(texts, options);
    return options;
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return 0;
  } catch (const CLI::Error& error) {
    err << "prefgate-load: " << error.what() << "\n(--help says what there is)\n";
    return 2;
  }
}

std::string read_token(const std::string& file, std::istream& in) {
  if (file.empty()) {
    std::string made_up;
    for (int i = 0; i < 60; ++i) made_up += "bench-token";
    return made_up;
  }
  std::string token;
  if (file == "-") {
    std::getline(in, token);
  } else {
    auto read = proxy::read_file(file, most_token);
    if (!read.fault.empty()) throw std::runtime_error("the token file " + file + ": " + read.fault);
    token = read.text.substr(0, read.text.find('\n'));
  }
  if (token.ends_with('\r')) token.pop_back();
  // RFC 6750, 2.1
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  if (token.empty() || !std::ranges::all_of(token, good))
    throw std::runtime_error("the token file " + file +
                             ": its first line is to be a bearer token, without `Bearer`");
  return token;
}

}  // namespace load
