#include "proxy/cli.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <sstream>
#include <vector>

#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

// What a run of the command line did.
struct Ran {
  int status = -1;
  std::string out, err;
  std::string called;  // "serve", or "explain", the form where it is not plain, and the request
};

Ran run_with(std::vector<std::string> arguments, const std::string& input = "", int status = 0,
             bool colour = false) {
  Ran ran;
  const Commands commands{
      .serve =
          [&](const Config&) {
            ran.called = "serve";
            return status;
          },
      .explain =
          [&](const Config&, std::istream& request, std::ostream&, ReportForm form) {
            ran.called = form == ReportForm::json       ? "explain --json "
                         : form == ReportForm::coloured ? "explain in colour "
                                                        : "explain ";
            ran.called.append(std::istreambuf_iterator<char>(request), {});
            return status;
          },
  };
  std::vector<const char*> argv{"prefgate"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out, err;
  ran.status = run(static_cast<int>(argv.size()), argv.data(), commands, {in, out, err, colour});
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

constexpr std::string_view good =
    "listen: [{address: \"127.0.0.1:0\"}]\n"
    "upstream: {url: \"http://127.0.0.1:9\"}\n"
    "workers: 1\n"
    "log: {level: off}\n";

}  // namespace

TEST_CASE("wrong usage is 2, being asked for help is 0") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"serve"},
                                             {"check"},
                                             {"explain"},
                                             {"check", "-c"},
                                             {"check", "--nonsense", "-c", "x"},
                                             {"check", "-c", "x", "y"},
                                             {"serve", "-c", "x", "check", "-c", "y"},
                                             {"version", "x"},
                                             {"policy", "test", "x"}}) {
    CAPTURE(arguments.size());
    const Ran ran = run_with(arguments);
    CHECK(ran.status == 2);
    CHECK_FALSE(ran.err.empty());
    CHECK(ran.out.empty());
    CHECK(ran.called.empty());
  }
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"serve", "--help"}, {"explain", "-h"}}) {
    const Ran ran = run_with(arguments);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("prefgate") != std::string::npos);
    CHECK(ran.called.empty());
  }
}

TEST_CASE("a command that is none is named, with what may be meant") {
  CHECK(run_with({"chekc", "-c", "x"}).err ==
        "there is no command `chekc` (did you mean `check`?): see prefgate --help\n");
  CHECK(run_with({"nonsense"}).err == "there is no command `nonsense`: see prefgate --help\n");
}

TEST_CASE("a config file that cannot be read is 2, one with faults 1, a good one 0") {
  const tests::TemporaryDirectory directory;
  const std::string none = (directory.path() / "none.yaml").string();
  const std::string bad = directory.write("bad.yaml", "listen: []\n").string();
  const std::string fine = directory.write("good.yaml", good).string();
  const std::string lost =
      directory.write("lost.yaml", std::string(good) + "audit: {hmac_key: lost.hmac}\n").string();
  struct Case {
    std::string command, file;
    int status;
    std::string err, called;
  };
  const std::string none_line = none + ": cannot read: No such file or directory\n";
  const std::string bad_lines =
      bad + ": `upstream` is missing\n" + bad + ":1:9: expected at least one listener\n";
  const std::string lost_line =
      lost + ":5:19: cannot read the key file: No such file or directory\n";
  const Case cases[] = {
      {"check", none, 2, none_line, ""},    {"serve", none, 2, none_line, ""},
      {"explain", none, 2, none_line, ""},  {"check", bad, 1, bad_lines, ""},
      {"serve", bad, 1, bad_lines, ""},     {"explain", bad, 2, bad_lines, ""},
      {"check", lost, 1, lost_line, ""},    {"serve", lost, 1, lost_line, ""},
      {"explain", lost, 0, "", "explain "},  // needs no key
      {"check", fine, 0, "", ""},           {"serve", fine, 0, "", "serve"},
      {"explain", fine, 0, "", "explain "},
  };
  for (const auto& [command, file, status, err, called] : cases) {
    CAPTURE(command);
    CAPTURE(file);
    const Ran ran = run_with({command, "-c", file});
    CHECK(ran.status == status);
    CHECK(ran.err == err);
    CHECK(ran.called == called);
  }
}

TEST_CASE("check says what the gateway would do") {
  const tests::TemporaryDirectory directory;
  const std::string fine = directory.write("good.yaml", good).string();
  CHECK(run_with({"check", "--config", fine}).out ==
        fine +
            ": ok\n"
            "  listens on 127.0.0.1:0 in clear text\n"
            "  health and metrics at 127.0.0.1:9901\n"
            "  forwards to http://127.0.0.1:9, trusting the network\n"
            "  governs GET, POST /api/1/notification_preferences\n"
            "  other paths are forwarded; governed bodies of at most 64KiB\n"
            "  records in " +
            (directory.path() / "audit").string() +
            "; when they cannot be written, requests are rejected\n"
            "  workers: 1\n");
}

TEST_CASE("check names the upstream's addresses, or who is asked for them, where they are given") {
  const tests::TemporaryDirectory directory;
  const auto out = [&](const std::string& more) {
    const auto file = directory.write(
        "x.yaml", "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: https://api.example, " +
                      more + "}\n");
    return run_with({"check", "-c", file.string()}).out;
  };
  CHECK(out("addresses: [10.0.0.1:443, \"[::1]:444\"]")
            .find("authorities\n  connects to 10.0.0.1:443\n  connects to [::1]:444\n  governs") !=
        std::string::npos);
  CHECK(out("resolver: 127.0.0.1:5353")
            .find("authorities\n  asks 127.0.0.1:5353 for addresses\n  governs") !=
        std::string::npos);
}

TEST_CASE("check names a limit that is not off, and its mode") {
  const tests::TemporaryDirectory directory;
  const auto out = [&](const std::string& limit) {
    const auto file =
        directory.write("a.yaml", std::string(good) + "filters: {rate_limit: {" + limit + "}}\n");
    return run_with({"check", "-c", file.string()}).out;
  };
  CHECK(out("mode: observe").find("\n  limits each device to 60/min, 20 at once (observe)\n") !=
        std::string::npos);
  CHECK(out("mode: enforce, per: address, rate: 5/s, burst: 1")
            .find("\n  limits each address to 5/s, 1 at once (enforce)\n") != std::string::npos);
  CHECK(out("mode: off").find("limits each") == std::string::npos);
}

TEST_CASE("a warning does not change the status") {
  const tests::TemporaryDirectory directory;
  const std::string file =
      directory
          .write("warned.yaml",
                 "listen: [{address: \"0.0.0.0:0\"}]\nupstream: {url: \"http://127.0.0.1:9\"}\n")
          .string();
  const Ran ran = run_with({"check", "-c", file});
  CHECK(ran.status == 0);
  CHECK(ran.err ==
        file + ":1:20: warning: clear text, and not on loopback: tokens can be read on the way\n");
  CHECK(ran.out.starts_with(file + ": ok\n"));
}

TEST_CASE("explain reads its request from a file or from standard input") {
  const tests::TemporaryDirectory directory;
  const std::string fine = directory.write("good.yaml", good).string();
  const std::string request = directory.write("a.http", "from a file").string();
  const std::string none = (directory.path() / "none.http").string();
  CHECK(run_with({"explain", "-c", fine}, "from input").called == "explain from input");
  CHECK(run_with({"explain", "-c", fine, "-"}, "from input").called == "explain from input");
  CHECK(run_with({"explain", "-c", fine, request}, "no").called == "explain from a file");
  CHECK(run_with({"explain", "--json", request, "-c", fine}).called ==
        "explain --json from a file");
  const Ran ran = run_with({"explain", "-c", fine, none});
  CHECK(ran.status == 2);
  CHECK(ran.err == none + ": cannot read: No such file or directory\n");
  CHECK(ran.called.empty());
}

TEST_CASE("explain is in colour where somebody looks, and never in JSON") {
  const tests::TemporaryDirectory directory;
  const std::string fine = directory.write("good.yaml", good).string();
  CHECK(run_with({"explain", "-c", fine}, "a", 0, true).called == "explain in colour a");
  CHECK(run_with({"explain", "-c", fine, "--json"}, "a", 0, true).called == "explain --json a");
  CHECK(takes_colour(true, nullptr, "xterm-256color"));
  CHECK(takes_colour(true, "", "xterm"));
  CHECK_FALSE(takes_colour(true, "1", "xterm"));
  CHECK_FALSE(takes_colour(true, "0", "xterm"));
  CHECK_FALSE(takes_colour(true, nullptr, "dumb"));
  CHECK_FALSE(takes_colour(true, nullptr, nullptr));
  CHECK_FALSE(takes_colour(false, nullptr, "xterm"));
}

TEST_CASE("the status of serve and explain is the command's") {
  const tests::TemporaryDirectory directory;
  const std::string fine = directory.write("good.yaml", good).string();
  for (const int status : {0, 1, 2}) {
    CHECK(run_with({"serve", "-c", fine}, "", status).status == status);
    CHECK(run_with({"explain", "-c", fine}, "", status).status == status);
  }
}

TEST_CASE("version names the libraries it runs on") {
  const Ran ran = run_with({"version"});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.starts_with("prefgate 0."));
  for (const char* name : {"\ncommit ", "\ncompiler ", "\nBoost ", "\nOpenSSL ", "\nRapidJSON ",
                           "\nyaml-cpp ", "\nCLI11 ", "\nspdlog "})
    CHECK_MESSAGE(ran.out.find(name) != std::string::npos, name);
}
