// Session: one connection to the stand-in, a coroutine on its thread: reads a request, lets the
// Service answer it, and sends that answer as the orders say: whole at once where there are none.
// Owned by the coroutine that runs it. Stream is a socket or an asio::ssl::stream over one.
#pragma once

#include <memory>
#include <optional>

#include "bench/owner_api/service.hpp"

namespace owner_api {

using proxy::Socket;
using proxy::Task;

template <class Stream>
class Session {
 public:
  Session(Stream& stream, Service& service, Channel channel);
  // Until either side is done. The stream is closed then.
  Task<> run();

 private:
  Task<bool> serve();      // one exchange; false: the connection is over
  Task<bool> read_more();  // appends to the buffer
  Task<bool> read_head();
  Task<bool> read_body();
  Task<bool> respond();  // as ordered
  Task<bool> respond_at_once();
  Task<bool> send_body();
  Task<bool> send_piece(std::string_view piece);
  Task<bool> send(std::string_view bytes);  // counts down to the cut
  Task<bool> refuse_head(int status);
  Task<bool> pause(std::chrono::milliseconds time);
  Task<> reset();  // RST, when the peer has all that was sent
  Task<> close();
  void take_orders();
  void make_answer();
  bool keeps_alive() const;

  static constexpr std::size_t capacity = 64 * 1024;

  Stream& stream_;
  Service& service_;
  Channel channel_;
  Request request_;
  Answer answer_;
  Understood understood_;
  Orders orders_;
  std::optional<Parser> parser_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest_;
  std::string out_;
  std::string frame_;  // of a chunk
  std::optional<std::uint64_t> cut_left_;
  // | head | read and parsed | read, not parsed | free |
  //        head_end_         begin_             end_
  std::unique_ptr<char[]> buffer_;
  std::size_t head_end_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_reset_ = false;
};

}  // namespace owner_api
