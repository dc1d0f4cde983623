#include "proxy/audit_waits.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/support/allocations.hpp"

namespace {

using namespace std::chrono_literals;
using proxy::AuditRing;
using proxy::AuditWaits;
using proxy::Durability;
using proxy::OnFull;
using proxy::Task;
namespace asio = proxy::asio;

// One worker's loop, its ring and its waits; the test is the writer.
struct World {
  World(Durability durability, OnFull on_full) : waits(context, ring, durability, on_full) {}

  void commit(std::size_t size = 16) {
    const std::string record(size, 'x');
    REQUIRE(ring.reserve(size + AuditRing::framing));
    REQUIRE(ring.commit(size + AuditRing::framing, record));
  }
  // Takes everything, as the writer does.
  void drain() {
    ring.drain([](std::string_view) { return true; });
  }
  void made_durable() { ring.news().made_durable(ring.taken()); }

  void wait_for_disk(std::optional<bool>& result, std::chrono::milliseconds patience = 1h) {
    asio::co_spawn(
        context,
        [](AuditWaits& audit, std::optional<bool>& into, std::chrono::milliseconds most) -> Task<> {
          into = co_await audit.wait_for_disk(most);
        }(waits, result, patience),
        asio::detached);
    poll();
  }
  void wait_for_room(std::size_t bytes, std::optional<bool>& result,
                     std::chrono::milliseconds patience = 1h) {
    asio::co_spawn(
        context,
        [](AuditWaits& audit, std::size_t size, std::optional<bool>& into,
           std::chrono::milliseconds most) -> Task<> {
          into = co_await audit.wait_for_room(size, most);
        }(waits, bytes, result, patience),
        asio::detached);
    poll();
  }
  void poll() {
    context.restart();
    context.poll();
  }
  void run() {  // to the end of all waits
    context.restart();
    context.run();
  }

  asio::io_context context{1};
  AuditRing ring{256};
  AuditWaits waits;
};

using Result = std::optional<bool>;

}  // namespace

TEST_CASE("a wait for the disk ends when its own record is durable, and not before") {
  World world(Durability::request, OnFull::reject);
  Result first;
  Result second;
  world.commit();
  world.wait_for_disk(first);
  world.drain();
  world.commit();
  world.wait_for_disk(second);
  CHECK_FALSE(first.has_value());
  world.made_durable();
  world.poll();
  CHECK(first == true);
  CHECK_FALSE(second.has_value());
  world.drain();
  world.made_durable();
  world.poll();
  CHECK(second == true);
  Result late;
  world.wait_for_disk(late);  // nothing was committed since
  CHECK(late == true);
}

TEST_CASE("one commit of the writer is one look of the worker, however many wait") {
  World world(Durability::request, OnFull::reject);
  std::vector<Result> results(20);
  for (auto& result : results) {
    if (world.ring.depth() < 200) world.commit(1);
    world.wait_for_disk(result);
  }
  world.drain();
  world.made_durable();
  world.context.restart();
  // The look, and then each of those who waited: its timer's end.
  CHECK(world.context.poll() == 1 + results.size());
  for (const auto& result : results) CHECK(result == true);
}

TEST_CASE("a disk that fails ends the waits, but for `block`, and keeps new requests out") {
  for (const auto on_full : {OnFull::reject, OnFull::drop, OnFull::block}) {
    CAPTURE(static_cast<int>(on_full));
    World world(Durability::request, on_full);
    Result result;
    world.commit();
    world.wait_for_disk(result);
    world.ring.news().failed();
    world.poll();
    CHECK(result == (on_full == OnFull::block ? Result() : Result(false)));
    CHECK(world.waits.reserve(10) == (on_full == OnFull::drop));
    world.drain();
    world.made_durable();
    world.poll();
    CHECK(world.waits.reserve(10));
    if (on_full == OnFull::block) CHECK(result == true);
  }
}

TEST_CASE("a disk that answers nothing keeps nobody longer than his patience, nor the next") {
  for (const auto on_full : {OnFull::reject, OnFull::drop, OnFull::block}) {
    CAPTURE(static_cast<int>(on_full));
    World world(Durability::request, on_full);
    Result result;
    world.commit();
    world.wait_for_disk(result, 1ms);
    world.run();
    CHECK(result == false);
    CHECK(world.waits.reserve(10) == (on_full == OnFull::drop));
    if (on_full == OnFull::drop) {
      Result next;
      world.wait_for_disk(next);
      CHECK(next == false);
    }
    world.drain();
    world.made_durable();
    world.poll();
    CHECK(world.waits.reserve(10));
  }
}

TEST_CASE("room is waited for in line, and comes as the writer makes it") {
  World world(Durability::batch, OnFull::block);
  world.commit(200);
  Result large;
  Result small;
  world.wait_for_room(150, large);
  world.wait_for_room(100, small);
  CHECK_FALSE(large.has_value());
  CHECK_FALSE(small.has_value());
  world.drain();
  world.poll();
  CHECK(large == true);
  CHECK(small == true);
  CHECK_FALSE(world.waits.reserve(7));  // 250 of 256 are set aside
  CHECK(world.waits.reserve(6));
  Result third;
  world.wait_for_room(10, third, 1ms);
  world.run();
  CHECK(third == false);
  world.ring.release(256);
  CHECK(world.waits.reserve(256));  // who gave up has nothing
}

TEST_CASE("under `block` room is not given while the disk fails, if a record must be durable") {
  World world(Durability::request, OnFull::block);
  world.ring.news().failed();
  Result result;
  world.wait_for_room(10, result);
  CHECK_FALSE(result.has_value());
  world.made_durable();
  world.poll();
  CHECK(result == true);
}

TEST_CASE("stopping ends every wait") {
  World world(Durability::request, OnFull::block);
  Result disk;
  Result room;
  world.commit(200);
  world.wait_for_disk(disk);
  world.wait_for_room(100, room);
  world.waits.stop();
  world.poll();
  CHECK(disk == false);
  CHECK(room == false);
  Result later;
  world.wait_for_room(100, later);
  CHECK(later == false);
}

TEST_CASE("a warm wait asks the heap for nothing" * doctest::skip(!tests::counts_allocations())) {
  World world(Durability::request, OnFull::reject);
  std::size_t before = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 50) before = tests::allocations();
    Result result;
    world.commit();
    world.wait_for_disk(result);
    world.drain();
    world.made_durable();
    world.poll();
    REQUIRE(result == true);
  }
  CHECK(tests::allocations() == before);
}
