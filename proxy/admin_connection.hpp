// AdminConnection: one connection of an operator: reads requests by the data path's own rules, one
// after the other, and answers each. Lives in its own coroutine on the admin's thread.
#pragma once

#include <chrono>
#include <string>

#include "filters/arena.hpp"
#include "proxy/admin.hpp"
#include "proxy/buffer.hpp"
#include "proxy/stream.hpp"
#include "proxy/wire.hpp"

namespace proxy {

class AdminConnection {
 public:
  AdminConnection(Admin& admin, Socket socket);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  // To the end of the connection.
  Task<> run();
  void close();
  bool is_open() const { return !closed_; }
  // When it last began to wait for its client.
  std::chrono::steady_clock::time_point waits_since() const { return waits_since_; }

 private:
  Task<bool> read_head();
  void answer_request(std::string_view head);
  void refuse(Verdict verdict);
  void answer(const AdminPage::Content& content, const filters::Headers* more = nullptr);
  Task<bool> flush();

  void wait_for_client() { waits_since_ = std::chrono::steady_clock::now(); }

  Admin& admin_;
  Stream stream_;
  std::chrono::steady_clock::time_point waits_since_ = std::chrono::steady_clock::now();
  Buffer input_;
  filters::Arena arena_;  // of one request
  std::string out_;
  std::size_t head_ = 0;  // bytes of the input
  bool closed_ = false;   // from outside
  bool to_head_ = false;
  bool keep_alive_ = true;
  bool old_ = false;  // HTTP/1.0
};

}  // namespace proxy
