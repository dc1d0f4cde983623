#include "bench/owner_api/server.hpp"

#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <charconv>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "bench/owner_api/session.hpp"
#include "proxy/signals.hpp"

// GCC 12 inlines a coroutine frame's operator delete but not its operator new, and then takes the
// pair for mismatched (GCC bug 103993).
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace owner_api {
namespace {

using proxy::as_result;
using tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<Socket>;

tcp::endpoint parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, port).ptr != end)
    throw std::runtime_error("not an ADDRESS:PORT: " + text);
  return {asio::ip::make_address(text.substr(0, colon)), port};
}

// Takes http/1.1 where the client offers any protocol, and nothing else.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  static constexpr std::string_view http11 = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, length, reinterpret_cast<const unsigned char*>(http11.data()),
                            static_cast<unsigned>(http11.size()), offered, offered_length);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void describe_tls(SSL* tls, Channel& channel) {
  channel.tls = true;
  channel.tls_version = SSL_get_version(tls);
  channel.resumed = SSL_session_reused(tls) == 1;
  if (const char* name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name))
    channel.server_name = name;
  if (X509* certificate = SSL_get0_peer_certificate(tls)) {
    std::array<char, 256> subject{};
    X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(), subject.size());
    channel.client = subject.data();
  }
}

}  // namespace

Server::Server(const ServerOptions& options, Service& service) : service_(service) {
  for (unsigned i = 0; i < options.threads; ++i)
    loops_.push_back(std::make_unique<asio::io_context>(1));
  if (!options.listen_tls.empty()) load_certificates(options);
  for (const auto& each : options.listen) listen(each, false);
  for (const auto& each : options.listen_tls) listen(each, true);
}

Server::~Server() = default;

void Server::load_certificates(const ServerOptions& options) {
  tls_.emplace(asio::ssl::context::tls_server);
  tls_->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls_->use_certificate_chain_file(options.certificate);
  tls_->use_private_key_file(options.private_key, asio::ssl::context::pem);
  SSL_CTX* context = tls_->native_handle();
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Sessions of clients with certificates are resumed only under a context of the same name.
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("owner-api"), 9);
  if (options.client_ca.empty()) return;
  tls_->load_verify_file(options.client_ca);
  tls_->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
}

void Server::listen(const std::string& address, bool tls) {
  using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  auto endpoint = parse_address(address);
  // Port 0 is resolved by the first thread's socket; the others share what it got.
  for (auto& loop : loops_) {
    auto acceptor = std::make_unique<proxy::Acceptor>(loop->get_executor());
    acceptor->open(endpoint.protocol());
    acceptor->set_option(asio::socket_base::reuse_address(true));
    if (loops_.size() > 1) acceptor->set_option(reuse_port(true));
    acceptor->bind(endpoint);
    acceptor->listen(4096);
    endpoint = acceptor->local_endpoint();
    asio::co_spawn(*loop, accept(*acceptor, tls), asio::detached);
    acceptors_.push_back(std::move(acceptor));
  }
  const auto host = endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]"
                                               : endpoint.address().to_string();
  urls_.push_back((tls ? "https://" : "http://") + host + ":" + std::to_string(endpoint.port()));
}

Task<> Server::accept(proxy::Acceptor& acceptor, bool tls) {
  for (;;) {
    Socket socket(acceptor.get_executor());
    const auto [error] = co_await acceptor.async_accept(socket, as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // out of descriptors: others may be closed meanwhile
      proxy::Timer timer(acceptor.get_executor(), std::chrono::milliseconds(10));
      co_await timer.async_wait(as_result);
      continue;
    }
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), tls), asio::detached);
  }
}

Task<> Server::serve(Socket socket, bool tls) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  Channel channel;
  channel.connection = ++connections_;
  if (!tls) {
    Session<Socket> session(socket, service_, std::move(channel));
    co_await session.run();
    co_return;
  }
  TlsStream stream(std::move(socket), *tls_);
  const auto [error] = co_await stream.async_handshake(TlsStream::server, as_result);
  if (error) co_return;
  describe_tls(stream.native_handle(), channel);
  Session<TlsStream> session(stream, service_, std::move(channel));
  co_await session.run();
}

void Server::run() {
  proxy::Signals signals(*loops_.front(), {SIGTERM, SIGINT});
  signals.wait([this](int) {
    for (auto& loop : loops_) loop->stop();
  });
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < loops_.size(); ++i)
    threads.emplace_back([this, i] { loops_[i]->run(); });
  loops_.front()->run();
  for (auto& each : threads) each.join();
}

}  // namespace owner_api
