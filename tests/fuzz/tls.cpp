// Input: a byte for the play, a byte for the cuts, then bytes. The plays:
//   's'  a server is sent them             'S', 'C'  the same after a good handshake
//   'c'  a client is sent them             'p'  they are plaintext, and must arrive
// OpenSSL itself is not instrumented: what is searched here is how the engine drives it, and its
// buffers. The engine's random numbers make runs differ; a find may take a few tries to come back.
#include "proxy/tls.hpp"

#include <memory>
#include <string>

#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/tls_peers.hpp"

namespace fuzz {
namespace {

using proxy::TlsEngine;
using tests::TlsPeer;
using Status = TlsEngine::Status;

const tests::TlsWorld& world() {
  static const tests::TlsWorld made;
  return made;
}

std::unique_ptr<TlsPeer> make_server() {
  return std::make_unique<TlsPeer>(TlsEngine::Server{}, world().server);
}
std::unique_ptr<TlsPeer> make_client() {
  return std::make_unique<TlsPeer>(TlsEngine::Client{}, world().client, "localhost", nullptr);
}

// After each step: the peer's state is one that its header promises.
void check(const TlsPeer& peer) {
  require(peer.status != Status::failed || !peer.engine.error().empty(), "a failure without words");
  require(!peer.established || peer.status != Status::ok || !peer.received.empty(),
          "ok without anything read");
}

// Garbage, in pieces, then the end; whatever is said meanwhile goes out.
void assail(TlsPeer& victim, std::string_view input, Cuts cuts) {
  victim.step();
  const auto before = victim.received.size();
  while (!input.empty()) {
    const auto size = cuts.next(input.size());
    tests::feed(victim, input.substr(0, size));
    input.remove_prefix(size);
    const bool failed = victim.status == Status::failed;
    victim.step();
    check(victim);
    require(!failed || victim.status == Status::failed, "a failure was taken back");
    if (victim.engine.has_output()) victim.engine.sent(cuts.next(victim.engine.output().size()));
    if (victim.status == Status::failed) break;
    victim.engine.release_buffers();
  }
  victim.end();
  check(victim);
  require(victim.status == Status::failed, "an end without close_notify passed for an orderly one");
  require(victim.received.size() == before, "garbage was taken for plaintext");
  victim.engine.shutdown();
  victim.engine.release_buffers();
}

void carry_plaintext(TlsPeer& client, TlsPeer& server, std::string_view input, Cuts cuts) {
  const tests::Pieces pieces(input.size() % 97 + 1);
  for (auto rest = input; !rest.empty();) {
    const auto size = cuts.next(rest.size());
    require(client.engine.write(rest.substr(0, size)) == Status::ok, "a write failed");
    require(server.engine.write(rest.substr(0, size)) == Status::ok, "a write failed");
    rest.remove_prefix(size);
    tests::converse(client, server, pieces);
    client.engine.release_buffers();
    server.engine.release_buffers();
  }
  client.engine.shutdown();
  tests::converse(client, server, pieces);
  require(server.status == Status::closed, "close_notify was not understood");
  require(server.received == input && client.received == input, "plaintext was changed");
}

}  // namespace

void tls(std::string_view input) {
  if (input.size() < 2) return;
  const char play = input[0];
  const Cuts cuts(input[1]);
  input.remove_prefix(2);
  if (play == 's') return assail(*make_server(), input, cuts);
  if (play == 'c') return assail(*make_client(), input, cuts);
  if (play != 'S' && play != 'C' && play != 'p') return;

  const auto server = make_server(), client = make_client();
  tests::converse(*client, *server);
  require(client->established && server->established, "a good handshake failed");
  if (play == 'p') return carry_plaintext(*client, *server, input, cuts);
  assail(play == 'S' ? *server : *client, input, cuts);
}

}  // namespace fuzz
