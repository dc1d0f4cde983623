#include "proxy/session.hpp"

#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr std::size_t small_input = 4 * 1024;
// A connection on which nothing has come for so long sleeps. One of a crowd does so sooner, and
// gives back the memory to read into at once; enough is left to notice that something comes; it
// costs one more `recv` then.
constexpr milliseconds until_sleep{1'000};
constexpr milliseconds until_sleep_in_a_crowd{20};
constexpr std::size_t resting_input = 64;
// Of a request body that nobody wants, read and thrown away so that the connection can go on.
constexpr std::uint64_t skipped_at_most = 64 * 1024;
// Of a streamed body, held at once.
constexpr std::size_t window = 64 * 1024;
// After the last answer: how long a client may take to notice.
constexpr milliseconds farewell{2'000};

}  // namespace

Session::Session(Worker& worker, Socket socket, const Listener& from)
    : listener(from.id()),
      worker_(worker),
      stream_(std::move(socket), worker.watchdog()),
      input_(small_input) {
  const auto* const tls = from.tls();
  error_code ignored;
  const auto remote = stream_.socket().remote_endpoint(ignored);
  const auto text = remote.address().to_string();
  const auto size = std::min(text.size(), address_.size());
  std::copy_n(text.begin(), size, address_.begin());
  peer_ = {{address_.data(), size}, remote.port(), tls ? "https" : "http", "1.1", {}};
  if (tls) stream_.secure_as_server(*tls);
  worker_.enter(*this);
}

Session::~Session() {
  worker_.leave(*this);
}

Task<> Session::run() {
  if (stream_.tls() && !asleep_) {
    stream_.reading.arm(worker_.limits().handshake);
    const auto [error, unused] = co_await stream_.async_handshake(as_result);
    if (error) tell_handshake_failure(error);
    if (error) co_return;
    names_ = stream_.tls()->peer_names();
    peer_.names = names_;
  }
  // GCC 12 evaluates the left of `a && co_await b` anew when it is resumed, in a loop's condition
  // at least: so each co_await here stands in a statement of its own.
  while (keep_alive_) {
    const bool here = co_await read_head();
    if (!here) break;
    co_await worker_.gateway().serve(*slot_, *this);
    bool skipped = true;
    if (keep_alive_ && body_left()) skipped = co_await skip_body();
    close_slot();
    if (broken_ || !skipped) break;
  }
  if (!broken_ && !asleep_) co_await finish();
}

// Of a client: one that this gateway itself has ended is none.
void Session::tell_handshake_failure(error_code error) {
  if (draining_ || !stream_.socket().is_open()) return;
  auto fault = TlsFault::closed;  // the socket's error: it was reset, or is beyond reach
  std::string why = error.message();
  if (error == tls_failed) {
    fault = stream_.tls()->fault();
    why = stream_.tls()->error();
  } else if (error == timed_out) {
    fault = TlsFault::timeout;
    why = "it took longer than limits.handshake";
  }
  worker_.handshake_failed(peer_, fault, why);
}

// True: an exchange is in the slot, good or bad. False: the connection is over, or sleeps.
Task<bool> Session::read_head() {
  const auto& limits = worker_.limits();
  HeadScanner scanner(limits.head, limits.fields);
  bool begun = false;
  bool skipped = false;
  const bool crowded = worker_.is_crowded();
  const auto doze = std::min(crowded ? until_sleep_in_a_crowd : until_sleep, limits.idle);
  bool woken = std::exchange(asleep_, false);  // and the time that it may be idle goes on
  bool long_idle = woken;
  idle_ = woken && stream_.reading.expired();
  if (idle_) co_return false;
  for (;;) {
    // One empty line before a request is left over from a careless client (RFC 9112 section 2.2);
    // it may come in two pieces.
    if (!begun && !skipped && input_.data().starts_with("\r\n")) {
      input_.consume(2);
      skipped = true;
    }
    const bool half_a_line = !skipped && input_.data() == "\r";
    if (!begun && !input_.empty() && !half_a_line) {
      begun = true;
      scanner = HeadScanner(limits.head, limits.fields);  // a reload may have changed them
      stream_.reading.arm(limits.request);
    }
    if (begun && take_head(scanner)) co_return true;
    const bool rests = !begun && !std::exchange(woken, false);
    const bool frugal = rests && (long_idle || crowded);
    if (rests) rest(long_idle ? limits.idle - doze : doze, frugal);
    const auto most = frugal && !stream_.tls() ? resting_input : scanner.most();
    const auto [error, got] = co_await stream_.async_read(input_, most, as_result);
    if (error == timed_out && begun) {
      open_slot({Reason::request_timeout}, 0);
      co_return true;
    }
    if (error == timed_out && !long_idle && !draining_ && limits.idle > doze) {
      long_idle = true;
      asleep_ = !skipped && input_.empty();
      if (!asleep_) continue;
      rest(limits.idle - doze, true);
      co_return false;
    }
    if (error) {
      broken_ = error != asio::error::eof && error != timed_out;
      idle_ = error == timed_out;
      co_return false;
    }
    input_.commit(got);
  }
}

// Between two requests.
void Session::rest(milliseconds patience, bool frugal) {
  stream_.reading.arm(draining_ ? last_chance : std::max(patience, milliseconds{0}));
  auto* const tls = stream_.tls();
  input_.shrink(frugal || tls);
  if (tls) tls->release_buffers(frugal);
  if (frugal) last_bearer_.reset();
}

LastBearer& Session::last_bearer() {
  if (!last_bearer_) last_bearer_ = std::make_unique<LastBearer>();
  return *last_bearer_;
}

bool Session::take_head(HeadScanner& scanner) {
  if (input_.empty()) return false;
  const auto verdict = scanner.scan(input_.data());
  if (!verdict.rejected() && scanner.size() == 0) return false;
  open_slot(verdict, scanner.size());
  return true;
}

// The head is copied into the slot: the read buffer may move under the body that follows.
void Session::open_slot(filters::Verdict verdict, std::size_t head) {
  slot_ = &worker_.take_slot();
  slot_->open();
  out_ = &slot_->to_client;
  slot_->begun = Slot::Clock::now();
  auto& exchange = *slot_->exchange;
  exchange.now = std::chrono::system_clock::now();
  exchange.verdict = verdict;
  body_over_ = true;
  go_on_owed_ = false;
  ++served_;
  keep_alive_ = false;  // until a request says otherwise
  if (!verdict.rejected()) {
    const auto text = slot_->arena.copy(input_.data().substr(0, head));
    input_.consume(head);
    read_request(text);
  }
  const auto* const given = exchange.request.headers.find(filters::FieldId::x_request_id);
  exchange.request_id =
      given && well_formed_id(given->value) ? given->value : worker_.new_id(slot_->fresh_id);
}

void Session::read_request(std::string_view head) {
  auto& exchange = *slot_->exchange;
  const auto& limits = worker_.limits();
  slot_->parser.emplace();
  exchange.verdict = slot_->parser->parse(head, exchange.request, limits.target);
  if (exchange.verdict.rejected()) return slot_->parser.reset();
  body_over_ = !exchange.request.has_body;
  go_on_owed_ = slot_->parser->expects_continue();
  peer_.version = slot_->parser->minor_version() == 0 ? "1.0" : "1.1";
  keep_alive_ =
      slot_->parser->keep_alive() && !draining_ && served_ < limits.requests_per_connection;
  if (body_over_) stream_.reading.disarm();
}

void Session::close_slot() {
  slot_->close();
  worker_.put_slot(*slot_);
  slot_ = nullptr;
  out_ = nullptr;
}

Piece Session::next_body() {
  if (body_over_) return {0, {}, true, false};
  auto piece = slot_->parser->next(input_.data());
  input_.consume(piece.consumed);
  // The head of a chunk that fills the whole window will not end.
  if (piece.consumed == 0 && input_.size() >= window) piece.bad = true;
  body_over_ = piece.last;
  if (piece.bad) keep_alive_ = false;
  if (body_over_) stream_.reading.disarm();
  return piece;
}

Task<error_code> Session::receive_body() {
  if (std::exchange(go_on_owed_, false) && input_.empty()) {
    stream_.writing.arm(worker_.limits().answer);
    const auto [error, sent] =
        co_await stream_.async_write("HTTP/1.1 100 Continue\r\n\r\n", as_result);
    stream_.writing.disarm();
    if (error) co_return error;
  }
  // A governed body shares its deadline with its head; a streamed one has it for each piece.
  if (!slot_->exchange->governed()) stream_.reading.arm(worker_.limits().request);
  const auto room = input_.room(window);
  const auto [error, got] =
      co_await stream_.async_read(asio::buffer(room.data(), room.size()), as_result);
  if (error)
    keep_alive_ = false;
  else
    input_.commit(got);
  co_return error;
}

void Session::stop_receiving() {
  keep_alive_ = false;
  error_code ignored;
  stream_.socket().cancel(ignored);
}

void Session::begin_answer(const filters::Response& response, Framing framing,
                           std::uint64_t length) {
  const bool old = slot_->parser && slot_->parser->minor_version() == 0;
  if (framing == Framing::until_close && !old) framing = Framing::chunked;
  if (framing == Framing::chunked && old) framing = Framing::until_close;
  // What is left of the body must be read before the next request can be; not at any price.
  const bool skippable = !go_on_owed_ && slot_->parser &&
                         slot_->parser->framing() == Framing::length &&
                         slot_->parser->length() <= skipped_at_most;
  if (framing == Framing::until_close || (body_left() && !skippable)) keep_alive_ = false;
  if (draining_) keep_alive_ = false;
  answer_framing_ = framing;
  write_response_head(response,
                      {.framing = framing,
                       .length = length,
                       .close = !keep_alive_,
                       .say_keep_alive = old,
                       .date = worker_.date()},
                      *out_);
}

void Session::add(std::string_view piece) {
  if (answer_framing_ == Framing::chunked)
    write_chunk(piece, *out_);
  else
    out_->append(piece);
}

void Session::end_answer() {
  if (answer_framing_ == Framing::chunked) out_->append(last_chunk);
}

bool Session::flush_now() {
  std::string_view left = *out_;
  (void)stream_.write_now(left);
  out_->erase(0, out_->size() - left.size());
  return !stream_.unsent(left);
}

Task<error_code> Session::flush() {
  stream_.writing.arm(worker_.limits().answer);
  const auto [error, sent] = co_await stream_.async_write(*out_, as_result);
  stream_.writing.disarm();
  out_->clear();
  // The kernel need not keep what a client does not take.
  if (error == timed_out) stream_.abort();
  if (error) {
    keep_alive_ = false;
    broken_ = true;
  }
  co_return error;
}

void Session::abort() {
  keep_alive_ = false;
  broken_ = true;
  stream_.abort();
}

// Reads what is left of a body that was answered without it. True: the next request can come.
Task<bool> Session::skip_body() {
  for (;;) {
    const auto piece = next_body();
    if (piece.last) co_return true;
    if (piece.bad) co_return false;
    if (piece.consumed > 0) continue;
    const auto error = co_await receive_body();
    if (error) co_return false;
  }
}

// An orderly end. Closing with unread input would send an RST, which can destroy the last answer
// before the client has read it (RFC 9112 section 9.6): so half-close, and read until it does too.
// A client that was idle has read it long ago.
Task<> Session::finish() {
  stream_.writing.arm(farewell);
  stream_.reading.arm(farewell);
  const auto [error, unused] = co_await stream_.async_finish(as_result);
  if (error || idle_) co_return;
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  std::uint64_t skipped = 0;
  while (skipped < skipped_at_most && !stream_.reading.expired()) {
    const auto room = input_.room(window);
    const auto [broken, got] = co_await stream_.socket().async_read_some(
        asio::buffer(room.data(), room.size()), as_result);
    if (broken) break;
    skipped += got;
  }
}
}  // namespace proxy
