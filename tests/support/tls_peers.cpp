#include "tests/support/tls_peers.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "proxy/config.hpp"

namespace tests {

using proxy::TlsEngine;
using Status = TlsEngine::Status;

void TlsPeer::step() {
  if (!established) {
    status = engine.handshake();
    if (status != Status::ok) return;
    established = true;
  }
  std::array<char, 3000> plain;
  do {
    const auto [outcome, size] = engine.read(plain);
    if ((size > 0) != (outcome == Status::ok)) throw std::logic_error("size and status disagree");
    status = outcome;
    received.append(plain.data(), size);
  } while (status == Status::ok);
}

void TlsPeer::end() {
  engine.fed_eof();
  step();
}

std::size_t Pieces::next(std::size_t available) {
  const auto most = std::min(most_, available);
  return at_random_ ? std::uniform_int_distribution<std::size_t>(1, most)(random_) : most;
}

void feed(TlsPeer& to, std::string_view ciphertext) {
  const auto room = to.engine.input_room(ciphertext.size());
  if (room.size() < ciphertext.size()) throw std::logic_error("less room than asked for");
  std::ranges::copy(ciphertext, room.begin());
  to.engine.fed(ciphertext.size());
}

std::string take_output(TlsPeer& from) {
  std::string all(from.engine.output());
  from.engine.sent(all.size());
  return all;
}

void converse(TlsPeer& client, TlsPeer& server, Pieces pieces) {
  client.step();
  std::size_t rounds = 0;
  const auto carry = [&](TlsPeer& from, TlsPeer& to) {
    if (!from.engine.has_output()) return false;
    if (++rounds > 5'000'000) throw std::runtime_error("the conversation does not end");
    const auto size = pieces.next(from.engine.output().size());
    feed(to, from.engine.output().substr(0, size));
    from.engine.sent(size);
    to.step();
    return true;
  };
  for (bool moved = true; moved;) {
    const bool out = carry(client, server);
    const bool back = carry(server, client);
    moved = out || back;
  }
}

TlsWorld::TlsWorld()
    : ca(make_ca(folder.path())),
      leaf(make_leaf(folder.path(), ca, "server",
                     {"localhost", "prefgate.test", "127.0.0.1", "::1"})),
      server(server_with(leaf)),
      client(proxy::make_client_context(ca.certificate)) {}

TlsWorld::TlsWorld(int version) : TlsWorld() {
  SSL_CTX_set_min_proto_version(client.get(), version);
  SSL_CTX_set_max_proto_version(client.get(), version);
}

proxy::TlsContext TlsWorld::server_with(const Certificate& files, bool client_certificates) const {
  proxy::TlsFiles tls{files.certificate, files.private_key, {}};
  if (client_certificates) tls.client_ca = ca.certificate;
  return proxy::make_server_context(tls);
}

}  // namespace tests
