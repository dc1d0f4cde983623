#include "proxy/upstream.hpp"

#include <sys/socket.h>

namespace proxy {

bool Upstream::alive() {
  if (!input.empty()) return false;
  if (const auto* tls = stream.tls(); tls && !tls->drained()) return false;
  char byte = 0;
  const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace proxy
