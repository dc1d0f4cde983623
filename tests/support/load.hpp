// Load: clients that send good requests without a pause while a test does something to the gateway.
// Owned by the test, declared after the gateway; has threads of its own.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"

namespace tests {

// With `alarm` off.
inline std::string post(const std::string& id) {
  auto body = std::string(good_body);
  body.replace(body.find("true"), 4, "false");
  auto fields = app_fields;
  fields.push_back("X-Request-Id: " + id);
  return request("POST", path, fields, body);
}

// Clients that send without a pause, over connections that they keep, until told to stop.
class Load {
 public:
  explicit Load(const RunningGateway& gateway) {
    for (std::size_t i = 0; i < threads_.size(); ++i)
      threads_[i] = std::thread([&gateway, this, i] { run(gateway, i); });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;

  void stop() {
    stopping_ = true;
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  void wait_for_more(std::size_t count) const {
    const auto enough = answered() + count;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (answered() < enough && faults_ == 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    CHECK(answered() >= enough);
  }
  std::size_t answered() const { return answered_; }
  std::size_t faults() const { return faults_; }  // answers that are none, or not 200

 private:
  static constexpr std::size_t most = 50'000;  // of one connection

  void run(const RunningGateway& gateway, std::size_t number) {
    try {
      auto client = number % 2 == 0 ? gateway.client() : gateway.tls_client();
      for (std::size_t n = 0; !stopping_ && n < most; ++n) {
        const auto id = std::to_string(number) + "." + std::to_string(n);
        if (client.exchange(post(id)).status == 200)
          ++answered_;
        else
          ++faults_;
      }
    } catch (const std::exception&) {
      ++faults_;
    }
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<std::size_t> faults_ = 0;
  std::array<std::thread, 4> threads_;
};

}  // namespace tests
