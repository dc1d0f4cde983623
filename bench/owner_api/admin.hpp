// Admin: what tests and scripts ask the stand-in besides the vendor's paths: orders for the next
// requests, the last requests exactly as received, a fresh start. Shared by all threads; costs the
// hot path one relaxed load and one increment while no order waits and the log is off.
//   POST /_admin/next {"do":"status=500","count":3}   GET /_admin/log   POST /_admin/reset
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>

#include "bench/owner_api/orders.hpp"
#include "bench/owner_api/preferences.hpp"

namespace owner_api {

// Where a request came in.
struct Channel {
  std::uint64_t connection = 0;  // numbered from 1
  bool tls = false;
  bool resumed = false;
  std::string tls_version;
  std::string server_name;
  std::string client;  // subject of the client's certificate
};

class Admin {
 public:
  Admin(std::size_t most_logged, Store& store) : most_logged_(most_logged), store_(store) {}

  static bool owns(std::string_view path) { return path.starts_with("/_admin/"); }
  void answer(const Request& request, Answer& answer);

  // The orders waiting for the next request, one taken.
  Orders take_orders();
  void count_received() { received_.fetch_add(1, std::memory_order_relaxed); }
  bool logs() const { return most_logged_ > 0; }
  void log(const Request& request, const Channel& channel, const Understood* understood,
           int status);

 private:
  void set_next(const Request& request, Answer& answer);
  void show_log(Answer& answer);

  const std::size_t most_logged_;
  Store& store_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> orders_left_{0};
  std::mutex mutex_;
  Orders orders_;
  std::uint64_t logged_ = 0;
  std::deque<std::string> entries_;  // JSON objects, oldest first
};

}  // namespace owner_api
