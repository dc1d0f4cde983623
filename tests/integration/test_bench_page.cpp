// bench/page draws what bench/run has written, and nothing else.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

constexpr auto results = R"(# prefgate beside <others>

Written on a day & night, **In short.**

What it is.

## The goals

| goal | at most | is | |
|---|---|---|---|
| CPU time | 0.90 | 0.50 (0.40..0.60) | **reached**; within it 3 of 3 rounds |
| memory | 1.00 | 1.16 | not reached |

### clear-clear

| clear-clear | nginx | prefgate |
|---|---|---|
| CPU us/request | 40.0 (30.0..100.0) | 20.0 (10.0..50.0) |
| over nginx | 1 | 0.50 (0.40..0.60) |

CPU us/request:

```text
prefgate 20.0 ####
```

| clear-clear, 10 requests/s | nginx | prefgate | silent |
|---|---|---|---|
| p50 us | 10 (10..100) | 100 (10..1000) | |
| p99 us | 100 (10..100) | 1000 (10..1000) | |
| p99.9 us | 1000 (10..1000) | 1000 (10..1000) | |
)";

Finished make(const fs::path& source, const fs::path& target) {
  return run({project() / "bench/page", source, target});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bench/page draws medians and ranges, each on its scale") {
  const TemporaryDirectory place;
  const auto source = place.path() / "RESULTS.md", target = place.path() / "page.html";
  std::ofstream(source) << results;
  const auto made = make(source, target);
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  const auto page = read_file(target);
  for (const auto* part :
       {// Text is escaped, whether a title, a paragraph or what is read aloud.
        "<title>prefgate beside &lt;others&gt;</title>", "a day &amp; night",
        "aria-label=\"CPU us/request: nginx 40.0 (30.0..100.0); prefgate 20.0 (10.0..50.0)\"",
        // The most of all, and 2 % of room, are the width of a plot.
        "<rect class=\"bar\" x=\"0\" y=\"22\" width=\"39.2%\"",
        "<rect class=\"bar ours\" x=\"0\" y=\"68\" width=\"19.6%\"",
        "<line class=\"range\" x1=\"9.8%\" y1=\"74\" x2=\"49.0%\" y2=\"74\"/>",
        "20.0 (10.0..50.0) · 0.50×",
        // Of two decades 10 is the beginning, 100 the middle.
        "<circle class=\"dot s1\" cx=\"50.0%\"", "<circle class=\"dot s0\" cx=\"0.0%\"",
        "<line class=\"range s0\" x1=\"0.0%\" y1=\"30\" x2=\"50.0%\" y2=\"30\"/>",
        "<td class=\"good\"><strong>reached</strong>", "<td class=\"bad\">not reached</td>"})
    CHECK_MESSAGE(has(page, part), part);
  // Bars drawn in text give way, who has no figure is not drawn, and nothing is from elsewhere.
  for (const auto* part : {"####", "CPU us/request:</p>", "silent 10", "<script",
                           "http:", "https:", "@import", "url("})
    CHECK_MESSAGE(!has(page, part), part);
}

TEST_CASE("bench/page draws bench/RESULTS.md") {
  const TemporaryDirectory place;
  const auto target = place.path() / "page.html";
  const auto made = make(project() / "bench/RESULTS.md", target);
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  const auto page = read_file(target);
  // Each work, and plots.
  for (const auto* work : {"clear-clear", "tls-clear", "tls-tls"})
    CHECK_MESSAGE(has(page, "aria-label=\"" + std::string(work) + "\""), work);
  CHECK(has(page, "aria-label=\"CPU us/request: nginx "));
}

TEST_CASE("bench/page says what it cannot read or write") {
  const TemporaryDirectory place;
  const auto other = place.path() / "other.md", target = place.path() / "page.html";
  std::ofstream(other) << "Something else\n";
  CHECK(has(make(other, target).errors, "bench/page: this is not what bench/run writes"));
  CHECK(has(make(place.path() / "none.md", target).errors, "none.md: No such file"));
  CHECK(has(make(project() / "bench/RESULTS.md", place.path() / "no/page.html").errors,
            "no/page.html: No such file"));
  CHECK_FALSE(fs::exists(target));
  CHECK(run({project() / "bench/page"}).status == 1);
}
