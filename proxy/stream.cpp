#include "proxy/stream.hpp"

#include <sys/socket.h>

namespace proxy {

void Stream::abort() {
  error_code ignored;
  // Lingering for zero seconds makes close send an RST (socket(7), SO_LINGER).
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

std::size_t Stream::write_now(std::string_view& bytes) {
  if (tls_ && !bytes.empty()) {
    if (tls_->write(bytes) != TlsEngine::Status::ok) return 0;
    bytes = {};
  }
  const auto left = tls_ ? tls_->output() : bytes;
  if (left.empty()) return 0;
  const auto took =
      ::send(socket_.native_handle(), left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (took <= 0) return 0;
  const auto count = static_cast<std::size_t>(took);
  if (tls_)
    tls_->sent(count);
  else
    bytes.remove_prefix(count);
  return count;
}

}  // namespace proxy
