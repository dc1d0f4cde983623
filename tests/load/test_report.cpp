// What is reported, from a result that is made up.
#include "bench/load/report.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "bench/load/chart.hpp"
#include "bench/load/progress.hpp"

using namespace load;

namespace {

Report report() {
  Report report{.url = "http://gate.example:8080", .load = "open loop, 500 requests/s"};
  auto& result = report.result;
  result.asked = 1001;
  result.answered = 1000;
  result.asked_for = 2;
  result.lasted = 2.5;
  result.statuses = {{200, 990}, {422, 10}};
  result.connections = 64;
  for (int i = 1; i <= 1000; ++i) result.latency.add(std::chrono::microseconds(i));
  result.seconds = {{.asked = 500, .answered = 500, .p50 = milliseconds(1), .lasted = 1},
                    {.asked = 501, .answered = 450, .failed = 1, .busy = 0.25, .lasted = 1},
                    {.answered = 50, .lasted = 0.5}};
  report.sent = {{"good GET", 1001}};
  return report;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the text says what was asked, what was achieved and how long it took") {
  CHECK(as_text(report()) ==
        R"(http://gate.example:8080: open loop, 500 requests/s
  asked        1,001 requests, 500/s
  achieved     1,000 answers, 400/s in 2.50 s
  sent         1,001 good GET
  answered     990 with 200, 10 with 422
  latency      p50     p75     p90     p95     p99     p99.9   p99.99   most
               502 us  754 us  901 us  950 us  991 us  999 us  1.00 ms  1.00 ms
  generator    busy for at most 25 % of a second, 0 requests left late, 64 connections opened
)");
}

TEST_CASE("the text names each failure, each unexpected answer and what the upstream has wrong") {
  auto bad = report();
  bad.result.failures[0] = 2;
  bad.result.connect_fault = "Connection refused";
  bad.result.failures[4] = 1;
  bad.result.unexpected["good GET answered 500, not 200"] = 1234;
  bad.verified = Verified{10, {{"alarm is not true", 3}}};
  const auto text = as_text(bad);
  CHECK(text.find("  FAILED       2 no connection: Connection refused\n") != text.npos);
  CHECK(text.find("  FAILED       1 no answer in time\n") != text.npos);
  CHECK(text.find("  UNEXPECTED   1,234 times: good GET answered 500, not 200\n") != text.npos);
  CHECK(text.find("  WRONG        3 times: alarm is not true\n") != text.npos);
}

TEST_CASE(
    "a run is good where all was answered as expected and all is stored that was looked for") {
  CHECK(report().good());
  auto failed = report();
  failed.result.failures[5] = 1;
  CHECK_FALSE(failed.good());
  auto unexpected = report();
  unexpected.result.unexpected["x"] = 1;
  CHECK_FALSE(unexpected.good());
  auto silent = report();
  silent.result.answered = 0;
  CHECK_FALSE(silent.good());
  auto verified = report();
  verified.verified = Verified{10, {}};
  CHECK(verified.good());
  verified.verified->wrong["alarm is not true"] = 1;
  CHECK_FALSE(verified.good());
  // Nothing that could be looked for proves nothing.
  verified.verified = Verified{};
  CHECK_FALSE(verified.good());
}

TEST_CASE("the JSON has the same numbers") {
  const auto text = as_json(report());
  rapidjson::Document json;
  json.Parse(text.c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(json["good"].GetBool());
  CHECK(json["asked"].GetUint64() == 1001);
  CHECK(json["achieved_per_s"].GetDouble() == 400);
  CHECK(json["statuses"]["422"].GetUint64() == 10);
  CHECK(json["latency_us"]["p50"].GetDouble() == doctest::Approx(500).epsilon(0.008));
  CHECK(json["latency_us"]["max"].GetDouble() == 1000);
  REQUIRE(json["seconds"].Size() == 3);
  CHECK(json["seconds"][1]["failed"].GetUint64() == 1);
  CHECK(json["seconds"][1]["generator_busy"].GetDouble() == 0.25);
  CHECK_FALSE(json.HasMember("verified"));
}

TEST_CASE("the page has three plots, needs no network and takes no text for markup") {
  auto odd = report();
  odd.url = "http://<script>&\"";
  const auto page = as_html(odd);
  CHECK(count(page, "<svg ") == 3);
  CHECK(count(page, "</svg>") == 3);
  CHECK(count(page, "<polyline ") == 7);
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find("http://&lt;script&gt;&amp;&quot;") != page.npos);
  for (const auto* outside : {"src=", "href=", "@import", "url("})
    CHECK(page.find(outside) == page.npos);
  for (const auto* wrong : {"nan", "inf\"", "-nan"}) CHECK(page.find(wrong) == page.npos);
}

TEST_CASE("a page of a run without a single answer is a page, too") {
  Report empty{.url = "http://x", .load = "nothing"};
  empty.result.lasted = 1;
  const auto page = as_html(empty);
  CHECK(count(page, "</svg>") == 3);
  CHECK(page.find("nan") == page.npos);
}

TEST_CASE("a chart's points lie inside it, the highest at the top mark or below") {
  const auto svg = as_svg({.title = "t",
                           .x_name = "x",
                           .y_name = "y",
                           .series = {{"s", {{0, 0}, {1, 730}, {2, 1000}}}}});
  CHECK(svg.find("points=\"70.0,250.0 405.0,96.7 740.0,40.0 \"") != svg.npos);
  const auto decades = as_svg({.title = "t",
                               .x_name = "x",
                               .y_name = "y",
                               .series = {{"s", {{0, 0.1}, {1, 1}, {2, 10}}}},
                               .logarithmic = true});
  CHECK(decades.find("points=\"70.0,250.0 405.0,145.0 740.0,40.0 \"") != decades.npos);
}

TEST_CASE("progress tells of the last second that has passed") {
  Result result;
  CHECK(progress_text(result).empty());
  result.seconds = {{.asked = 5000,
                     .answered = 4998,
                     .p50 = std::chrono::microseconds(210),
                     .p99 = std::chrono::microseconds(1200),
                     .lasted = 1},
                    {.asked = 7}};
  CHECK(progress_text(result) ==
        "1 s: asked 5,000/s, achieved 4,998/s, p50 210 us, p99 1.20 ms, 0 failed, 0 unexpected");
}
