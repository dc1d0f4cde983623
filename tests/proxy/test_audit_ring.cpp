#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "proxy/audit_ring.hpp"
#include "tests/support/allocations.hpp"

namespace {

using proxy::AuditRing;

std::vector<std::string> drain_all(AuditRing& ring) {
  std::vector<std::string> records;
  ring.drain([&](std::string_view record) {
    records.emplace_back(record);
    return true;
  });
  return records;
}

bool put(AuditRing& ring, std::string_view record) {
  const auto room = record.size() + AuditRing::framing;
  return ring.reserve(room) && ring.commit(room, record);
}

}  // namespace

TEST_CASE("records come out whole, oldest first, once") {
  AuditRing ring(256);
  CHECK(drain_all(ring).empty());
  REQUIRE(put(ring, "{1}"));
  REQUIRE(put(ring, "{22}"));
  CHECK(drain_all(ring) == std::vector<std::string>{"{1}", "{22}"});
  CHECK(drain_all(ring).empty());
}

TEST_CASE("the backlog is what was committed and not taken yet; reservations are not in it") {
  AuditRing ring(64);
  REQUIRE(ring.reserve(20));
  CHECK(ring.depth() == 0);
  ring.release(20);
  for (int round = 0; round < 10; ++round) {  // around the end of the memory, too
    REQUIRE(put(ring, "{1}"));
    REQUIRE(put(ring, "{22}"));
    CHECK(ring.depth() == 3 + 4 + 2 * AuditRing::framing);
    CHECK(drain_all(ring).size() == 2);
    CHECK(ring.depth() == 0);
  }
}

TEST_CASE("capacity is the next power of two") {
  CHECK(AuditRing(1).capacity() == 64);
  CHECK(AuditRing(256).capacity() == 256);
  CHECK(AuditRing(257).capacity() == 512);
  CHECK(AuditRing().capacity() == 16 * 1024 * 1024);
}

TEST_CASE("a reservation is refused at the first byte too many, and by what is committed") {
  AuditRing ring(256);
  CHECK_FALSE(ring.reserve(257));
  CHECK(ring.reserve(200));
  CHECK_FALSE(ring.reserve(57));
  CHECK(ring.reserve(56));
  ring.release(56);
  ring.release(200);
  CHECK(ring.reserve(256));
  ring.release(256);

  REQUIRE(put(ring, std::string(100, '{')));  // 104 of 256 are taken
  CHECK_FALSE(ring.reserve(153));
  CHECK(ring.reserve(152));
  ring.release(152);
  CHECK(drain_all(ring).size() == 1);
  CHECK(ring.reserve(256));  // the consumer gave it back
}

TEST_CASE("reservations of one exchange add up, and exchanges end in any order") {
  AuditRing ring(512);
  REQUIRE(ring.reserve(100));  // first
  REQUIRE(ring.reserve(150));  // second
  REQUIRE(ring.reserve(50));   // first wants more
  CHECK(ring.commit(150, "{second}"));
  CHECK(ring.commit(150, "{first}"));
  CHECK(drain_all(ring) == std::vector<std::string>{"{second}", "{first}"});
  CHECK(ring.reserve(512));
}

TEST_CASE("room that is reserved is there when the record comes, however full the ring is") {
  AuditRing ring(256);
  REQUIRE(ring.reserve(100));
  while (put(ring, "{filling}")) {
  }
  const std::string record(100 - AuditRing::framing, '{');
  CHECK(ring.commit(100, record));
  CHECK(drain_all(ring).back() == record);
}

TEST_CASE("a record beyond its reservation takes free room, or is dropped and counted") {
  AuditRing ring(256);
  REQUIRE(ring.reserve(10));
  CHECK(ring.commit(10, std::string(50, 'a')));
  REQUIRE(ring.reserve(150));  // someone else's
  REQUIRE(ring.reserve(10));
  CHECK_FALSE(ring.commit(10, std::string(50, 'b')));
  CHECK(ring.dropped() == 1);
  CHECK(ring.commit(150, std::string(146, 'c')));
  CHECK(drain_all(ring) == std::vector<std::string>{std::string(50, 'a'), std::string(146, 'c')});
}

TEST_CASE("a record wraps around the end at every possible byte") {
  for (std::size_t shift = 0; shift < 64; ++shift) {
    AuditRing ring(64);
    if (shift >= AuditRing::framing) {
      REQUIRE(put(ring, std::string(shift - AuditRing::framing, 's')));
      drain_all(ring);
    }
    const std::string record = "{abcdefghijklmnopqrstuvwxyz0123456789}";
    REQUIRE(put(ring, record));
    CHECK(drain_all(ring) == std::vector<std::string>{record});
  }
}

TEST_CASE("a record longer than several blocks comes out whole") {
  AuditRing ring(1024 * 1024);
  for (int round = 0; round < 50; ++round) {
    const std::string record(200'000 + static_cast<std::size_t>(round) * 1'000, 'r');
    REQUIRE(put(ring, record));
    REQUIRE(put(ring, "{}"));
    CHECK(drain_all(ring) == std::vector<std::string>{record, "{}"});
  }
}

TEST_CASE("while the consumer keeps up, all goes through the same little memory") {
  AuditRing ring(16 * 1024 * 1024);
  const std::string record(2048 - AuditRing::framing, '{');  // none is in two blocks
  std::set<const char*> where;
  for (int i = 0; i < 20'000; ++i) {  // 40 MB
    REQUIRE(put(ring, record));
    if (i % 50 == 0)
      ring.drain([&](std::string_view each) {
        where.insert(each.data());
        return true;
      });
  }
  const auto apart = *where.rbegin() - *where.begin();
  CHECK(apart < 4 * 64 * 1024);
}

TEST_CASE("a record the consumer does not take stays, with all after it") {
  AuditRing ring(256);
  for (const auto* record : {"{1}", "{2}", "{3}"}) REQUIRE(put(ring, record));
  int calls = 0;
  ring.drain([&](std::string_view) { return ++calls < 2; });
  CHECK(calls == 2);
  CHECK(drain_all(ring) == std::vector<std::string>{"{2}", "{3}"});
}

TEST_CASE("the writer is wanted once each time the ring comes to be more than half full") {
  AuditRing ring(128);
  for (int round = 0; round < 3; ++round) {
    CHECK(put(ring, std::string(60, '{')));  // 64: exactly half
    CHECK_FALSE(ring.wants_writer());
    CHECK(put(ring, "{}"));
    CHECK(ring.wants_writer());
    CHECK_FALSE(ring.wants_writer());
    drain_all(ring);
    CHECK_FALSE(ring.wants_writer());
  }
}

TEST_CASE("dropped exchanges are counted from the start") {
  AuditRing ring(64);
  CHECK(ring.dropped() == 0);
  ring.count_dropped();
  ring.count_dropped();
  CHECK(ring.dropped() == 2);
}

TEST_CASE("the ring behaves as a queue with a sum, through any sequence of calls") {
  std::mt19937 random(20261122);
  for (int run = 0; run < 220; ++run) {
    const std::size_t scale = run < 200 ? 1 : 512;  // less than a block, and eight of them
    AuditRing ring(1024 * scale);
    std::deque<std::string> queue;
    std::vector<std::size_t> reservations;
    std::size_t taken = 0;  // reserved and committed
    std::size_t committed = 0;
    for (int step = 0; step < 200; ++step) {
      const auto act = random() % 4;
      if (act == 0) {
        const std::size_t bytes = (8 + random() % 200) * scale;
        const bool granted = ring.reserve(bytes);
        REQUIRE(granted == (taken + bytes <= ring.capacity()));
        if (granted) reservations.push_back(bytes), taken += bytes;
      } else if (act < 3 && !reservations.empty()) {
        const auto i = random() % reservations.size();
        const auto bytes = reservations[i];
        reservations.erase(reservations.begin() + static_cast<std::ptrdiff_t>(i));
        taken -= bytes;
        if (act == 1) {
          ring.release(bytes);
        } else {
          std::string record(1 + random() % (bytes - AuditRing::framing), 'a');
          for (auto& c : record) c = static_cast<char>('a' + random() % 26);
          REQUIRE(ring.commit(bytes, record));
          taken += record.size() + AuditRing::framing;
          committed += record.size() + AuditRing::framing;
          queue.push_back(record);
        }
      } else if (act == 3) {
        for (const auto& record : drain_all(ring)) {
          REQUIRE(record == queue.front());
          queue.pop_front();
        }
        REQUIRE(queue.empty());
        taken -= committed;
        committed = 0;
      }
    }
  }
}

TEST_CASE("two threads pass every record on, unharmed and in order") {
  constexpr unsigned count = 50'000;
  std::size_t capacity = 0, most = 0;  // of a record
  SUBCASE("in two blocks") capacity = 4096, most = 300;
  SUBCASE("in five") capacity = 256 * 1024, most = 10'000;
  AuditRing ring(capacity);
  std::thread producer([&] {
    std::mt19937 random(7);
    for (unsigned i = 0; i < count; ++i) {
      const auto record = std::to_string(i) + std::string(random() % most, 'x');
      const auto room = record.size() + AuditRing::framing + random() % 100;
      while (!ring.reserve(room)) std::this_thread::yield();
      ring.commit(room, record);
    }
  });
  std::mt19937 random(7);
  unsigned next = 0;
  bool right = true;
  while (next < count) {
    ring.drain([&](std::string_view record) {
      const auto expected = std::to_string(next++) + std::string(random() % most, 'x');
      random();  // the producer's draw for the room
      right = right && record == expected;
      return true;
    });
    std::this_thread::yield();
  }
  producer.join();
  CHECK(right);
  CHECK(drain_all(ring).empty());
}

TEST_CASE("reserving, committing and draining ask the heap for nothing") {
  AuditRing ring(4096);
  const std::string record(1000, '{');
  std::size_t seen = 0;
  const auto pass_some = [&] {
    for (int i = 0; i < 100; ++i) {
      if (ring.reserve(1500)) ring.commit(1500, record);
      if (ring.wants_writer() || i % 3 == 0)
        ring.drain([&](std::string_view each) {
          seen += each.size();
          return true;
        });
    }
  };
  pass_some();  // the first that is in two blocks
  const auto before = tests::allocations();
  pass_some();
  CHECK(tests::allocations() == before);
  CHECK(seen > 0);
}
