#include "proxy/standing_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using std::chrono::milliseconds;

constexpr milliseconds most{100};

// Something that comes out of the queue.
struct Out {
  int at;      // ms
  int waited;  // ms
};

struct Case {
  std::string what;
  std::vector<Out> out;
  std::string refused;  // a letter for each: 'x' where it is, '.' where not
};

TEST_CASE("a queue in which things wait too long, for too long, is shed down to half of that") {
  const Case cases[] = {
      {"nobody waits", {{0, 0}, {500, 0}, {1'000, 0}}, "..."},
      {"just in time, always", {{0, 50}, {500, 50}, {1'000, 50}}, "..."},
      {"a burst, or a stall, after which all come at once", {{0, 900}, {1, 900}, {99, 900}}, "..."},
      {"one that is taken out in time", {{0, 60}, {50, 90}, {100, 60}}, "..."},
      {"an overload that lasts", {{0, 60}, {50, 90}, {101, 110}, {102, 51}}, "..xx"},
      {"who comes in time is served in it, too", {{0, 60}, {60, 60}, {101, 60}, {102, 50}}, "..x."},
      {"being in time once does not end it",
       {{0, 60}, {60, 60}, {101, 60}, {150, 50}, {200, 60}},
       "..x.x"},
      {"being so for as long as `most` does",
       {{0, 60}, {100, 60}, {150, 60}, {200, 50}, {251, 60}, {351, 60}, {352, 60}},
       "..x...x"},
      {"a second stall, later, is a burst again", {{0, 900}, {1'000, 900}, {2'000, 900}}, "..."},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    proxy::StandingQueue queue;
    // A clock that is not new.
    const proxy::StandingQueue::Time start(std::chrono::hours{1});
    std::string refused;
    for (const auto& [at, waited] : each.out)
      refused += queue.sheds(start + milliseconds{at}, milliseconds{waited}, most) ? 'x' : '.';
    CHECK(refused == each.refused);
  }
}

TEST_CASE("the queue of a machine that has just started is judged like any other") {
  proxy::StandingQueue queue;
  CHECK_FALSE(queue.sheds({}, milliseconds{900}, most));
}

}  // namespace
