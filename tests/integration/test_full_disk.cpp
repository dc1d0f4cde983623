// A disk that is full, and an audit directory that is deleted, under load and each `on_full`: what
// the mode promises happens and nothing else. A disk with room again is written to again, without a
// restart, and nothing that was taken is lost.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/metrics.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/small_disk.hpp"

using namespace tests;

namespace {

constexpr std::size_t disk_bytes = 64 * 1024 * 1024;  // four times the ring

struct Setting {
  explicit Setting(const std::string& audit, const std::string& limits = "{}")
      : disk(disk_bytes),
        upstream(ScriptedUpstream::always(ScriptedUpstream::ok())),
        gateway(upstream.url(), {.limits = limits, .audit = audit, .audit_at = disk.path()}) {}

  // Its records, once it has ended and `audit verify` has found them good.
  std::vector<Record> verified_records() {
    auto records = gateway.records();
    CHECK(gateway.printed().find("No space left on device") != std::string::npos);
    CHECK(gateway.printed().find("records are written again") != std::string::npos);
    gateway.check_evidence();
    return records;
  }

  SmallDisk disk;
  ScriptedUpstream upstream;
  RunningGateway gateway;
};

// How many requests the upstream has got, once it has had some and then none for a while.
std::size_t forwarded_at_rest(const ScriptedUpstream& upstream) {
  const auto now = std::chrono::steady_clock::now;
  const auto until = now() + patience;
  std::size_t forwarded = 0;
  for (auto since = now();
       (forwarded <= 100 || now() - since < milliseconds(300)) && now() < until;)
    if (const auto count = upstream.requests().size(); count != std::exchange(forwarded, count))
      since = now();
  return forwarded;
}

// What became of requests, one after the other.
struct Outcome {
  std::size_t good = 0;
  std::size_t refused = 0;

  bool count(const Answer& answer) {
    REQUIRE((answer.status == 200 || answer.status == 503));
    ++(answer.status == 200 ? good : refused);
    return answer.status == 200;
  }
};

}  // namespace

TEST_CASE("on_full: reject. On a full disk the ring fills; then 503, until there is room again" *
          doctest::skip(!SmallDisk::possible())) {
  Setting setting("{on_full: reject}");
  Outcome outcome;
  {
    auto client = setting.gateway.client();
    CHECK(outcome.count(client.exchange(good_post())));
    setting.disk.fill();
    while (outcome.refused < 5 && outcome.good < 2'000) outcome.count(client.exchange(long_post()));
    CHECK(outcome.refused == 5);
    CHECK(outcome.good > 100);
    CHECK(setting.upstream.requests().size() == outcome.good);
    setting.disk.make_room();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!outcome.count(client.exchange(good_post())))
      REQUIRE(std::chrono::steady_clock::now() < until);
  }
  const auto records = setting.verified_records();
  CHECK(std::ranges::count_if(records, [](const Record& record) {
          return record.text("decision") == "forwarded";
        }) == static_cast<std::ptrdiff_t>(outcome.good));
  CHECK(recorded_in(records) + dropped_in(records) == outcome.good + outcome.refused);
}

TEST_CASE("on_full: drop. On a full disk everything goes on, and a gap record counts the rest" *
          doctest::skip(!SmallDisk::possible())) {
  Setting setting("{on_full: drop}");
  constexpr std::size_t exchanges = 600;
  {
    auto client = setting.gateway.client();
    setting.disk.fill();
    for (std::size_t i = 0; i < exchanges; ++i) REQUIRE(client.exchange(long_post()).status == 200);
    CHECK(sum_of(scrape(setting.gateway), "prefgate_audit_dropped_total") > 0);
    setting.disk.make_room();
  }
  CHECK(setting.upstream.requests().size() == exchanges);
  const auto records = setting.verified_records();
  CHECK(dropped_in(records) > 0);
  CHECK(recorded_in(records) > 100);
  CHECK(recorded_in(records) + dropped_in(records) == exchanges);
}

TEST_CASE("on_full: block. On a full disk requests wait for room, and then all are recorded" *
          doctest::skip(!SmallDisk::possible())) {
  Setting setting("{on_full: block}");
  constexpr std::size_t exchanges = 400;
  std::atomic<std::size_t> good{0};
  setting.disk.fill();
  std::thread client([&] {
    auto connection = setting.gateway.client();
    for (std::size_t i = 0; i < exchanges; ++i)
      if (connection.exchange(long_post()).status == 200) ++good;
  });
  const auto forwarded = forwarded_at_rest(setting.upstream);
  CHECK(forwarded > 100);
  CHECK(forwarded < exchanges);
  setting.disk.make_room();
  client.join();
  CHECK(good == exchanges);
  CHECK(setting.upstream.requests().size() == exchanges);
  const auto records = setting.verified_records();
  CHECK(recorded_in(records) == exchanges);
  CHECK(dropped_in(records) == 0);
}

TEST_CASE(
    "durability: request. On a full disk an answer waits, is refused or goes out, by on_full" *
    doctest::skip(!SmallDisk::possible())) {
  for (const std::string on_full : {"reject", "drop", "block"}) {
    CAPTURE(on_full);
    Setting setting("{durability: request, on_full: " + on_full + "}");
    const auto felt = [&] {
      return setting.gateway.printed().find("No space left on device") != std::string::npos;
    };
    std::size_t forwarded = 0;
    {
      auto client = setting.gateway.client();
      setting.disk.fill();
      // What the last page still takes is safe, and answered so.
      const auto fails_at_last = [&] {
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
          REQUIRE(std::chrono::steady_clock::now() < until);
          const auto answer = client.exchange(good_post());
          ++forwarded;
          if (answer.status != 200 || (on_full == "drop" && felt())) return answer;
        }
      };
      if (on_full == "block") {
        client.send(long_post());
        setting.upstream.wait_for_requests(++forwarded);
        while (!felt()) std::this_thread::yield();
        setting.disk.make_room();
        CHECK(client.receive().status == 200);
      } else {
        const auto answer = fails_at_last();
        CHECK(answer.status == (on_full == "drop" ? 200 : 503));
        if (on_full == "reject") CHECK(answer.field("x-prefgate-delivery") == "yes");
        CHECK(setting.upstream.requests().size() == forwarded);
        setting.disk.make_room();
      }
      const auto until = std::chrono::steady_clock::now() + patience;
      while (client.exchange(good_post()).status != 200)
        REQUIRE(std::chrono::steady_clock::now() < until);
      ++forwarded;
    }
    CHECK(setting.upstream.requests().size() == forwarded);
    const auto records = setting.verified_records();
    CHECK(std::ranges::count_if(records, [](const Record& record) {
            return record.text("decision") == "forwarded";
          }) == static_cast<std::ptrdiff_t>(forwarded));
  }
}

TEST_CASE("a directory that is deleted under load: each on_full keeps its promise, to the end") {
  for (const std::string on_full : {"reject", "drop", "block"}) {
    CAPTURE(on_full);
    ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
    RunningGateway gateway(upstream.url(),
                           {.limits = "{request: 1s}", .audit = "{on_full: " + on_full + "}"});
    const bool drops = on_full == "drop";
    Outcome outcome;
    {
      auto client = gateway.client();
      CHECK(outcome.count(client.exchange(good_post())));
      const auto audit = gateway.folder().path() / "audit";
      const auto written = [&] {
        return read_file(audit / "records-000000000000.jsonl").size() > 0;
      };
      const auto until = std::chrono::steady_clock::now() + patience;
      while (!written()) REQUIRE(std::chrono::steady_clock::now() < until);
      // At one stroke: the gateway may be making a file in it.
      const auto deleted = gateway.folder().path() / "deleted";
      std::filesystem::rename(audit, deleted);
      std::filesystem::remove_all(deleted);
      for (int i = 0; i < 600 && outcome.refused < 3; ++i)
        outcome.count(client.exchange(long_post()));
      CHECK(outcome.refused == (drops ? 0 : 3));
      CHECK(outcome.good > 100);
      CHECK(upstream.requests().size() == outcome.good);
      const auto dropped = sum_of(scrape(gateway), "prefgate_audit_dropped_total");
      if (drops) CHECK(dropped > 100);
      CHECK_FALSE(std::filesystem::exists(audit));
    }
    CHECK(gateway.stop() == 1);  // what it holds is lost, and it says so
    CHECK(gateway.printed().find("What was deleted is gone") != std::string::npos);
    CHECK(gateway.printed().find(std::to_string(outcome.good + outcome.refused - 1) +
                                 " records could not be written") != std::string::npos);
  }
}
