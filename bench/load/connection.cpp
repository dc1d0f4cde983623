#include "bench/load/connection.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <system_error>
#include <utility>

namespace load {
namespace {

constexpr std::int64_t at_end = 0, not_now = -1, broken = -2;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

std::int64_t outcome_of(ssize_t result) {
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? not_now : broken;
}

std::string tls_fault(SSL* tls) {
  const auto verified = SSL_get_verify_result(tls);
  if (verified != X509_V_OK)
    return std::string("the certificate is not good: ") + X509_verify_cert_error_string(verified) +
           " (is it signed by --ca, and for this name?)";
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  return std::string("the TLS handshake failed: ") + (reason ? reason : "the peer closed");
}

// RFC 6066, 3: an address is no server name.
void expect_name(SSL* tls, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1) return;
  ERR_clear_error();
  SSL_set1_host(tls, host.c_str());
  std::string name(host);
  SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

}  // namespace

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::connect:
      return "no connection";
    case Failure::tls:
      return "TLS handshake failed";
    case Failure::closed:
      return "closed without an answer";
    case Failure::garbled:
      return "answer was no HTTP";
    case Failure::timeout:
      return "no answer in time";
    case Failure::unsent:
      return "never sent: no connection was free before the end";
  }
  return {};
}

Connection::Connection(const Target& target, int epoll, std::uint32_t index)
    : target_(target), epoll_(epoll), index_(index) {}

void Connection::close() {
  tls_.reset();
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  place_ = Place::closed;
}

Connection::Event Connection::fail(Failure failure, std::string why) {
  ERR_clear_error();
  close();
  failure_ = failure;
  fault_ = std::move(why);
  const bool was_busy = std::exchange(has_request_, false);
  return was_busy ? Event::failed : Event::lost;
}

Connection::Event Connection::open() {
  ++opened_;
  ended_ = false;
  descriptor_ = socket(target_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return fail(Failure::connect, error_text(errno));
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Edge-triggered and for both directions, so that it is never changed again.
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index_}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor_, &event) != 0)
    return fail(Failure::connect, error_text(errno));
  place_ = Place::connecting;
  const auto* const address = reinterpret_cast<const sockaddr*>(&target_.address);
  if (connect(descriptor_, address, target_.address_size) == 0) return connected();
  return errno == EINPROGRESS ? Event::none : fail(Failure::connect, error_text(errno));
}

Connection::Event Connection::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(Failure::connect, error_text(error));
  // Woken before the connection is there?
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0)
    return Event::none;
  return target_.tls ? start_tls() : ready();
}

Connection::Event Connection::start_tls() {
  tls_.reset(SSL_new(target_.tls->get()));
  if (!tls_) throw std::bad_alloc();
  SSL_set_fd(tls_.get(), descriptor_);
  SSL_set_connect_state(tls_.get());
  SSL_set_read_ahead(tls_.get(), 1);  // one receive for a record, not one for its head first
  expect_name(tls_.get(), target_.host);
  place_ = Place::handshaking;
  return handshake();
}

Connection::Event Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return ready();
  return tls_outcome(result) == not_now ? Event::none : fail(Failure::tls, tls_fault(tls_.get()));
}

Connection::Event Connection::ready() {
  place_ = Place::idle;
  return has_request_ ? flush() : Event::open;
}

Connection::Event Connection::send(bool keep_body) {
  has_request_ = true;
  written_ = 0;
  answer_.begin(keep_body);
  if (place_ == Place::idle) return flush();
  return place_ == Place::closed ? open() : Event::none;
}

Connection::Event Connection::flush() {
  while (written_ < request.size()) {
    const auto sent = transmit(std::string_view(request).substr(written_));
    if (sent == not_now) return Event::none;
    if (sent < 0) return fail(Failure::closed);
    written_ += static_cast<std::size_t>(sent);
  }
  return Event::none;
}

Connection::Event Connection::advance(bool ended, std::span<char> scratch) {
  if (place_ == Place::closed) return Event::none;
  ended_ = ended_ || ended;
  auto event = Event::none;
  if (place_ == Place::connecting)
    event = connected();
  else if (place_ == Place::handshaking)
    event = handshake();
  if (place_ != Place::idle || event != Event::none) return event;
  if (has_request_ && written_ < request.size()) {
    event = flush();
    if (event != Event::none) return event;
  }
  return read(scratch);
}

Connection::Event Connection::read(std::span<char> scratch) {
  for (;;) {
    const auto got = receive(scratch);
    if (got == not_now) return Event::none;
    // What comes without a request is the end, or nothing that belongs to one.
    if (!has_request_) return fail(Failure::closed);
    if (got == broken) return fail(Failure::closed);
    if (got == at_end) {
      const bool begun = answer_.begun();
      const auto event = take(answer_.end_of_stream());
      if (event == Event::failed && !begun) failure_ = Failure::closed;
      return event;
    }
    const auto event = take(answer_.take({scratch.data(), static_cast<std::size_t>(got)}));
    if (event != Event::none) return event;
    // A short read has emptied a plain socket, and what comes later wakes it again.
    if (!tls_ && static_cast<std::size_t>(got) < scratch.size() && !ended_) return Event::none;
  }
}

Connection::Event Connection::take(AnswerReader::Outcome outcome) {
  if (outcome == AnswerReader::Outcome::more) return Event::none;
  if (outcome == AnswerReader::Outcome::garbled) return fail(Failure::garbled);
  has_request_ = false;
  // A server that answers before it has the whole request cannot take another behind it.
  if (!answer_.keeps_alive() || ended_ || written_ < request.size()) close();
  return Event::answered;
}

std::int64_t Connection::receive(std::span<char> scratch) {
  if (!tls_) return outcome_of(recv(descriptor_, scratch.data(), scratch.size(), 0));
  ERR_clear_error();
  const auto most = static_cast<int>(std::min<std::size_t>(scratch.size(), INT_MAX));
  return tls_outcome(SSL_read(tls_.get(), scratch.data(), most));
}

std::int64_t Connection::transmit(std::string_view bytes) {
  if (!tls_) return outcome_of(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  ERR_clear_error();
  const auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  const auto sent = tls_outcome(SSL_write(tls_.get(), bytes.data(), most));
  return sent == at_end ? broken : sent;
}

std::int64_t Connection::tls_outcome(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return not_now;
    case SSL_ERROR_ZERO_RETURN:
      return at_end;
    default:
      return broken;
  }
}

}  // namespace load
