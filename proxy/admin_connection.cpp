#include "proxy/admin_connection.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "proxy/wire_writer.hpp"

namespace proxy {
namespace {

constexpr std::size_t small_input = 1024;
constexpr std::size_t kept_output = 64 * 1024;
// After the last answer: how long a client may take to notice.
constexpr milliseconds farewell{1'000};

}  // namespace

AdminConnection::AdminConnection(Admin& admin, Socket socket)
    : admin_(admin), stream_(std::move(socket), admin.watchdog_), input_(small_input) {
  admin_.connections_.push_back(this);
}

AdminConnection::~AdminConnection() {
  std::erase(admin_.connections_, this);
}

void AdminConnection::close() {
  closed_ = true;
  stream_.close();
}

Task<> AdminConnection::run() {
  while (keep_alive_) {
    const bool here = co_await read_head();
    if (here) answer_request(arena_.copy(input_.data().substr(0, head_)));
    input_.consume(head_);
    if (out_.empty()) co_return;
    const bool sent = co_await flush();
    if (!sent) co_return;
    arena_.reset();
  }
  waits_since_ = {};  // it has had all that it will get, and is the first to go
  // What a refused request had behind its head stays unread: closing now would be a reset, which
  // can destroy the answer before it is read (RFC 9112 section 9.6).
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.reading.arm(farewell);
  for (bool open = true; open && !stream_.reading.expired();) {
    const auto room = input_.room(admin_.limits_.head);
    const auto [broken, got] = co_await stream_.socket().async_read_some(
        asio::buffer(room.data(), room.size()), as_result);
    open = !broken && got > 0;
    input_.consume(input_.size());
  }
}

// True: a head of `head_` bytes is in the input. False: the connection is over, with what is in
// `out_` still to be said.
Task<bool> AdminConnection::read_head() {
  const auto& limits = admin_.limits_;
  HeadScanner scanner(limits.head, limits.fields);
  wait_for_client();
  head_ = 0;
  keep_alive_ = false;  // until a request says otherwise
  bool begun = false;
  for (;;) {
    if (!input_.empty()) {
      const auto verdict = scanner.scan(input_.data());
      if (verdict.rejected()) refuse(verdict);
      if (verdict.rejected()) co_return false;
      head_ = scanner.size();
      if (head_ > 0) stream_.reading.disarm();
      if (head_ > 0) co_return true;
    }
    if (!begun) stream_.reading.arm(input_.empty() ? limits.idle : limits.request);
    begun = !input_.empty();
    const auto room = input_.room(limits.head);
    const auto [error, got] =
        co_await stream_.async_read(asio::buffer(room.data(), room.size()), as_result);
    if (error == timed_out && begun) refuse({Reason::request_timeout});
    if (error) co_return false;
    input_.commit(got);
  }
}

void AdminConnection::answer_request(std::string_view head) {
  filters::Request request(arena_);
  RequestParser parser;
  const auto verdict = parser.parse(head, request, admin_.limits_.target);
  to_head_ = request.method_name == "HEAD";
  old_ = !verdict.rejected() && parser.minor_version() == 0;
  if (verdict.rejected()) return refuse(verdict);
  if (request.has_body) return refuse({Reason::body_not_allowed});
  keep_alive_ = parser.keep_alive();
  const auto page = std::ranges::find(admin_.pages_, request.path, &AdminPage::path);
  if (page == admin_.pages_.end()) return refuse({Reason::unknown_path});
  if (request.method_name != "GET" && !to_head_) return refuse({Reason::method_not_allowed});
  answer(page->render());
}

void AdminConnection::refuse(Verdict verdict) {
  filters::Headers more(arena_);
  if (verdict.reason == Reason::method_not_allowed) more.append("Allow", "GET, HEAD");
  std::string body(filters::info(verdict.reason).message);
  if (!verdict.detail.empty()) body.append(": ").append(verdict.detail);
  if (verdict.reason == Reason::unknown_path) {
    body += "; there are";
    for (const auto& page : admin_.pages_) body.append(" ").append(page.path);
  }
  answer({.status = verdict.status(), .body = body + "\n"}, &more);
}

void AdminConnection::answer(const AdminPage::Content& content, const filters::Headers* more) {
  filters::Response response(arena_);
  response.status = content.status;
  response.reason = content.status == 200 ? "OK" : filters::status_phrase(content.status);
  response.headers.append("Content-Type", content.type);
  response.headers.append("Cache-Control", "no-store");
  response.headers.append("X-Content-Type-Options", "nosniff");
  if (more)
    for (const auto& field : *more) response.headers.append(field.name, field.value);
  std::array<char, 32> date;
  write_date(std::time(nullptr), date);
  write_response_head(response,
                      {.framing = Framing::length,
                       .length = content.body.size(),
                       .close = !keep_alive_,
                       .say_keep_alive = old_,
                       .date = date.data()},
                      out_);
  if (!to_head_) out_ += content.body;
}

Task<bool> AdminConnection::flush() {
  wait_for_client();
  stream_.writing.arm(admin_.limits_.request);
  const auto [error, sent] = co_await stream_.async_write(out_, as_result);
  stream_.writing.disarm();
  out_.clear();
  if (out_.capacity() > kept_output) std::string().swap(out_);
  co_return !error;
}

}  // namespace proxy
