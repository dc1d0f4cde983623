#include "proxy/policy_cli.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "proxy/cli.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

constexpr std::string_view policy = R"(version: 1
rules:
  - {id: alarm-on, mode: enforce, force: {alarm: true}}
  - {id: quiet, when: {locale: [de]}, forbid: ["lootbox_*"]}
tests:
  - {name: alarm stays on, request: {preferences: {alarm: false}}, expect: {preferences: {alarm: true}}}
)";
constexpr std::string_view failing =
    "  - {name: \"alarm & <all>\", request: {}, expect: {preferences: {alarm: false}, rules: "
    "[]}}\n";

struct Ran {
  int status;
  std::string out, err;
};

Ran run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"prefgate", "policy", "test"});
  std::vector<const char*> argv;
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in;
  std::ostringstream out, err;
  const int status = proxy::run(static_cast<int>(argv.size()), argv.data(), {}, {in, out, err});
  return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("policy test shows what passed, and of the rest what differs") {
  const tests::TemporaryDirectory folder;
  const auto file = folder.write("p.yaml", policy).string();
  const auto good = run({file});
  CHECK(good.status == 0);
  CHECK(good.out == "ok    alarm stays on\n1 passed, 0 failed; 2 rules, never exercised: quiet\n");
  CHECK(good.err == "");
  folder.write("p.yaml", std::string(policy) + std::string(failing));
  const auto bad = run({file});
  CHECK(bad.status == 1);
  CHECK(bad.out == "ok    alarm stays on\nFAIL  alarm & <all>  (" + file +
                       ":7)\n      - preferences.alarm: false\n      + preferences.alarm: true\n"
                       "      - rules: []\n      + rules: [alarm-on]\n"
                       "1 passed, 1 failed; 2 rules, never exercised: quiet\n");
}

TEST_CASE("policy test writes JUnit's XML") {
  const tests::TemporaryDirectory folder;
  const auto file = folder.write("p.yaml", std::string(policy) + std::string(failing)).string();
  const auto ran = run({"--format", "junit", file});
  CHECK(ran.status == 1);
  CHECK(ran.out ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + file +
            "\" tests=\"2\" failures=\"1\">\n"
            "  <testcase classname=\"policy\" name=\"alarm stays on\" file=\"" +
            file +
            "\" line=\"6\"/>\n"
            "  <testcase classname=\"policy\" name=\"alarm &amp; &lt;all&gt;\" file=\"" +
            file +
            "\" line=\"7\">\n    <failure message=\"preferences.alarm differs\">\n"
            "- preferences.alarm: false\n+ preferences.alarm: true\n- rules: []\n"
            "+ rules: [alarm-on]\n</failure>\n  </testcase>\n"
            "  <system-out>2 rules, never exercised: quiet</system-out>\n</testsuite>\n");
}

TEST_CASE("as enforced, a rule that only observes shows what it would do") {
  const tests::TemporaryDirectory folder;
  const auto file = folder
                        .write("p.yaml",
                               "version: 1\nrules: [{id: a, force: {alarm: true}}]\ntests:\n"
                               "  - {name: t, request: {}, expect: {preferences: {alarm: true}}}\n")
                        .string();
  CHECK(run({file}).status == 1);
  const auto enforced = run({"--as-enforced", file});
  CHECK(enforced.status == 0);
  CHECK(enforced.out == "ok    t\n1 passed, 0 failed; 1 rule, all of them exercised\n");
}

TEST_CASE("as enforced, rules that contradict each other are no policy") {
  const tests::TemporaryDirectory folder;
  const auto file =
      folder
          .write("p.yaml",
                 "version: 1\nrules:\n  - {id: a, force: {alarm: true}}\n"
                 "  - {id: b, force: {alarm: false}}\ntests:\n"
                 "  - {name: t, request: {}, expect: {preferences: {alarm: false}}}\n")
          .string();
  const auto ran = run({"--as-enforced", file});
  CHECK(ran.status == 1);
  CHECK(ran.out == "");
  CHECK(ran.err ==
        file +
            ":4:21: rule `b` (line 4) contradicts rule `a` (line 3): on `alarm`, the one "
            "forces it to false, the other forces it to true, and a request can match "
            "both, once enforced\n");
}

TEST_CASE("the example policy passes its own tests, each rule exercised") {
  const auto ran = run({"proxy/example_policy.yaml"});  // from the root of the project
  CHECK(ran.status == 0);
  CHECK(ran.err == "");
  CHECK(ran.out.ends_with("4 passed, 0 failed; 3 rules, all of them exercised\n"));
}

TEST_CASE("no test is no success, a fault is 1, what cannot be read and wrong usage are 2") {
  const tests::TemporaryDirectory folder;
  const auto none = folder.write("none.yaml", "version: 1\nrules: []\n").string();
  const auto empty = run({none});
  CHECK(empty.status == 1);
  CHECK(empty.out.ends_with(none + " has no tests: nothing is shown to work\n"));
  const auto wrong = folder.write("wrong.yaml", "version: 2\n").string();
  const auto faulty = run({wrong});
  CHECK(faulty.status == 1);
  CHECK(faulty.out == "");
  CHECK(faulty.err.find(wrong + ":1:10: expected 1") != std::string::npos);
  CHECK(run({none + ".lost"}).err == none + ".lost: cannot read: No such file or directory\n");
  CHECK(run({none + ".lost"}).status == 2);
  CHECK(run({"--contract", none + ".lost", none}).status == 2);
  CHECK(run({"--contract", wrong, none}).status == 1);
  CHECK(run({"--format", "xml", none}).status == 2);
  CHECK(run({}).status == 2);
}
