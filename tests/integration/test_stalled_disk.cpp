// A disk that does not fail but stalls, seen from outside, under each `on_full`: what the mode
// promises happens and nothing else, no record is lost, and when the disk goes on so does the
// gateway, without a restart.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/stalled_disk.hpp"

using namespace tests;
using Call = StalledDisk::Call;

namespace {

constexpr std::size_t ring_bytes = 16 * 1024 * 1024;

struct Setting {
  explicit Setting(const std::string& audit, const std::string& limits = "{}")
      : upstream(ScriptedUpstream::always(ScriptedUpstream::ok())),
        gateway(upstream.url(),
                {.limits = limits, .audit = audit, .environment = disk.environment()}) {}

  std::string checkpoint() const { return read_file(gateway.folder().path() / "audit/checkpoint"); }
  std::size_t segment_bytes() const {
    return std::filesystem::file_size(gateway.folder().path() / "audit/records-000000000000.jsonl");
  }
  // The number of its records, once it has ended and `audit verify` has found them good.
  std::vector<Record> verified_records() {
    auto records = gateway.records();
    gateway.check_evidence();
    return records;
  }

  StalledDisk disk;
  ScriptedUpstream upstream;
  RunningGateway gateway;
};

}  // namespace

TEST_CASE(
    "durability: batch. An fsync that stalls is nobody's business: records go on being written" *
    doctest::skip(sanitized)) {
  for (const std::string on_full : {"reject", "drop", "block"}) {
    CAPTURE(on_full);
    Setting setting("{on_full: " + on_full + "}");
    setting.disk.stall(Call::sync);
    std::size_t sent = 0;
    {
      auto client = setting.gateway.client();
      CHECK(client.exchange(good_post()).status == 200);
      ++sent;
      setting.disk.wait_until_felt(Call::sync);
      const auto signed_before = setting.checkpoint();
      // More than the ring has room for.
      while (setting.segment_bytes() < 2 * ring_bytes) {
        REQUIRE(client.exchange(long_post()).status == 200);
        ++sent;
      }
      CHECK(setting.checkpoint() == signed_before);  // nothing is signed that may be lost
      setting.disk.go_on();
    }
    CHECK(setting.upstream.requests().size() == sent);
    const auto records = setting.verified_records();
    CHECK(recorded_in(records) == sent);
    CHECK(records.size() == sent);
    CHECK(setting.gateway.printed().find("failed") == std::string::npos);
  }
}

TEST_CASE(
    "on_full: reject. While writing stalls the rings fill; then 503, and nothing is forwarded" *
    doctest::skip(sanitized)) {
  Setting setting("{on_full: reject}");
  std::size_t good = 0;
  std::size_t refused = 0;
  {
    auto client = setting.gateway.client();
    const auto post = [&](const std::string& bytes) {
      const auto status = client.exchange(bytes).status;
      REQUIRE((status == 200 || status == 503));
      ++(status == 200 ? good : refused);
      return status == 200;
    };
    setting.disk.stall(Call::write);
    CHECK(post(good_post()));
    setting.disk.wait_until_felt(Call::write);
    while (refused < 5 && good < 2'000) post(long_post());
    CHECK(refused == 5);
    CHECK(good > 100);
    CHECK(setting.upstream.requests().size() == good);
    setting.disk.go_on();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!post(good_post())) REQUIRE(std::chrono::steady_clock::now() < until);
  }
  const auto records = setting.verified_records();
  CHECK(std::ranges::count_if(records, [](const Record& record) {
          return record.text("decision") == "forwarded";
        }) == static_cast<std::ptrdiff_t>(good));
  CHECK(recorded_in(records) + dropped_in(records) == good + refused);
}

TEST_CASE(
    "on_full: drop. While writing stalls everything goes on, and a gap record counts the rest" *
    doctest::skip(sanitized)) {
  Setting setting("{on_full: drop}");
  constexpr std::size_t exchanges = 600;
  {
    auto client = setting.gateway.client();
    setting.disk.stall(Call::write);
    for (std::size_t i = 0; i < exchanges; ++i) REQUIRE(client.exchange(long_post()).status == 200);
    setting.disk.go_on();
  }
  CHECK(setting.upstream.requests().size() == exchanges);
  const auto records = setting.verified_records();
  CHECK(dropped_in(records) > 0);
  CHECK(recorded_in(records) > 100);
  CHECK(recorded_in(records) + dropped_in(records) == exchanges);
}

TEST_CASE("on_full: block. While writing stalls requests wait for room, and then all are recorded" *
          doctest::skip(sanitized)) {
  Setting setting("{on_full: block}");
  constexpr std::size_t exchanges = 400;
  std::atomic<std::size_t> good{0};
  setting.disk.stall(Call::write);
  std::thread client([&] {
    auto connection = setting.gateway.client();
    for (std::size_t i = 0; i < exchanges; ++i)
      if (connection.exchange(long_post()).status == 200) ++good;
  });
  // Until nothing has gone on for a while.
  const auto now = std::chrono::steady_clock::now;
  const auto until = now() + patience;
  std::size_t forwarded = 0;
  for (auto since = now(); now() - since < milliseconds(300) && now() < until;)
    if (const auto count = setting.upstream.requests().size();
        count != std::exchange(forwarded, count))
      since = now();
  CHECK(forwarded > 100);
  CHECK(forwarded < exchanges);
  setting.disk.go_on();
  client.join();
  CHECK(good == exchanges);
  CHECK(setting.upstream.requests().size() == exchanges);
  const auto records = setting.verified_records();
  CHECK(recorded_in(records) == exchanges);
  CHECK(dropped_in(records) == 0);
}

TEST_CASE(
    "durability: request, on_full: reject. A silent disk is told to the client, and then no "
    "request goes on until it speaks" *
    doctest::skip(sanitized)) {
  Setting setting("{durability: request, on_full: reject}", "{request: 300ms}");
  {
    auto client = setting.gateway.client();
    CHECK(client.exchange(good_post()).status == 200);
    setting.disk.stall(Call::sync);
    const auto told = client.exchange(good_post());
    CHECK(told.status == 503);
    CHECK(told.field("x-prefgate-delivery") == "yes");
    for (int i = 0; i < 5; ++i) {
      const auto refused = client.exchange(good_post());
      CHECK(refused.status == 503);
      CHECK_FALSE(refused.has("x-prefgate-delivery"));
    }
    CHECK(setting.upstream.requests().size() == 2);
    setting.disk.go_on();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (client.exchange(good_post()).status != 200)
      REQUIRE(std::chrono::steady_clock::now() < until);
    CHECK(setting.upstream.requests().size() == 3);
  }
  const auto records = setting.verified_records();
  CHECK(std::ranges::count_if(records, [](const Record& record) {
          return record.text("decision") == "forwarded";
        }) == 3);
}

TEST_CASE("durability: request, on_full: drop. Answers go out although the disk is silent" *
          doctest::skip(sanitized)) {
  Setting setting("{durability: request, on_full: drop}", "{request: 300ms}");
  {
    auto client = setting.gateway.client();
    setting.disk.stall(Call::sync);
    for (int i = 0; i < 10; ++i) CHECK(client.exchange(good_post()).status == 200);
    setting.disk.go_on();
    CHECK(client.exchange(good_post()).status == 200);
  }
  CHECK(setting.upstream.requests().size() == 11);
  CHECK(setting.verified_records().size() == 11);
}

TEST_CASE("durability: request, on_full: block. Answers wait until the disk speaks again" *
          doctest::skip(sanitized)) {
  Setting setting("{durability: request, on_full: block}");
  {
    auto client = setting.gateway.client();
    CHECK(client.exchange(good_post()).status == 200);
    setting.disk.stall(Call::sync);
    client.send(good_post());
    setting.upstream.wait_for_requests(2);
    setting.disk.wait_until_felt(Call::sync);  // perhaps by the first one's checkpoint
    // Its worker is not held up: what needs no upstream is looked at meanwhile.
    auto other = setting.gateway.client();
    other.send(request("GET", path));
    setting.disk.go_on();
    CHECK(client.receive().status == 200);
    CHECK(other.receive().status == 401);
  }
  CHECK(setting.verified_records().size() == 3);
}
