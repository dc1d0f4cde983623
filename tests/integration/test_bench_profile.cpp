// bench/profile says for which part of a proxy each of perf's samples was taken.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

constexpr auto sending = R"( ffffffff81000001 __local_bh_enable_ip ([kernel.kallsyms])
 ffffffff81000002 tcp_sendmsg ([kernel.kallsyms])
            55550001 proxy::Stream::send() (/usr/bin/prefgate)
)";
constexpr auto scheduling = " ffffffff81000003 schedule ([kernel.kallsyms])\n";

// bench/profile where `perf script` prints these stacks, each one sample.
Finished profile(std::initializer_list<std::string> stacks) {
  const TemporaryDirectory place;
  std::ofstream script(place.path() / "perf");
  script << "#!/bin/sh\ncat <<'END'\n";
  for (const auto& each : stacks) script << each << '\n';
  script << "END\n";
  script.close();
  fs::permissions(place.path() / "perf", fs::perms::owner_all);
  const auto path = place.path().string() + ":" + std::getenv("PATH");
  Process::Options options;
  options.environment = {{"PATH", path}};
  return run({project() / "bench/profile", "perf.data"}, options);
}

}  // namespace

TEST_CASE(
    "a sample is of the part that its innermost function is of, in the kernel of what was asked "
    "for") {
  struct {
    const char* name;
    std::string stack;
    const char* part;
  } const rows[] = {
      {"what the kernel does in a send", sending, "kernel: sending"},
      {"the kernel for itself", scheduling, "kernel: else"},
      {"a library",
       "  7f01 EVP_DigestUpdate (/usr/lib/x86_64-linux-gnu/libcrypto.so.3)\n  55 main "
       "(/usr/bin/prefgate)\n",
       "OpenSSL: hashes, TLS"},
      {"the clock, which is no kernel", "  7f02 __vdso_clock_gettime ([vdso])\n",
       "libc and libstdc++"},
      {"a function of the chain",
       "  55 filters::find_fields(std::span<char const>) (/usr/bin/prefgate)\n",
       "the chain: parsing fields, contract, policy"},
      {"one with a space and parentheses",
       "  55 proxy::Session::operator() (int) (/usr/bin/prefgate)\n", "HTTP and proxying"},
      {"a record's", "  55 proxy::RecordWriter::write() (/usr/bin/prefgate)\n", "records"},
      {"another", "  55 main (/usr/bin/prefgate)\n", "the program, else"},
      {"a name that is not known", "  55 [unknown] (/usr/bin/prefgate)\n", "the program, else"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    // A fourth of the samples is the row's, the others are the kernel's own.
    const auto done = profile({row.stack, scheduling, scheduling, scheduling});
    CAPTURE(done.output);
    CHECK(done.errors == "");
    CHECK(done.status == 0);
    const auto share = std::string(row.part) == "kernel: else" ? "1.00000 " : "0.25000 ";
    CHECK(done.output.find(std::string(share) + row.part + '\n') != std::string::npos);
  }
}

TEST_CASE("bench/profile says what it cannot read, and what perf was not allowed to see") {
  CHECK(profile({}).errors.find("bench/profile: perf.data: no samples") != std::string::npos);
  const auto blind = profile({"  55 main (/usr/bin/prefgate)\n"});
  CHECK(blind.errors.find("perf saw nothing of the kernel") != std::string::npos);
  CHECK(blind.status == 1);
  CHECK(run({project() / "bench/profile"}).status == 1);
}
