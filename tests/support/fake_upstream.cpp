#include "tests/support/fake_upstream.hpp"

#include "proxy/wire.hpp"

namespace tests {

using namespace proxy;

namespace {

constexpr std::size_t most_head = 64 * 1024;

// Bytes of the whole request at the start of `input`; 0: more is needed, or it is none.
std::size_t whole_request(std::string_view input) {
  HeadScanner scanner(most_head, 1000);
  if (scanner.scan(input).rejected() || scanner.size() == 0) return 0;
  filters::Arena arena;
  filters::Request request(arena);
  RequestParser parser;
  if (parser.parse(input.substr(0, scanner.size()), request, most_head).rejected()) return 0;
  for (auto used = scanner.size();;) {
    const auto piece = parser.next(input.substr(used));
    used += piece.consumed;
    if (piece.last) return used;
    if (piece.bad || piece.consumed == 0) return 0;
  }
}

}  // namespace

FakeUpstream::FakeUpstream(Answer answer, const TlsContext* tls)
    : answer_(std::move(answer)),
      tls_(tls),
      acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

FakeUpstream::~FakeUpstream() {
  context_.stop();
  thread_.join();
}

std::vector<std::string> FakeUpstream::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string FakeUpstream::ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Task<> FakeUpstream::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(context_, as_result);
    if (error) co_return;
    ++connections_;
    asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
  }
}

Task<> FakeUpstream::serve(Socket socket) {
  Stream stream(std::move(socket), watchdog_);
  stream.socket().set_option(asio::ip::tcp::no_delay(true));
  if (tls_) {
    stream.secure_as_server(*tls_);
    const auto [error, unused] = co_await stream.async_handshake(as_result);
    if (error) co_return;
  }
  std::string input;
  for (std::vector<char> room(16 * 1024);;) {
    const auto [error, got] = co_await stream.async_read(asio::buffer(room), as_result);
    if (error) co_return;
    input.append(room.data(), got);
    while (const auto size = whole_request(input)) {
      auto request = input.substr(0, size);
      input.erase(0, size);
      std::string answer = answer_(request);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
      }
      const bool last = answer.starts_with(hang_up);
      if (last) answer.erase(0, hang_up.size());
      const auto [broken, sent] = co_await stream.async_write(answer, as_result);
      if (broken || last) co_return;
    }
  }
}

}  // namespace tests
