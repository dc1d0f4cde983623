// The command line: what is asked for, and what is said of a wrong one.
#include "bench/load/options.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/support/temporary_directory.hpp"

using namespace load;

namespace {

struct Parsed {
  std::variant<Options, int> options;
  std::string out, err;
};

Parsed parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "prefgate-load");
  std::ostringstream out, err;
  auto options = parse_options(static_cast<int>(arguments.size()), arguments.data(), out, err);
  return {std::move(options), out.str(), err.str()};
}

Options good(const std::vector<const char*>& arguments) {
  auto parsed = parse(arguments);
  INFO(parsed.err);
  REQUIRE(std::holds_alternative<Options>(parsed.options));
  return std::get<Options>(std::move(parsed.options));
}

constexpr const char* url = "http://127.0.0.1:8080";

}  // namespace

TEST_CASE("without options it is 1000 requests a second for 10 s, a fifth of them misspelt") {
  const auto options = good({url});
  CHECK(options.rates == std::vector<Rate>{{1000, 1000}});
  CHECK(options.duration == std::chrono::seconds(10));
  CHECK(options.mix.flaws[1] == 0.2);
  CHECK(options.mix.flaws[0] == doctest::Approx(0.78));
  CHECK_FALSE(options.pace.closed);
}

TEST_CASE("every option is taken") {
  const auto options = good({url,           "--rate",
                             "1000..5000",  "--duration",
                             "2min",        "--warmup",
                             "500ms",       "--timeout",
                             "3s",          "--late",
                             "5ms",         "--busy",
                             "80%",         "--connections",
                             "7",           "--new-connections",
                             "--posts",     "25%",
                             "--misspelt",  "0%",
                             "--invalid",   "10%",
                             "--unknown",   "0.5%",
                             "--names",     "105",
                             "--devices",   "9",
                             "--skew",      "0.5",
                             "--seed",      "42",
                             "--expect",    "invalid=200",
                             "--verify",    "https://up.example",
                             "--verify-ca", "b.pem",
                             "--governed",  "alarm=true",
                             "--governed",  "beta=absent",
                             "--ca",        "a.pem",
                             "--token",     "-",
                             "--json",      "r.json",
                             "--html",      "r.html"});
  CHECK(options.rates == std::vector<Rate>{{1000, 5000}});
  CHECK(options.duration == std::chrono::minutes(2));
  CHECK(options.in_time == milliseconds(5));
  CHECK(options.most_busy == 0.8);
  CHECK(options.pace.connections == 7);
  CHECK(options.pace.new_connections);
  CHECK(options.pace.timeout == std::chrono::seconds(3));
  CHECK(options.mix.posts == 0.25);
  CHECK(options.mix.flaws[2] == 0.1);
  CHECK(options.mix.flaws[3] == 0.005);
  CHECK(options.mix.expected[2] == 200);
  CHECK(options.mix.names == 105);
  CHECK(options.mix.seed == 42);
  CHECK(options.governed == Governed{{"alarm", true}, {"beta", std::nullopt}});
  CHECK(good({url, "--closed"}).pace.closed);
  CHECK(good({url, "--find-max", "--p99", "5ms"}).find_max == milliseconds(5));
  CHECK(good({url, "--replay", "audit", "--speed", "4"}).speed == 4);
}

TEST_CASE("a wrong command line ends with 2 and says what is wrong") {
  const std::vector<std::pair<std::vector<const char*>, const char*>> rows{
      {{}, "url is required"},
      {{"ftp://x"}, "the URL is not good"},
      {{url, "--rate", "5k"}, "`5k` is no rate: give 5000"},
      {{url, "--rate", "0"}, "`0` is no rate"},
      {{url, "--duration", "10"}, "`10` is no time: give 500ms"},
      {{url, "--duration", "0s"}, "longer than nothing"},
      {{url, "--misspelt", "0.2"}, "`0.2` is no share: give 20%"},
      {{url, "--invalid", "101%"}, "`101%` is no share"},
      {{url, "--invalid", "60%", "--misspelt", "41%"}, "more than 100% together"},
      {{url, "--names", "18"}, "18 not in {17,105}"},
      {{url, "--connections", "0"}, "--connections"},
      {{url, "--closed", "--rate", "5"}, "excludes"},
      {{url, "--p99", "5ms"}, "--p99 requires --find-max"},
      {{url, "--find-max"}, "--find-max requires --p99"},
      {{url, "--find-max", "--p99", "5ms", "--rate", "1,2"}, "begins at one rate"},
      {{url, "--expect", "toaster=200"}, "the kinds are good, misspelt, invalid, unknown"},
      {{url, "--expect", "invalid"}, "is not KIND=STATUS"},
      {{url, "--governed", "alarm=true"}, "--governed requires --verify"},
      {{url, "--verify", url, "--governed", "alarm=on"}, "is not NAME=true"},
      {{url, "--speed", "2"}, "--speed requires --replay"},
      {{url, "--replay", "audit", "--rate", "5"}, "excludes"},
      {{url, "--frobnicate"}, "--frobnicate"},
  };
  for (const auto& [arguments, said] : rows) {
    const auto parsed = parse(arguments);
    CAPTURE(parsed.err);
    CAPTURE(said);
    CHECK(std::holds_alternative<int>(parsed.options));
    if (const auto* status = std::get_if<int>(&parsed.options)) CHECK(*status == 2);
    CHECK(parsed.err.find(said) != std::string::npos);
    CHECK(parsed.out.empty());
  }
}

TEST_CASE("--help tells of every exit status") {
  const auto parsed = parse({"--help"});
  CHECK(std::get<int>(parsed.options) == 0);
  CHECK(parsed.out.find("3: prefgate-load itself was the bottleneck") != std::string::npos);
}

TEST_CASE("the token is a file's first line, or standard input's; what is in it is never said") {
  const tests::TemporaryDirectory folder;
  std::istringstream in("from-input\r\nmore");
  CHECK(read_token("-", in) == "from-input");
  CHECK(read_token(folder.write("token", "abc.def~123=\nmore\n"), in) == "abc.def~123=");
  CHECK(read_token("", in).size() == 660);
  for (const auto* bad : {"", "\n", "Bearer hidden", "hid\tden", "hidden\"x"}) {
    CAPTURE(bad);
    std::string said;
    try {
      read_token(folder.write("bad", bad), in);
    } catch (const std::runtime_error& fault) {
      said = fault.what();
    }
    CHECK(said.find("its first line is to be a bearer token") != std::string::npos);
    CHECK(said.find("hid") == std::string::npos);
  }
  CHECK_THROWS_WITH_AS(read_token(folder.path() / "none", in),
                       doctest::Contains("No such file or directory"), std::runtime_error);
}
