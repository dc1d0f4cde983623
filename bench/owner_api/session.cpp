#include "bench/owner_api/session.hpp"

#include <sys/ioctl.h>

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <charconv>
#include <cstring>

namespace owner_api {
namespace {

using proxy::as_result;
using namespace std::chrono_literals;
using TlsStream = asio::ssl::stream<Socket>;
namespace http = proxy::http;

Socket& socket_of(Socket& stream) {
  return stream;
}
Socket& socket_of(TlsStream& stream) {
  return stream.next_layer();
}

std::string hex(EVP_MD_CTX* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(digest, bytes.data(), &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

}  // namespace

template <class Stream>
Session<Stream>::Session(Stream& stream, Service& service, Channel channel)
    : stream_(stream),
      service_(service),
      channel_(std::move(channel)),
      digest_(nullptr, EVP_MD_CTX_free),
      buffer_(std::make_unique_for_overwrite<char[]>(capacity)) {}

template <class Stream>
Task<> Session<Stream>::run() {
  // GCC 12 loses the coroutine's place in `while (co_await serve()) {}`.
  for (bool goes_on = true; goes_on;) goes_on = co_await serve();
  if (!is_reset_) co_await close();
}

template <class Stream>
Task<bool> Session<Stream>::serve() {
  parser_.emplace(request_);
  if (!co_await read_head()) co_return false;
  take_orders();
  const bool is_admin = Admin::owns(request_.path());
  if (!is_admin) service_.admin().count_received();
  bool goes_on = true;
  if (orders_.early) {
    make_answer();
    goes_on = co_await respond();
  }
  const bool was_read = co_await read_body();
  if (was_read && !orders_.early) make_answer();
  // Before the answer, so that whoever has the answer finds the request in the log.
  if (service_.admin().logs() && !is_admin) {
    const bool governed = request_.path() == preferences_path;
    service_.admin().log(request_, channel_, governed ? &understood_ : nullptr,
                         was_read ? answer_.status : 0);
  }
  if (!was_read || !goes_on) co_return false;
  if (orders_.early) {
    // Answered already.
  } else if (orders_.any() || answer_.is_generated) {
    goes_on = co_await respond();
  } else {
    goes_on = co_await respond_at_once();
  }
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  co_return goes_on;
}

template <class Stream>
void Session<Stream>::take_orders() {
  orders_ = {};
  answer_.clear();
  understood_ = {};
  const auto path = request_.path();
  if (Admin::owns(path)) return;
  orders_ = service_.admin().take_orders();
  if (const auto text = request_.field("x-owner-api-do"); !text.empty()) {
    std::string fault;
    if (const auto told = parse_orders(text, fault)) {
      orders_ = *told;
    } else {
      refuse(answer_, 400, fault);
    }
  }
  cut_left_ = orders_.cut;
  if (Service::wants_digest(request_)) {
    if (!digest_) digest_.reset(EVP_MD_CTX_new());
    EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
    parser_->digest = digest_.get();
  }
}

template <class Stream>
void Session<Stream>::make_answer() {
  if (answer_.status == 200) {  // the orders were understood
    const bool digests = parser_->digest != nullptr;
    service_.answer(request_, digests ? hex(digest_.get()) : std::string(), answer_, understood_);
  }
  parser_->digest = nullptr;
  if (orders_.status != 0) answer_with_status(answer_, orders_.status);
  answer_.chunked = answer_.chunked || orders_.chunked;
  answer_.until_close = orders_.until_close;
}

template <class Stream>
bool Session<Stream>::keeps_alive() const {
  return parser_->keep_alive() && !orders_.close && !orders_.until_close;
}

template <class Stream>
Task<bool> Session<Stream>::read_more() {
  const auto [error, size] = co_await stream_.async_read_some(
      asio::buffer(buffer_.get() + end_, capacity - end_), as_result);
  end_ += size;
  co_return !error;
}

template <class Stream>
Task<bool> Session<Stream>::read_head() {
  for (;;) {
    if (end_ > begin_) {
      error_code error;
      begin_ += parser_->put(asio::buffer(buffer_.get() + begin_, end_ - begin_), error);
      if (error && error != http::error::need_more) co_return co_await refuse_head(400);
      head_end_ = begin_;
      if (parser_->is_header_done()) co_return true;
    }
    if (end_ == capacity) co_return co_await refuse_head(431);
    if (!co_await read_more()) co_return false;
  }
}

template <class Stream>
Task<bool> Session<Stream>::read_body() {
  if (!parser_->is_done() && !orders_.early && begin_ == end_ &&
      same_name(request_.field("expect"), "100-continue")) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(go_on), as_result);
    if (error) co_return false;
  }
  while (!parser_->is_done()) {
    if (orders_.cut_request && request_.body_bytes >= *orders_.cut_request) {
      co_await reset();
      co_return false;
    }
    if (begin_ == end_) begin_ = end_ = head_end_;
    if (begin_ == end_ && !co_await read_more()) co_return false;
    error_code error;
    begin_ += parser_->put(asio::buffer(buffer_.get() + begin_, end_ - begin_), error);
    if (error == http::error::need_more) {  // half a chunk's first line
      std::memmove(buffer_.get() + head_end_, buffer_.get() + begin_, end_ - begin_);
      end_ -= begin_ - head_end_;
      begin_ = head_end_;
      if (end_ == capacity || !co_await read_more()) co_return false;
    } else if (error) {
      co_return co_await refuse_head(400);
    }
  }
  if (orders_.cut_request && request_.body_bytes >= *orders_.cut_request) {
    co_await reset();
    co_return false;
  }
  co_return true;
}

// Of a request that can't be read any further.
template <class Stream>
Task<bool> Session<Stream>::refuse_head(int status) {
  answer_.clear();
  answer_with_status(answer_, status);
  out_.clear();
  append_head(out_, answer_, false, 11);
  out_ += answer_.body;
  co_await asio::async_write(stream_, asio::buffer(out_), as_result);
  co_return false;
}

template <class Stream>
Task<bool> Session<Stream>::respond_at_once() {
  const bool keep = keeps_alive();
  out_.clear();
  append_head(out_, answer_, keep, request_.version);
  if (request_.method != "HEAD") out_ += answer_.body;
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(out_), as_result);
  co_return !error && keep;
}

template <class Stream>
Task<bool> Session<Stream>::respond() {
  if (orders_.delay > 0ms && !co_await pause(orders_.delay)) co_return false;
  if (cut_left_ == std::uint64_t{0}) {
    co_await reset();
    co_return false;
  }
  if (orders_.garbage) {
    co_await send("this is no HTTP\r\n\r\n");
    co_return false;
  }
  const bool keep = keeps_alive();
  out_.clear();
  if (orders_.interim != 0)
    out_.append("HTTP/1.1 ")
        .append(std::to_string(orders_.interim))
        .append(" Interim\r\nlink: </style.css>; rel=preload\r\n\r\n");
  append_head(out_, answer_, keep, request_.version);
  if (!co_await send(out_)) co_return false;
  if (request_.method != "HEAD" && !co_await send_body()) co_return false;
  co_return keep && !orders_.hang_up;
}

template <class Stream>
Task<bool> Session<Stream>::send_body() {
  const std::uint64_t size = answer_.is_generated ? answer_.generated : answer_.body.size();
  for (std::uint64_t sent = 0; sent < size;) {
    const auto most = orders_.piece > 0 ? std::min(orders_.piece, size - sent) : size - sent;
    const auto piece = answer_.is_generated ? generated_bytes(sent, most)
                                            : std::string_view(answer_.body).substr(sent, most);
    if (orders_.pause > 0ms && !co_await pause(orders_.pause)) co_return false;
    if (!co_await send_piece(piece)) co_return false;
    sent += piece.size();
  }
  if (!answer_.chunked) co_return true;
  co_return co_await send("0\r\n\r\n");
}

template <class Stream>
Task<bool> Session<Stream>::send_piece(std::string_view piece) {
  if (!answer_.chunked) co_return co_await send(piece);
  std::array<char, 16> digits{};
  const char* end = std::to_chars(digits.begin(), digits.end(), piece.size(), 16).ptr;
  frame_.assign(digits.data(), static_cast<std::size_t>(end - digits.data()));
  frame_.append("\r\n").append(piece).append("\r\n");
  co_return co_await send(frame_);
}

template <class Stream>
Task<bool> Session<Stream>::send(std::string_view bytes) {
  const bool cuts = cut_left_ && *cut_left_ <= bytes.size();
  if (cuts) bytes = bytes.substr(0, *cut_left_);
  if (cut_left_) *cut_left_ -= bytes.size();
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), as_result);
  if (cuts && !error) co_await reset();
  co_return !error && !cuts;
}

// False when the peer has gone meanwhile is not looked for: the next write will tell.
template <class Stream>
Task<bool> Session<Stream>::pause(std::chrono::milliseconds time) {
  proxy::Timer timer(socket_of(stream_).get_executor(), time);
  const auto [error] = co_await timer.async_wait(as_result);
  co_return !error;
}

template <class Stream>
Task<> Session<Stream>::reset() {
  auto& socket = socket_of(stream_);
  // A reset drops what the kernel still holds; so wait, a second at most, until it is acknowledged.
  int held = 1;
  for (int tries = 0; tries < 1000; ++tries) {
    if (ioctl(socket.native_handle(), TIOCOUTQ, &held) != 0 || held == 0) break;
    co_await pause(1ms);
  }
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
  is_reset_ = true;
}

template <class Stream>
Task<> Session<Stream>::close() {
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    using namespace asio::experimental::awaitable_operators;
    // Sends close_notify and then waits for the peer's, which need not come.
    proxy::Timer timer(socket_of(stream_).get_executor(), 200ms);
    co_await (stream_.async_shutdown(asio::as_tuple(asio::use_awaitable_t<proxy::Executor>{})) ||
              timer.async_wait(asio::as_tuple(asio::use_awaitable_t<proxy::Executor>{})));
  }
  error_code ignored;
  socket_of(stream_).shutdown(Socket::shutdown_send, ignored);
  socket_of(stream_).close(ignored);
}

template class Session<Socket>;
template class Session<TlsStream>;

}  // namespace owner_api
