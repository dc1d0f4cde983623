// Session: one client connection over HTTP/1.1 or 1.0, clear or TLS: reads requests, one after the
// other, lets the gateway serve each, writes the answers in order. Pipelined requests wait in the
// read buffer. Lives in its own coroutine on its worker's thread; between requests it holds a small
// read buffer and nothing else, and after a second not even the coroutine: it sleeps. It knows
// HTTP's framing and nothing of what requests mean.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/buffer.hpp"
#include "proxy/downstream.hpp"
#include "proxy/slot.hpp"
#include "proxy/stream.hpp"
#include "proxy/wire_writer.hpp"

namespace proxy {

class Listener;
class Worker;

class Session final : public Downstream {
 public:
  Session(Worker& worker, Socket socket, const Listener& listener);
  ~Session() override;

  // To the end of the connection, when nothing is left open; or until it is `asleep`. Then it is
  // called again when the socket can be read, or waiting for that was cancelled.
  Task<> run();
  bool asleep() const { return asleep_; }
  Socket& socket() { return stream_.socket(); }
  // The worker or its listener is going down: finish what has begun, then end. An idle connection
  // ends soon.
  void drain() {
    draining_ = true;
    if (!slot_ && input_.empty() && stream_.reading.armed()) stream_.reading.arm(last_chance);
  }
  // Now, whatever is under way.
  void cut() { stream_.close(); }

  std::size_t index = 0;       // in the worker's list
  const std::size_t listener;  // the id of whose connection it is

  const Peer& peer() const override { return peer_; }
  LastBearer& last_bearer() override;
  Framing body_framing() const override { return slot_->parser->framing(); }
  std::uint64_t body_length() const override { return slot_->parser->length(); }
  Piece next_body() override;
  Task<error_code> receive_body() override;
  void stop_receiving() override;
  void begin_answer(const filters::Response& response, Framing framing,
                    std::uint64_t length) override;
  void add(std::string_view piece) override;
  void end_answer() override;
  std::size_t pending() const override { return out_->size(); }
  void forget_answer() override { out_->clear(); }
  bool flush_now() override;
  Task<error_code> flush() override;
  void abort() override;

 private:
  // A connection that is idle when the worker drains may have a request on its way.
  static constexpr milliseconds last_chance{500};

  void tell_handshake_failure(error_code error);
  Task<bool> read_head();
  void rest(milliseconds patience, bool frugal);
  bool take_head(HeadScanner& scanner);
  void open_slot(filters::Verdict verdict, std::size_t head);
  void close_slot();
  void read_request(std::string_view head);
  bool body_left() const { return slot_->parser && !body_over_; }
  Task<bool> skip_body();
  Task<> finish();

  Worker& worker_;
  Stream stream_;
  Buffer input_;
  Slot* slot_ = nullptr;        // while an exchange is under way
  std::string* out_ = nullptr;  // of the slot: answer bytes not flushed yet
  Peer peer_;
  std::array<char, 48> address_;
  std::vector<std::string> names_;           // of the client's certificate
  std::unique_ptr<LastBearer> last_bearer_;  // none while it rests
  std::size_t served_ = 0;
  Framing answer_framing_ = Framing::none;
  bool body_over_ = true;    // the request's body was read to its end
  bool go_on_owed_ = false;  // the client waits for 100 Continue
  bool keep_alive_ = true;
  bool broken_ = false;  // the connection is in no state for an orderly end
  bool idle_ = false;    // it ended because nothing more was asked
  bool asleep_ = false;
  bool draining_ = false;
};

}  // namespace proxy
