#include "proxy/pool_policy.hpp"

#include <doctest/doctest.h>

#include <deque>

namespace {

using proxy::keeps;
using proxy::next_step;
using proxy::PoolCounts;
using proxy::PoolLimits;
using proxy::PoolStep;
using proxy::sheds;
using proxy::takes_stream;

constexpr PoolLimits limits{.connections = 4, .idle = 2, .waiting = 3};

struct Case {
  const char* what;
  PoolCounts counts;
  PoolStep step;
};

TEST_CASE("a pool reuses, opens, lines up, refuses, in this order") {
  const Case cases[] = {
      {"nothing yet", {0, 0, 0}, PoolStep::open},
      {"an idle one", {1, 1, 0}, PoolStep::reuse},
      {"an idle one, at the limit", {1, 4, 0}, PoolStep::reuse},
      {"all leased, room for one", {0, 3, 0}, PoolStep::open},
      {"all leased, at the limit", {0, 4, 0}, PoolStep::wait},
      {"beyond the limit", {0, 5, 0}, PoolStep::wait},
      {"others in line", {0, 4, 1}, PoolStep::wait},
      {"the last place in line", {0, 4, 2}, PoolStep::wait},
      {"the line is full", {0, 4, 3}, PoolStep::refuse},
      {"more than full", {0, 4, 4}, PoolStep::refuse},
      // One has come back, or gone, and those in line have not been woken yet.
      {"nobody overtakes the line to an idle one", {1, 4, 1}, PoolStep::wait},
      {"nobody overtakes the line to open one", {0, 3, 1}, PoolStep::wait},
      {"not even when it is full", {1, 3, 3}, PoolStep::refuse},
  };
  for (const auto& [what, counts, step] : cases) {
    CAPTURE(what);
    CHECK(next_step(counts, limits) == step);
  }
}

TEST_CASE("a quarter of the connections is left to requests that are whole") {
  struct Pool {
    std::size_t connections;
    std::size_t streams;  // at most
  };
  for (const auto& [connections, streams] :
       {Pool{1, 1}, {2, 1}, {3, 2}, {4, 3}, {5, 3}, {8, 6}, {256, 192}}) {
    CAPTURE(connections);
    CHECK(takes_stream(0, connections));
    CHECK(takes_stream(streams - 1, connections));
    CHECK_FALSE(takes_stream(streams, connections));
    CHECK_FALSE(takes_stream(streams + 1, connections));
  }
}

TEST_CASE("no counts make a pool open beyond its limit, or refuse while there is room") {
  for (std::size_t idle = 0; idle < 7; ++idle) {
    for (std::size_t open = idle; open < 7; ++open) {
      for (std::size_t waiting = 0; waiting < 7; ++waiting) {
        const auto step = next_step({idle, open, waiting}, limits);
        CAPTURE(idle);
        CAPTURE(open);
        CAPTURE(waiting);
        if (step == PoolStep::reuse) CHECK(idle > 0);
        if (step == PoolStep::open) CHECK(open < limits.connections);
        if (step == PoolStep::refuse) CHECK(waiting >= limits.waiting);
        if (step == PoolStep::wait) CHECK(waiting < limits.waiting);
      }
    }
  }
}

TEST_CASE("a pool that may hold nothing refuses at once") {
  CHECK(next_step({0, 0, 0}, {.connections = 0, .idle = 0, .waiting = 0}) == PoolStep::refuse);
}

TEST_CASE("a connection that comes back is kept while somebody waits or idle places are free") {
  CHECK(keeps({0, 1, 0}, limits));
  CHECK(keeps({1, 2, 0}, limits));
  CHECK_FALSE(keeps({2, 3, 0}, limits));
  CHECK(keeps({2, 4, 1}, limits));
  CHECK_FALSE(keeps({0, 1, 0}, {.connections = 4, .idle = 0, .waiting = 3}));
  CHECK(keeps({0, 1, 1}, {.connections = 4, .idle = 0, .waiting = 3}));
}

TEST_CASE("one more is shed while the first in line has waited half of what it may") {
  using std::chrono::milliseconds;
  const struct {
    int waited, most;
    bool shed;
  } cases[] = {{0, 1000, false},   {499, 1000, false},   {500, 1000, false}, {501, 1000, true},
               {1000, 1000, true}, {30'000, 1000, true}, {0, 1, false},      {1, 1, true}};
  for (const auto& [waited, most, shed] : cases) {
    CAPTURE(waited);
    CAPTURE(most);
    CHECK(sheds(milliseconds{waited}, milliseconds{most}) == shed);
  }
}

// Before an upstream that takes one request each 12 ms, three times as many come for half a minute.
TEST_CASE("at three times what is taken the upstream always has work, and most are told at once") {
  constexpr int service = 12;
  constexpr int between = 4;
  for (const int most : {50, 200, 1000}) {
    CAPTURE(most);
    std::deque<int> line;  // since when
    int served = 0;
    int idle = 0;
    int late = 0;
    for (int now = 0; now < 30'000; ++now) {
      for (; !line.empty() && now - line.front() >= most; ++late) line.pop_front();
      const int waited = line.empty() ? 0 : now - line.front();
      if (now % between == 0 &&
          !sheds(std::chrono::milliseconds{waited}, std::chrono::milliseconds{most}))
        line.push_back(now);
      if (now % service != 0) continue;
      if (line.empty()) ++idle;
      if (line.empty()) continue;
      line.pop_front();
      ++served;
    }
    CHECK(idle == 0);
    CHECK(served == 30'000 / service);
    CHECK(late < 30'000 / between / 4);
  }
}

}  // namespace
