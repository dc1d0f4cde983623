// kill -9 under load, again and again: whatever was answered under `durability: request` is
// recorded exactly once, and the audit verifies after every restart. 8 rounds; 50 under
// PREFGATE_LONG, of another seed each time.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

constexpr std::size_t clients = 6;

// Posts on connections of its own until the gateway is gone, and kills it after some answers.
class Load {
 public:
  Load(RunningGateway& gateway, int round, std::size_t answers, std::chrono::microseconds later)
      : gateway_(gateway), round_(round), answers_(answers), later_(later) {}

  // The ids of the requests that were answered, whole.
  std::vector<std::string> run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < clients; ++i) threads.emplace_back([this, i] { post(i); });
    for (auto& thread : threads) thread.join();
    return std::move(answered_);
  }

 private:
  void post(std::size_t client) {
    try {
      auto connection = gateway_.client();
      for (std::size_t i = 0;; ++i) {
        const auto id = "kill-" + std::to_string(round_) + "-" + std::to_string(client) + "-" +
                        std::to_string(i);
        const auto answer = connection.exchange(good_post({"x-request-id: " + id}));
        const std::scoped_lock lock(mutex_);
        if (answer.status == 200) answered_.push_back(id);
        if (answered_.size() == answers_) kill();
      }
    } catch (const std::exception&) {  // it is gone
    }
  }
  // While the others go on.
  void kill() {
    const auto until = std::chrono::steady_clock::now() + later_;
    while (std::chrono::steady_clock::now() < until) {
    }
    gateway_.send(SIGKILL);
  }

  RunningGateway& gateway_;
  const int round_;
  const std::size_t answers_;
  const std::chrono::microseconds later_;
  std::mutex mutex_;
  std::vector<std::string> answered_;
};

}  // namespace

TEST_CASE("durability: request. What was answered before kill -9 is recorded, exactly once") {
  const bool is_long = std::getenv("PREFGATE_LONG") != nullptr;
  const int rounds = is_long ? 50 : sanitized ? 3 : 8;
  const unsigned seed = is_long ? std::random_device{}() : 5;
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(),
                         {.audit = "{durability: request, segment: 64KiB}", .workers = 2});
  std::map<std::string, std::size_t> lines;  // by id
  std::size_t answered = 0;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    Load load(gateway, round, 1 + random() % 200, std::chrono::microseconds(random() % 3000));
    for (const auto& id : load.run()) lines[id] = 0;
    CHECK(gateway.wait() == 128 + SIGKILL);
    gateway.check_evidence();
    gateway.start();
    gateway.check_evidence();
  }
  answered = lines.size();
  CHECK(answered >= static_cast<std::size_t>(rounds));
  for (const auto& record : gateway.records())
    if (const auto at = lines.find(record.text("id")); at != lines.end()) ++at->second;
  gateway.check_evidence();
  for (const auto& [id, count] : lines) CHECK_MESSAGE(count == 1, id);
}
