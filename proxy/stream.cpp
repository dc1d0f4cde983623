#include "proxy/stream.hpp"

namespace proxy {

void Stream::abort() {
  error_code ignored;
  // Lingering for zero seconds makes close send an RST (socket(7), SO_LINGER).
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace proxy
