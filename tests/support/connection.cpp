#include "tests/support/connection.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace tests {
namespace {

void wait_for(int descriptor, short event, milliseconds within) {
  pollfd entry{descriptor, event, 0};
  const int ready = poll(&entry, 1, static_cast<int>(within.count()));
  if (ready == 0) throw std::runtime_error("the peer kept the test waiting");
}

std::string tls_error(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return what;
  return what + ": " + ERR_reason_error_string(code);
}

}  // namespace

Client::Connection::Connection(std::uint16_t port) {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(descriptor);
    throw std::system_error(error, std::generic_category(), "connect");
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

Client::Connection::~Connection() {
  SSL_free(tls);
  SSL_CTX_free(context);
  if (descriptor >= 0) close(descriptor);
}

void Client::Connection::start_tls(const Tls& options) {
  context = SSL_CTX_new(TLS_client_method());
  const auto ca = options.ca.empty() ? development_certificates() / "ca.pem" : options.ca;
  if (SSL_CTX_load_verify_file(context, ca.c_str()) != 1)
    throw std::runtime_error(tls_error("the CA file"));
  if (!options.certificate.empty() &&
      (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1 ||
       SSL_CTX_use_PrivateKey_file(context, options.private_key.c_str(), SSL_FILETYPE_PEM) != 1))
    throw std::runtime_error(tls_error("the client certificate"));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  tls = SSL_new(context);
  std::string name = options.name;
  // What the macro SSL_set_tlsext_host_name stands for, without its cast.
  SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  SSL_set1_host(tls, name.c_str());
  std::string protocols;
  for (const auto& each : options.protocols) protocols += static_cast<char>(each.size()) + each;
  if (!protocols.empty())
    SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  SSL_set_fd(tls, descriptor);
  ERR_clear_error();
  for (int result = 0; (result = SSL_connect(tls)) != 1;)
    if (!wait_tls(result, patience)) throw std::runtime_error(tls_error("TLS handshake"));
}

bool Client::Connection::wait_tls(int result, milliseconds within) const {
  const int error = SSL_get_error(tls, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
  wait_for(descriptor, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, within);
  return true;
}

std::size_t Client::Connection::write(std::string_view bytes, milliseconds within) const {
  std::size_t sent = 0;
  if (tls != nullptr) {
    ERR_clear_error();
    const int result = SSL_write_ex(tls, bytes.data(), bytes.size(), &sent);
    if (result == 1 || wait_tls(result, within)) return sent;
    throw std::runtime_error(tls_error("TLS write"));
  }
  const ssize_t result = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (result >= 0) return static_cast<std::size_t>(result);
  if (errno != EAGAIN) throw std::system_error(errno, std::generic_category(), "send");
  wait_for(descriptor, POLLOUT, within);
  return 0;
}

Client::Connection::Read Client::Connection::read(std::string& buffer, milliseconds within) const {
  std::array<char, 65'536> chunk;  // NOLINT: filled before it is read
  for (;;) {
    if (tls != nullptr) {
      std::size_t got = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(tls, chunk.data(), chunk.size(), &got);
      buffer.append(chunk.data(), got);
      if (result == 1) return Read::some;
      if (wait_tls(result, within)) continue;
      // Anything but a close_notify is a broken stream: a truncated answer must not look whole.
      return SSL_get_error(tls, result) == SSL_ERROR_ZERO_RETURN ? Read::end : Read::broken;
    }
    const ssize_t got = recv(descriptor, chunk.data(), chunk.size(), 0);
    if (got >= 0) {
      buffer.append(chunk.data(), static_cast<std::size_t>(got));
      return got > 0 ? Read::some : Read::end;
    }
    if (errno != EAGAIN) return Read::broken;
    wait_for(descriptor, POLLIN, within);
  }
}

}  // namespace tests
