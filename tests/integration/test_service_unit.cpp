// The unit for systemd, asked of systemd's own checker: nothing in it is misspelt, and little is
// left open.
#include <doctest/doctest.h>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

namespace {

const std::string installed = "/usr/local/bin/prefgate";

struct Checker {
  Checker() {
    REQUIRE_MESSAGE(std::filesystem::exists(tools / "systemd"), "run `tests/install tool`");
  }
  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), tools / "systemd/usr/bin/systemd-analyze");
    const auto libraries = tools / "libsystemd-shared/usr/lib/x86_64-linux-gnu/systemd";
    const auto units =
        folder.path().string() + ":" + (tools / "systemd/lib/systemd/system").string();
    return tests::run(
        arguments, {.environment = {{"LD_LIBRARY_PATH", libraries}, {"SYSTEMD_UNIT_PATH", units}},
                    .folder = {},
                    .input = {}});
  }
  Finished verify(const std::string& unit) const {
    return run({"verify", "--man=no", folder.write("prefgate.service", unit)});
  }

  std::filesystem::path tools = project() / "build/tools";
  TemporaryDirectory folder;
};

// As it stands in the project, with the binary where the tests have it.
std::string unit() {
  auto text = read_file(project() / "proxy/prefgate.service");
  const auto at = text.find(installed);
  REQUIRE(at != text.npos);
  return text.replace(at, installed.size(), binary("prefgate").string());
}

}  // namespace

TEST_CASE("systemd understands every line of the unit") {
  const Checker checker;
  const auto good = checker.verify(unit());
  CHECK_MESSAGE(good.status == 0, good.errors);
  CHECK_MESSAGE(good.errors.find("prefgate.service:") == std::string::npos, good.errors);
  auto misspelt = unit();
  misspelt.replace(misspelt.find("UMask="), 6, "UMaks=");
  CHECK(checker.verify(misspelt).errors.find("Unknown key 'UMaks'") != std::string::npos);
}

TEST_CASE("systemd counts little that the service could do and need not") {
  const Checker checker;
  const std::string unit = project() / "proxy/prefgate.service";
  const auto judged = checker.run({"security", "--offline=true", "--threshold=15", unit});
  CHECK_MESSAGE(judged.status == 0, judged.output);
}
