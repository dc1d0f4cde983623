// The composed operations of Stream. Included by stream.hpp only.
#pragma once

#include "proxy/stream.hpp"

namespace proxy {

struct Stream::Read {
  Stream& stream;
  asio::mutable_buffer into;
  Buffer* growing = nullptr;  // in its place
  std::size_t most = 0;
  enum class State : std::uint8_t { begin, received, done } state = State::begin;
  error_code result = {};
  std::size_t size = 0;

  template <class Self>
  void operator()(Self& self, error_code error = {}, std::size_t count = 0) {
    if (state == State::done) return self.complete(result, size);
    // What has come in time counts, though the deadline passed before this was told of it.
    const bool late = stream.reading.expired();
    if (late && state == State::begin) return later(self, timed_out, 0);
    if (late && (error || count == 0)) return self.complete(timed_out, 0);
    if (!stream.tls_) {
      if (state == State::received) return self.complete(error, count);
      state = State::received;
      const auto to = room();
      return stream.socket_.async_read_some(asio::buffer(to.data(), to.size()), std::move(self));
    }
    read_tls(self, error, count);
  }

  std::span<char> room() {
    return growing ? growing->room(most) : std::span(static_cast<char*>(into.data()), into.size());
  }

  template <class Self>
  void read_tls(Self& self, error_code error, std::size_t count) {
    auto& tls = *stream.tls_;
    const bool fresh = state == State::begin;
    if (state == State::received) {
      if (error == asio::error::eof)
        tls.fed_eof();
      else if (error)
        return self.complete(error, 0);
      else
        tls.fed(count);
    }
    // A connection that is idle has nothing to read for sure, and no room to read it into.
    const bool nothing = fresh && growing && tls.drained();
    const auto [status, got] =
        nothing ? TlsEngine::Read{TlsEngine::Status::want_input, 0} : tls.read(room());
    const auto finish = [&](error_code outcome, std::size_t bytes) {
      fresh ? later(self, outcome, bytes) : self.complete(outcome, bytes);
    };
    if (got > 0) return finish({}, got);
    // The engine answers a key update by itself, once this side writes: see Write. Here only what
    // must go out before more can come in.
    if (status == TlsEngine::Status::want_input) {
      if (stream.reading.expired()) return self.complete(timed_out, 0);
      state = State::received;
      const auto to = tls.input_room(1);
      return stream.socket_.async_read_some(asio::buffer(to.data(), to.size()), std::move(self));
    }
    finish(status == TlsEngine::Status::closed ? error_code{asio::error::eof} : tls_failed, 0);
  }

  // Completes from the loop: an initiating function must never complete inside itself.
  template <class Self>
  void later(Self& self, error_code outcome, std::size_t bytes) {
    state = State::done;
    result = outcome;
    size = bytes;
    asio::post(stream.socket_.get_executor(), std::move(self));
  }
};

struct Stream::Write {
  Stream& stream;
  std::string_view bytes;
  bool begun = false;
  bool broken = false;
  std::size_t sent = 0;

  template <class Self>
  void operator()(Self& self, error_code error = {}, std::size_t count = 0) {
    if (broken) return self.complete(tls_failed, sent);
    sent += count;
    if (begun) {
      if (stream.writing.expired()) return self.complete(timed_out, sent);
      if (error) return self.complete(error, sent);
      if (stream.tls_) stream.tls_->sent(count);
    } else if (stream.tls_ && !bytes.empty() &&
               stream.tls_->write(bytes) != TlsEngine::Status::ok) {
      broken = true;
      return asio::post(stream.socket_.get_executor(), std::move(self));
    }
    const auto left = stream.tls_ ? stream.tls_->output() : bytes.substr(sent);
    if (left.empty() && begun) return self.complete({}, sent);
    begun = true;
    stream.socket_.async_write_some(asio::buffer(left.data(), left.size()), std::move(self));
  }
};

struct Stream::Handshake {
  Stream& stream;
  enum class State : std::uint8_t { begin, receiving, sending, failed } state = State::begin;
  TlsEngine::Status status = TlsEngine::Status::want_input;

  template <class Self>
  void operator()(Self& self, error_code error = {}, std::size_t count = 0) {
    auto& tls = *stream.tls_;
    if (state != State::begin && stream.reading.expired()) return self.complete(timed_out, 0);
    if (state == State::failed) return self.complete(tls_failed, 0);
    if (state == State::receiving && error == asio::error::eof)
      tls.fed_eof();
    else if (error)
      return self.complete(error, 0);
    else if (state == State::receiving)
      tls.fed(count);
    else if (state == State::sending)
      tls.sent(count);

    if (state != State::sending) status = tls.handshake();
    // What is to be sent goes out first: after a failure that is the alert.
    if (tls.has_output()) {
      state = State::sending;
      const auto output = tls.output();
      return stream.socket_.async_write_some(asio::buffer(output.data(), output.size()),
                                             std::move(self));
    }
    if (status == TlsEngine::Status::want_input) {
      state = State::receiving;
      const auto room = tls.input_room(1);
      return stream.socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                            std::move(self));
    }
    if (status == TlsEngine::Status::ok) return self.complete({}, 0);
    if (state != State::begin) return self.complete(tls_failed, 0);
    state = State::failed;  // not inside the initiating function: see Read::later
    asio::post(stream.socket_.get_executor(), std::move(self));
  }
};

template <class Token>
auto Stream::async_read(asio::mutable_buffer into, Token&& token) {
  return asio::async_compose<Token, void(error_code, std::size_t)>(Read{*this, into}, token,
                                                                   socket_);
}

template <class Token>
auto Stream::async_read(Buffer& into, std::size_t most, Token&& token) {
  return asio::async_compose<Token, void(error_code, std::size_t)>(Read{*this, {}, &into, most},
                                                                   token, socket_);
}

template <class Token>
auto Stream::async_write(std::string_view bytes, Token&& token) {
  return asio::async_compose<Token, void(error_code, std::size_t)>(Write{*this, bytes}, token,
                                                                   socket_);
}

template <class Token>
auto Stream::async_handshake(Token&& token) {
  return asio::async_compose<Token, void(error_code, std::size_t)>(Handshake{*this}, token,
                                                                   socket_);
}

template <class Token>
auto Stream::async_finish(Token&& token) {
  if (tls_) tls_->shutdown();
  return async_write({}, std::forward<Token>(token));
}

}  // namespace proxy
