// What the kernel and the loader are told about the process, so that a bug in it is worth less.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

std::string read_elf(const char* part) {
  const auto told = run({"readelf", "-W", part, binary("prefgate").string()});
  REQUIRE(told.status == 0);
  return told.output;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

// "CapEff:\t0000000000000400" as {"CapEff", 0x400}: of each thread the kernel has.
std::vector<std::map<std::string, std::uint64_t>> statuses(int pid) {
  std::vector<std::map<std::string, std::uint64_t>> all;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    auto& status = all.emplace_back();
    std::istringstream lines(read_file(thread.path() / "status"));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("Cap") || line.starts_with("NoNewPrivs"))
        status[line.substr(0, line.find(':'))] =
            std::stoull(line.substr(line.find(':') + 1), nullptr, 16);
  }
  return all;
}

}  // namespace

TEST_CASE("the program is loaded anywhere, its tables are read-only, its stack is no code") {
  CHECK(has(read_elf("--file-header"), "DYN (Position-Independent Executable file)"));
  CHECK(has(read_elf("--dynamic"), "BIND_NOW"));
  const auto segments = read_elf("--program-headers");
  CHECK(has(segments, "GNU_RELRO"));
  const auto stack = segments.substr(segments.find("GNU_STACK"));
  CHECK_FALSE(has(stack.substr(0, stack.find('\n')), "RWE"));
  CHECK(has(read_elf("--dyn-syms"), "__stack_chk_fail"));
}

TEST_CASE("whoever starts it, no thread keeps a capability but to bind low ports, or gets one") {
  const ScriptedUpstream upstream{ScriptedUpstream::Forbidden{}};
  RunningGateway gateway(upstream.url());
  constexpr std::uint64_t bind_low_ports = std::uint64_t{1} << 10;
  const auto threads = statuses(gateway.process().id());
  CHECK(threads.size() > 2);
  for (auto status : threads) {
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
      REQUIRE(status.contains(set));
      CHECK((status[set] & ~bind_low_ports) == 0);
    }
    CHECK(status["NoNewPrivs"] == 1);
  }
}
